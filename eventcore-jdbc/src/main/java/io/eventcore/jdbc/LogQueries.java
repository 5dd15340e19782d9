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
    /** An expression that no planner turns into a join with all entries of the other tag. */
    static final String AND_OTHER_TAG = " AND (SELECT o.position FROM eventcore_event_tag o"
            + " WHERE o.tag_key = ? AND o.position = t.position) IS NOT NULL";

    private static final String JOIN_STREAM = " JOIN eventcore_stream s ON s.stream_key = e.stream_key";

    private final TableNames names;
    private final SqlExpressions expressions;
    private final String selectHighestPosition;

    LogQueries(TableNames names, SqlExpressions expressions) {
        this.names = names;
        this.expressions = expressions;
        this.selectHighestPosition =
                names.in("SELECT max(position) FROM eventcore_event WHERE 1 = 1" + expressions.andNotFromCache());
    }

    /** How this engine orders the log, in the words of the settings row. */
    abstract String orderStrategy();

    /**
     * A page of the log: rows of the stream's key and {@link EventRow#columns}, in position order.
     * {@link KeyLookups#streamIds} looks up the ids: joining them to the events would cost the server as much as the
     * events themselves.
     *
     * @param typeNames the stored names wanted; empty for all
     * @param tags the keys of the tags that an event must carry, the rarest first; empty if the filter asks for none
     * @param upTo the last position to look at
     * @param largest payloads with more bytes are null
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
        String columns = "e.stream_key, " + EventRow.columnsIf(expressions.payloadBytes() + " <= " + largest);
        List<String> texts = new ArrayList<>();
        String wanted = andWanted(filter, typeNames, texts);
        boolean byStream = !filter.streams().isPrefix()
                || !filter.streams().literalPrefix().isEmpty();
        String joined = byStream ? JOIN_STREAM : "";
        // Not a parameter: the server would plan a statement with one again each time.
        String limited = " LIMIT " + limit;
        String sql;
        if (tags.isEmpty()) {
            sql = "SELECT " + columns + " FROM eventcore_event e"
                    + joined
                    + " WHERE e.position > ? AND e.position <= ?" + expressions.andNotFromCache() + andOfPrimary()
                    + wanted
                    + " ORDER BY e.position" + limited;
        } else {
            // The index of tags selects the events alone, or looks them up one by one; only the selected events are
            // fetched.
            String meets = wanted.isEmpty()
                    ? ""
                    : " AND (SELECT e.position FROM eventcore_event e"
                            + joined
                            + " WHERE e.position = t.position" + wanted + ") IS NOT NULL";
            sql = expressions.eventsAt(
                    columns,
                    "SELECT t.position FROM eventcore_event_tag t WHERE t.position > ? AND t.position <= ?"
                            + expressions.andNotFromCache() + andOfPrimary() + " AND t.tag_key = ?"
                            + AND_OTHER_TAG.repeat(tags.size() - 1) + meets
                            + " ORDER BY t.position" + limited);
        }
        PreparedStatement statement = connection.prepareStatement(names.in(sql));
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

    /** Returns the conditions for an event and its stream, and adds their parameters. */
    private String andWanted(EventFilter filter, Set<String> typeNames, List<String> texts) {
        StringBuilder sql = new StringBuilder();
        String prefix = filter.streams().literalPrefix();
        if (!prefix.isEmpty()) {
            sql.append(" AND ").append(expressions.beginsWith("s.stream_id"));
            texts.addAll(expressions.prefixParameters(prefix));
        }
        if (!filter.streams().isPrefix()) {
            sql.append(" AND ").append(expressions.matchesRegex("s.stream_id"));
            texts.add(expressions.anchored(filter.streams().regex()));
        }
        if (!typeNames.isEmpty()) {
            sql.append(" AND e.type").append(Statements.in(typeNames.size()));
            texts.addAll(typeNames);
        }
        return sql.toString();
    }

    /**
     * A condition for a page of the log that makes the statement fail on a server that replays what another server
     * commits, with the default table names.
     */
    String andOfPrimary() {
        return "";
    }

    /** The same for a standby, which readers ask only for pages up to a place that it has replayed. */
    LogQueries ofStandby() {
        return this;
    }

    /**
     * What a standby must have replayed to show the log without a gap up to a mark; the mark must be settled before
     * this call. Empty if no standby can be trusted to, or if a different server answers than the one that settled the
     * mark.
     */
    Optional<ReplicaPlace> replicaPlace(Connection connection, Mark mark) throws SQLException {
        return Optional.empty();
    }

    /** The event of a stream with a version, if it is committed, as a mark on the server that is asked. */
    Optional<Mark> markOf(Connection connection, long streamKey, long version) throws SQLException {
        return Optional.empty();
    }

    /**
     * Checks that no other client of a pooler before a standby runs the statements of this connection, or finds its settings.
     *
     * @throws io.eventcore.EventStoreUnavailableException if one would
     */
    void checkSession(Connection connection) throws SQLException {
        // Only for engines with standbys.
    }

    /** The answer of a standby about a place. Only for engines with standbys of this kind. */
    ReplicaAnswer replicaAnswer(Connection connection, ReplicaPlace place) throws SQLException {
        throw new SQLException("No standby", "0A000");
    }

    /**
     * How far the log goes now.
     *
     * @param after the position that a reader has reached
     * @param mark what was settled before this call
     */
    abstract LogEnd end(Connection connection, long after, Mark mark) throws SQLException;

    /**
     * The highest committed event after a position, up to a position that limits what is settled: only what is
     * committed is durable.
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
     * on engines where positions become visible in order.
     */
    long lowestInFlight(Connection connection) throws SQLException {
        return Long.MAX_VALUE;
    }

    /** The append in flight whose transaction began first; always empty on engines where readers never wait for one. */
    Optional<AppendInFlight> oldestInFlight(Connection connection) throws SQLException {
        return Optional.empty();
    }
}
