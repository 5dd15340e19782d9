package io.eventcore.jdbc;

import io.eventcore.AppendInFlight;
import io.eventcore.jdbc.LogEnd.Mark;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** PostgreSQL: positions become visible in any order, and appends in flight are announced by advisory locks. */
final class PostgreSqlLogQueries extends LogQueries {
    /**
     * Which run of which server answers, identified by its start time; null on a standby. A promoted standby keeps its
     * start time, but has settled nothing under it before.
     */
    private static final String SERVER = """
            CASE WHEN NOT pg_is_in_recovery()
                 THEN (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint END""";

    /** Names no column of the table: the server checks a condition like this once, and keeps the plan as it is. */
    private static final String AND_OF_PRIMARY =
            " AND (SELECT CASE WHEN pg_is_in_recovery() THEN eventcore_refuse_standby() IS NULL ELSE TRUE END)";

    /**
     * The place in the WAL behind every commit before this statement, flushed or not, with its cluster and timeline.
     * With prepared transactions there is no such place: see ADR 102.
     */
    private static final String REPLICA_PLACE = """
            SELECT pg_current_wal_insert_lsn()::text,
                   (SELECT system_identifier FROM pg_control_system()),
                   ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,
                   %s
            WHERE NOT pg_is_in_recovery() AND current_setting('max_prepared_transactions') = '0'
            """.formatted(SERVER);

    private final boolean ofStandby;
    private final TableNames tables;
    private final String replicaAnswer;
    private final String markOf;
    private final String end;
    private final String highestCommitted;
    private final String lastPosition;
    private final String inFlight;
    private final String oldestInFlight;

    PostgreSqlLogQueries(TableNames names) {
        this(names, false);
    }

    private PostgreSqlLogQueries(TableNames names, boolean ofStandby) {
        super(names, SqlExpressions.POSTGRESQL);
        this.tables = names;
        this.ofStandby = ofStandby;
        this.markOf = names.in("SELECT position, event_id, %s FROM eventcore_event WHERE stream_key = ? AND version = ?"
                .formatted(SERVER));
        this.replicaAnswer = names.in("""
                SELECT pg_is_in_recovery(),
                       coalesce(pg_last_wal_replay_lsn() >= ?::pg_lsn, FALSE),
                       (SELECT system_identifier FROM pg_control_system()) = ?,
                       (SELECT timeline_id FROM pg_control_checkpoint()) = ?,
                       coalesce((SELECT event_id FROM eventcore_event WHERE position = ?) = ?, FALSE)
                """);
        // With an order and a limit: for a bare condition, a server without statistics may scan the whole table.
        this.end = names.in("""
                SELECT coalesce(pg_sequence_last_value('eventcore_position'), eventcore_refuse_restarted_sequence()),
                       (SELECT position FROM eventcore_event WHERE position >= ? ORDER BY position LIMIT 1),
                       (SELECT event_id FROM eventcore_event WHERE position = ?),
                       %s
                """.formatted(SERVER));
        this.highestCommitted = names.in("""
                SELECT position, event_id, %s
                FROM eventcore_event
                WHERE position > ? AND position <= ?
                ORDER BY position DESC
                LIMIT 1
                """.formatted(SERVER));
        this.lastPosition = names.in("""
                SELECT CASE WHEN pg_is_in_recovery() THEN eventcore_refuse_standby()
                            ELSE (SELECT max(position) FROM eventcore_event) END
                """);
        this.inFlight = names.in("SELECT eventcore_in_flight()");
        // A prepared transaction no longer has a backend, and transactions of other users come without their times.
        this.oldestInFlight = names.in("""
                SELECT coalesce('backend ' || l.pid, 'prepared transaction'),
                       coalesce(a.xact_start, clock_timestamp()), clock_timestamp()
                FROM pg_locks l
                LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory'
                  AND l.objsubid = 1
                  AND l.mode = 'ShareLock'
                  AND l.granted
                  AND l.classid::bigint >> 16 = eventcore_lock_space()
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                ORDER BY a.xact_start NULLS LAST
                LIMIT 1
                """);
    }

