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
    private final SqlExpressions expressions;
    private final String selectHighestPosition;
    private final String fromEvents;
    private final String tagTable;
    private final String joinEvent;
    private final String joinStream;
    private final String andTag;

    LogQueries(TableNames names, SqlExpressions expressions) {
        this.expressions = expressions;
        this.fromEvents = names.in(" FROM eventcore_event e");
        this.tagTable = names.in("eventcore_event_tag t");
        this.joinEvent = names.in(" JOIN eventcore_event e ON e.position = ");
        this.joinStream = names.in(" JOIN eventcore_stream s ON s.stream_key = e.stream_key");
        this.andTag = names.in(
                " AND EXISTS (SELECT 1 FROM eventcore_event_tag o WHERE o.tag_key = ? AND o.position = t.position)");
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
     * @param tags the keys of the tags that an event must carry, the rarest first; empty if the filter asks for none
     * @param upTo the last position to look at
     * @param largest payloads of more bytes are null
     */
    final PreparedStatement selectPage(
            Connection connection,
            EventFilter filter,
            Set<String> typeNames,
            List<Long> tags,
            long after,
            long upTo,
            int limit,
            long largest)
            throws SQLException {
        StringBuilder sql = new StringBuilder("SELECT e.stream_key, ")
                .append(EventRow.columnsIf(expressions.payloadBytes() + " <= " + largest))
                .append(tags.isEmpty() ? fromEvents : " FROM (SELECT t.position FROM " + tagTable);
        String prefix = filter.streams().literalPrefix();
        boolean ofStreams = !prefix.isEmpty() || !filter.streams().isPrefix();
        if (!tags.isEmpty() && (ofStreams || !typeNames.isEmpty())) {
            sql.append(joinEvent).append("t.position");
        }
        if (ofStreams) {
            sql.append(joinStream);
        }
        String position = tags.isEmpty() ? "e.position" : "t.position";
        sql.append(" WHERE ")
                .append(position)
                .append(" > ? AND ")
                .append(position)
                .append(" <= ?")
                .append(expressions.andNotFromCache())
                .append(andOfPrimary());
        if (!tags.isEmpty()) {
            sql.append(" AND t.tag_key = ?").append(andTag.repeat(tags.size() - 1));
        }
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
        sql.append(" ORDER BY ").append(position).append(" LIMIT ").append(limit);
        if (!tags.isEmpty()) {
            // Which events it is, the index of tags says alone; only these are fetched.
            sql.append(") p").append(joinEvent).append("p.position ORDER BY p.position");
        }

        PreparedStatement statement = connection.prepareStatement(sql.toString());
        statement.setLong(1, after);
        statement.setLong(2, upTo);
        int parameter = 2;
        for (long tag : tags) {
            statement.setLong(++parameter, tag);
        }
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
