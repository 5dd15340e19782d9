package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Finds the events of an append by their ids, at any place in their streams. */
final class StoredAppends {
    /** How many events one statement looks for. */
    private static final int MAX_IDS = 500;

    private final SqlTypes types;
    private final String selectByIds;

    StoredAppends(TableNames names, SqlExpressions expressions, SqlTypes types) {
        this.types = types;
        this.selectByIds = names.in("""
                SELECT s.stream_id, e.event_id, e.position, e.version
                FROM eventcore_event e
                JOIN eventcore_stream s ON s.stream_key = e.stream_key
                WHERE 1 = 1%s AND s.stream_id""".formatted(expressions.andNotFromCache()));
    }

    /** What an append has written; empty if the append writes nothing, or not all of its events are stored. */
    Optional<AppendResult> find(Connection connection, SerializedAppend append) throws SQLException {
        List<Entry> entries = append.entries();
        if (entries.isEmpty()) {
            return Optional.empty();
        }
        long[] bases = new long[append.participants().size()];
        long[] positions = new long[entries.size()];
        for (int from = 0; from < positions.length; from += MAX_IDS) {
            int to = Math.min(positions.length, from + MAX_IDS);
            Map<Place, long[]> found = find(connection, entries.subList(from, to));
            for (int i = from; i < to; i++) {
                Entry entry = entries.get(i);
                long[] place = found.get(
                        new Place(entry.event().streamId(), entry.event().id()));
                if (place == null) {
                    return Optional.empty();
                }
                positions[i] = place[0];
                bases[entry.stream()] = place[1] - entry.offset();
            }
        }
        return Optional.of(new AppendResult.Found(append.slice(bases, positions)));
    }

    private record Place(StreamId streamId, UUID eventId) {}

    private Map<Place, long[]> find(Connection connection, List<Entry> entries) throws SQLException {
        Set<StreamId> streams = new LinkedHashSet<>();
        entries.forEach(entry -> streams.add(entry.event().streamId()));
        Map<Place, long[]> found = new HashMap<>();
        String sql = selectByIds + Statements.in(streams.size()) + " AND e.event_id" + Statements.in(entries.size());
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            int parameter = 0;
            for (StreamId id : streams) {
                query.setString(++parameter, id.value());
            }
            for (Entry entry : entries) {
                types.bind(query, ++parameter, entry.event().id());
            }
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    found.put(
                            new Place(StreamId.of(row.getString(1)), types.uuid(row, 2)),
                            new long[] {row.getLong(3), row.getLong(4)});
                }
            }
        }
        return found;
    }
}