    @Override
    String orderStrategy() {
        return "in-flight-lock";
    }

    @Override
    LogEnd end(Connection connection, long after, Mark mark) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(end)) {
            query.setLong(1, after);
            query.setLong(2, mark.position());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                boolean reachesReader = after == 0 || row.getObject(2) != null;
                long server = server(row, 4);
                boolean holdsMark = mark.server() == server && mark.eventId().equals(row.getObject(3));
                return new LogEnd(row.getLong(1), reachesReader, holdsMark, server);
            }
        }
    }

    @Override
    Optional<Mark> highestCommitted(Connection connection, long after, long upTo) throws SQLException {
        return mark(connection, highestCommitted, after, upTo);
    }

    private static long server(ResultSet row, int column) throws SQLException {
        long server = row.getLong(column);
        return row.wasNull() ? LogEnd.STANDBY : server;
    }

    /**
     * In the statement itself: before the next statement, a standby may be promoted, or a pool may switch the server.
     */
    @Override
    String andOfPrimary() {
        return ofStandby ? "" : AND_OF_PRIMARY;
    }

    @Override
    LogQueries ofStandby() {
        return new PostgreSqlLogQueries(tables, true);
    }

    @Override
    Optional<ReplicaPlace> replicaPlace(Connection connection, Mark mark) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(REPLICA_PLACE);
                ResultSet row = query.executeQuery()) {
            return row.next() && server(row, 4) == mark.server()
                    ? Optional.of(new ReplicaPlace(mark, row.getString(1), row.getLong(2), row.getInt(3)))
                    : Optional.empty();
        }
    }

    @Override
    Optional<Mark> markOf(Connection connection, long streamKey, long version) throws SQLException {
        return mark(connection, markOf, streamKey, version);
    }

    private static Optional<Mark> mark(Connection connection, String sql, Object... values) throws SQLException {
        return Statements.list(
                        connection,
                        sql,
                        row -> new Mark(row.getLong(1), SqlTypes.POSTGRESQL.uuid(row, 2), server(row, 3)),
                        values)
                .stream()
                .findFirst();
    }

    @Override
    void checkSession(Connection connection) throws SQLException {
        PostgreSqlPooler.check(connection);
    }

    @Override
    ReplicaAnswer replicaAnswer(Connection connection, ReplicaPlace place) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(replicaAnswer)) {
            query.setString(1, place.lsn());
            query.setLong(2, place.cluster());
            query.setInt(3, place.timeline());
            query.setLong(4, place.mark().position());
            query.setObject(5, place.mark().eventId());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    return ReplicaAnswer.NO_STANDBY;
                }
                if (!row.getBoolean(3)) {
                    return ReplicaAnswer.OTHER_CLUSTER;
                }
                if (!row.getBoolean(4)) {
                    return ReplicaAnswer.OTHER_TIMELINE;
                }
                if (!row.getBoolean(2)) {
                    return ReplicaAnswer.BEHIND;
                }
                return row.getBoolean(5) ? ReplicaAnswer.REPLAYED : ReplicaAnswer.OTHER_HISTORY;
            }
        }
    }

    @Override
    long lastPosition(Connection connection) throws SQLException {
        return Statements.number(connection, lastPosition, 0);
    }

    @Override
    long lowestInFlight(Connection connection) throws SQLException {
        return Statements.number(connection, inFlight, Long.MAX_VALUE);
    }

    @Override
    Optional<AppendInFlight> oldestInFlight(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(oldestInFlight);
                ResultSet row = query.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            Instant since = row.getTimestamp(2).toInstant();
            Duration age = Duration.between(since, row.getTimestamp(3).toInstant());
            return Optional.of(new AppendInFlight(row.getString(1), since, age.isNegative() ? Duration.ZERO : age));
        }
    }
}
