package io.eventcore.jdbc;

import io.eventcore.AppendInFlight;
import io.eventcore.EventFilter;
import io.eventcore.jdbc.LogEnd.Mark;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the log: a page of it, how far it goes, and which appends may still appear in it. */
abstract class LogQueries {
    private final TableNames names;
    private final SqlExpressions expressions;
    private final String selectHighestPosition;

    LogQueries(TableNames names, SqlExpressions expressions) {
        this.names = names;
        this.expressions = expressions;
        this.selectHighestPosition =
                names.in("SELECT max(position) FROM eventcore_event WHERE 1 = 1" + expressions.andNotFromCache());
    }

    /** How this engine orders the log, as the settings row calls it. */
    abstract String orderStrategy();

    /**
     * A page of the log: rows of the stream's key and {@link EventRow#columns}, in position order. {@link KeyLookups#streamIds}
     * tells the ids: to join them to the events costs the server as much as the events themselves.
     *
     * @param typeNames the stored names wanted; empty for all
     * @param upTo the last position to look at
     * @param largest payloads of more bytes are null
     */
    final PreparedStatement selectPage(
            Connection connection,
            EventFilter filter,
            Set<String> typeNames,
            long after,
            long upTo,
            int limit,
            long largest)
            throws SQLException {
        StringBuilder sql = new StringBuilder("SELECT e.stream_key, ")
                .append(EventRow.columnsIf(expressions.payloadBytes() + " <= " + largest))
                .append(names.in(" FROM eventcore_event e"));
        String prefix = filter.streams().literalPrefix();
        if (!prefix.isEmpty() || !filter.streams().isPrefix()) {
            sql.append(names.in(" JOIN eventcore_stream s ON s.stream_key = e.stream_key"));
        }
        sql.append(" WHERE e.position > ? AND e.position <= ?")
                .append(expressions.andNotFromCache())
                .append(andOfPrimary());
        List<String> texts = new ArrayList<>();
        if (!prefix.isEmpty()) {
            sql.append(" AND ").append(expressions.beginsWith("s.stream_id"));
            texts.addAll(expressions.prefixParameters(prefix));
        }
        if (!filter.streams().isPrefix()) {
            sql.append(" AND ").append(expressions.matchesRegex("s.stream_id"));
            texts.add(expressions.anchored(filter.streams().regex()));
        }
        if (!typeNames.isEmpty()) {
            sql.append(" AND e.type IN (?")
                    .append(", ?".repeat(typeNames.size() - 1))
                    .append(')');
            texts.addAll(typeNames);
        }
        // Not a parameter: a plan that depends on one is made anew each time.
        sql.append(" ORDER BY e.position LIMIT ").append(limit);

        PreparedStatement statement = connection.prepareStatement(sql.toString());
        statement.setLong(1, after);
        statement.setLong(2, upTo);
        int parameter = 2;
        for (String text : texts) {
            statement.setString(++parameter, text);
        }
        return statement;
    }

    /** A condition of a page of the log that fails the statement on a server that replays what another one commits. */
    String andOfPrimary() {
        return "";
    }

    /**
     * How far the log goes now.
     *
     * @param after how far a reader has come
     * @param mark what was settled before this is asked
     */
    abstract LogEnd end(Connection connection, long after, Mark mark) throws SQLException;

    /**
     * The highest committed event after a position, up to another one that bounds what is settled: only what is committed
     * is durable.
     *
     * @param upTo no append in flight will commit an event at or below it
     */
    abstract Optional<Mark> highestCommitted(Connection connection, long after, long upTo) throws SQLException;

    /** The position of the last committed event; 0 if there is none. */
    abstract long lastPosition(Connection connection) throws SQLException;

    /** The highest position in the table of events; 0 if there is none. */
    final long highestPosition(Connection connection) throws SQLException {
        return Statements.number(connection, selectHighestPosition, 0);
    }

    /**
     * A position that every append in flight will stay above; {@link Long#MAX_VALUE} if none is in flight, and always
     * where positions become visible in their order.
     */
    long lowestInFlight(Connection connection) throws SQLException {
        return Long.MAX_VALUE;
    }

    /** The append in flight whose transaction began first; empty where readers never wait for one. */
    Optional<AppendInFlight> oldestInFlight(Connection connection) throws SQLException {
        return Optional.empty();
    }
}
