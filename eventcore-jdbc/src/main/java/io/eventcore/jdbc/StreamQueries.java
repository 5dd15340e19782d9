package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads streams: their versions, their events, their ids. */
class StreamQueries {
    private final SqlExpressions expressions;
    private final String selectVersion;
    private final String selectIds;
    private final String selectStream;
    private final String selectCut;
    private final String selectPart;

    StreamQueries(TableNames names, SqlExpressions expressions) {
        this.expressions = expressions;
        String fresh = expressions.andNotFromCache();
        this.selectVersion = names.in("SELECT s.version FROM eventcore_stream s WHERE s.stream_id = ?" + fresh);
        this.selectIds = names.in("""
                SELECT s.stream_id
                FROM eventcore_stream s
                WHERE %s AND s.version > 0 AND %s > %s%s
                ORDER BY %s
                LIMIT ?
                """.formatted(
                        expressions.beginsWith("s.stream_id"),
                        expressions.inByteOrder("s.stream_id"),
                        expressions.inByteOrder("?"),
                        fresh,
                        expressions.inByteOrder("s.stream_id")));
        String bytes = expressions.payloadBytes();
        this.selectStream =
                names.in("""
                SELECT s.stream_id, s.stream_key, s.version, %s
                FROM eventcore_stream s
                LEFT JOIN eventcore_event e ON e.stream_key = s.stream_key AND e.version > ? AND e.version <= ?
                WHERE s.stream_id = ?%s
                """.formatted(EventRow.columnsIf(bytes + " * LEAST(?, s.version - ?) <= ?"), fresh));
        this.selectCut =
                names.in("SELECT s.stream_id, s.stream_key, s.version FROM eventcore_stream s WHERE s.version >= 0"
                        + fresh + " AND s.stream_id");
        this.selectPart = names.in("""
                SELECT e.stream_key, %s
                FROM eventcore_event e
                WHERE e.stream_key = ? AND e.version > ? AND e.version <= ?%s
                """.formatted(EventRow.columnsIf(bytes + " <= ?"), fresh));
    }

    PreparedStatement selectVersion(Connection connection, StreamId streamId) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(selectVersion);
        statement.setString(1, streamId.value());
        return statement;
    }

    PreparedStatement selectIds(Connection connection, String prefix, String after, int limit) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(selectIds);
        int parameter = 0;
        for (String text : expressions.prefixParameters(prefix)) {
            statement.setString(++parameter, text);
        }
        statement.setString(++parameter, after);
        statement.setInt(++parameter, limit);
        return statement;
    }

    /** How many statements that read streams run at once before further reads share a statement. */
    int readsBeforeSharing() {
        return Integer.MAX_VALUE;
    }

    /**
     * The first events of each stream after a version. Each row: stream id, stream key, the stream's version, then
     * {@link EventRow#columns}, null if there is no such event. A stream that was never registered has no row.
     *
     * @param limit how many events of a stream at most
     * @param bytes how many bytes of payload a stream may bring; if it holds more, the payloads beyond its share are null
     */
    PreparedStatement selectStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        PreparedStatement statement =
                connection.prepareStatement(Statements.unionOf(selectStream, streamsAfter.size()));
        int parameter = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            long after = stream.getValue().value();
            statement.setInt(++parameter, limit);
            statement.setLong(++parameter, after);
            statement.setLong(++parameter, bytes);
            statement.setLong(++parameter, after);
            statement.setLong(++parameter, after > Long.MAX_VALUE - limit ? Long.MAX_VALUE : after + limit);
            statement.setString(++parameter, stream.getKey().value());
        }
        return statement;
    }

    /** The id, the key and the version of streams: rows for those that were ever registered, all at one moment. */
    PreparedStatement selectCut(Connection connection, Set<StreamId> streams) throws SQLException {
        PreparedStatement query = connection.prepareStatement(selectCut + Statements.in(streams.size()));
        int parameter = 0;
        for (StreamId id : streams) {
            query.setString(++parameter, id.value());
        }
        return query;
    }

    /**
     * A part of a stream.
     *
     * @param after the version to begin after
     * @param upTo the last wanted version
     */
    record StreamPart(long streamKey, long after, long upTo) {}

    /** How many parts one statement may ask for. */
    int partsAtOnce() {
        return 100;
    }

    /**
     * Parts of streams: rows of the stream's key and {@link EventRow#columns}, in any order.
     *
     * @param largest payloads with more bytes are null
     */
    PreparedStatement selectParts(Connection connection, List<StreamPart> parts, long largest) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(Statements.unionOf(selectPart, parts.size()));
        int parameter = 0;
        for (StreamPart part : parts) {
            statement.setLong(++parameter, largest);
            statement.setLong(++parameter, part.streamKey);
            statement.setLong(++parameter, part.after);
            statement.setLong(++parameter, part.upTo);
        }
        return statement;
    }
}
