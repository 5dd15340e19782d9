package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.StreamQueries.StreamPart;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** PostgreSQL reads many streams with one plan: rows of values, or arrays, and what belongs to each row. */
final class PostgreSqlStreamQueries extends StreamQueries {
    /**
     * Up to this number, streams that are read together are named one by one. The server keeps the plan of a statement
     * like that. It plans a statement over arrays, or with a limit that is a parameter, again each time, which takes
     * longer than executing it.
     */
    private static final int MAX_NAMED_STREAMS = 16;

    private static final int MAX_PARTS = 1_000;

    /** This many reading sessions keep a server busy; more of them make it switch between sessions. */
    private static final int READS_BEFORE_SHARING = 4;

    private final String selectStreams;
    private final String selectCut;
    private final String selectParts;

    PostgreSqlStreamQueries(TableNames names) {
        super(names, SqlExpressions.POSTGRESQL);
        String bytes = SqlExpressions.POSTGRESQL.payloadBytes();
        this.selectStreams = names.in("""
                SELECT s.stream_id, s.stream_key, s.version, %s
                FROM %%1$s AS u(stream_id, after_version)
                JOIN eventcore_stream s ON s.stream_id = u.stream_id
                LEFT JOIN LATERAL (
                    SELECT %s
                    FROM eventcore_event e
                    WHERE e.stream_key = s.stream_key AND e.version > u.after_version
                    ORDER BY e.version
                    LIMIT %%2$d
                ) e ON true
                """.formatted(
                EventRow.columnsIf(bytes + " * least(%2$d, s.version - u.after_version) <= %3$d"), EventRow.COLUMNS));
        this.selectCut = names.in(
                "SELECT s.stream_id, s.stream_key, s.version FROM eventcore_stream s WHERE s.stream_id = ANY (?)");
        // The offset keeps the planner from a join of the whole tables, which might read the whole log.
        this.selectParts = names.in("""
                SELECT u.stream_key, %s
                FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS u(stream_key, after_version, up_to)
                CROSS JOIN LATERAL (
                    SELECT %s
                    FROM eventcore_event e
                    WHERE e.stream_key = u.stream_key AND e.version > u.after_version AND e.version <= u.up_to
                    OFFSET 0
                ) e
                """.formatted(EventRow.columnsIf(bytes + " <= ?"), EventRow.COLUMNS));
    }

    @Override
    int readsBeforeSharing() {
        return READS_BEFORE_SHARING;
    }

    @Override
    PreparedStatement selectStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        return streamsAfter.size() <= MAX_NAMED_STREAMS
                ? selectNamedStreams(connection, streamsAfter, limit, bytes)
                : selectManyStreams(connection, streamsAfter, limit, bytes);
    }

    private PreparedStatement selectNamedStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        String streams = "(VALUES (?::text, ?::bigint)" + ", (?, ?)".repeat(streamsAfter.size() - 1) + ")";
        PreparedStatement statement = connection.prepareStatement(selectStreams.formatted(streams, limit, bytes));
        int parameter = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            statement.setString(++parameter, stream.getKey().value());
            statement.setLong(++parameter, stream.getValue().value());
        }
        return statement;
    }

    private PreparedStatement selectManyStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        String[] ids = new String[streamsAfter.size()];
        long[] after = new long[ids.length];
        int i = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            ids[i] = stream.getKey().value();
            after[i++] = stream.getValue().value();
        }
        String streams = "unnest(?::text[], ?::bigint[])";
        PreparedStatement statement = connection.prepareStatement(selectStreams.formatted(streams, limit, bytes));
        statement.setObject(1, ids);
        statement.setObject(2, after);
        return statement;
    }

    @Override
    PreparedStatement selectCut(Connection connection, Set<StreamId> streams) throws SQLException {
        PreparedStatement query = connection.prepareStatement(selectCut);
        query.setObject(1, streams.stream().map(StreamId::value).toArray(String[]::new));
        return query;
    }

    /** Arrays hold any number; the rows limit a statement. */
    @Override
    int partsAtOnce() {
        return MAX_PARTS;
    }

    @Override
    PreparedStatement selectParts(Connection connection, List<StreamPart> parts, long largest) throws SQLException {
        if (parts.size() == 1) {
            return super.selectParts(connection, parts, largest);
        }
        PreparedStatement query = connection.prepareStatement(selectParts);
        query.setLong(1, largest);
        query.setObject(2, parts.stream().mapToLong(StreamPart::streamKey).toArray());
        query.setObject(3, parts.stream().mapToLong(StreamPart::after).toArray());
        query.setObject(4, parts.stream().mapToLong(StreamPart::upTo).toArray());
        return query;
    }
}
