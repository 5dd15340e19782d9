package io.eventcore.jdbc;

import io.eventcore.StreamId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Looks up many rows by their keys; each statement looks up a limited number. */
final class KeyLookups {
    /** How many rows one statement looks up. */
    private static final int MAX_KEYS = 1_000;

    private final SqlTypes types;
    private final String selectSizes;
    private final String selectPayloads;
    private final String selectStreamIds;

    KeyLookups(TableNames names, SqlExpressions expressions, SqlTypes types) {
        this.types = types;
        String fresh = " WHERE 1 = 1" + expressions.andNotFromCache();
        this.selectSizes = names.in("SELECT e.position, %s FROM eventcore_event e%s AND e.position"
                .formatted(expressions.payloadBytes(), fresh));
        this.selectPayloads =
                names.in("SELECT e.position, e.payload FROM eventcore_event e" + fresh + " AND e.position");
        this.selectStreamIds =
                names.in("SELECT s.stream_key, s.stream_id FROM eventcore_stream s" + fresh + " AND s.stream_key");
    }

    /** How many bytes the payloads of events have, by their positions. */
    Map<Long, Long> payloadSizes(Connection connection, List<Long> positions) throws SQLException {
        Map<Long, Long> sizes = new HashMap<>();
        forKeys(connection, selectSizes, positions, row -> sizes.put(row.getLong(1), row.getLong(2)));
        return sizes;
    }

    /** The payloads of events by their positions. */
    Map<Long, byte[]> payloads(Connection connection, List<Long> positions) throws SQLException {
        Map<Long, byte[]> payloads = new HashMap<>();
        forKeys(connection, selectPayloads, positions, row -> payloads.put(row.getLong(1), types.utf8(row, 2)));
        return payloads;
    }

    /** The ids of streams by their keys. */
    Map<Long, StreamId> streamIds(Connection connection, Set<Long> keys) throws SQLException {
        Map<Long, StreamId> ids = new HashMap<>();
        forKeys(
                connection,
                selectStreamIds,
                List.copyOf(keys),
                row -> ids.put(row.getLong(1), ForeignIds.read(row.getString(2))));
        return ids;
    }

    /** Handles a row. */
    @FunctionalInterface
    private interface RowHandler {
        void handle(ResultSet row) throws SQLException;
    }

    private void forKeys(Connection connection, String sql, List<Long> keys, RowHandler handler) throws SQLException {
        for (int from = 0; from < keys.size(); from += MAX_KEYS) {
            List<Long> part = keys.subList(from, Math.min(keys.size(), from + MAX_KEYS));
            try (PreparedStatement query = connection.prepareStatement(sql + types.among(part.size()))) {
                types.bindKeys(query, part);
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        handler.handle(row);
                    }
                }
            }
        }
    }
}
