package io.eventcore.jdbc;

import java.util.Collections;

/** The statements about projections, with the names of the tables and the engine's expressions put in. */
final class ProjectionStatements {
    final String insertPartition;
    final String selectVersions;
    final String activate;
    final String lockPartitions;
    final String moveParked;
    final String acquire;
    final String seize;
    final String selectToken;
    private final String renew;
    final String release;
    final String selectPartitions;
    final String selectCheckpoint;
    final String isCurrent;
    final String advance;
    final String selectParked;
    final String selectParkedOfPartition;
    final String selectParkedAfter;
    final String selectParkedAt;
    final String selectParkedIds;
    private final String selectParkedAmong;
    final String selectParkedStream;
    final String selectParkedByStream;
    final String hasParked;
    final String countParked;
    final String selectRequested;
    final String requestAllParked;
    final String countParkedOf;
    final String selectPartitionsOf;
    final String deleteParked;
    final String insertParked;
    final String queueParked;
    final String requestParked;
    final String setPaused;
    final String clearFailures;
    final String recordFailure;
    final String forgetParked;
    final String forgetPartitions;

    ProjectionStatements(Dialect dialect) {
        String later = dialect.expressions().nowPlusMillis();
        String fresh = dialect.expressions().andNotFromCache();
        TableNames names = dialect.names();
        this.insertPartition = names.in("""
                INSERT INTO eventcore_projection (name, version, number, partitions, active, token, owner, good_until, paused,
                    resumes, position, seen_position, seen_event_id, moves, failure)
                VALUES (?, ?, ?, ?, ?, ?, '', %s, ?, ?, ?, ?, ?, 0, '')
                """.formatted(later));
        this.selectVersions =
                names.in("SELECT version, active, paused FROM eventcore_projection WHERE name = ?" + fresh);
        this.activate = names.in("""
                UPDATE eventcore_projection SET active = CASE WHEN version = ? THEN TRUE ELSE FALSE END WHERE name = ?
                """);
        this.lockPartitions = names.in("""
                SELECT name, version, number, position, seen_position, seen_event_id, owner, token, paused, resumes,
                    failure, partitions, active, 0
                FROM eventcore_projection
                WHERE name = ? AND version = ?
                ORDER BY number
                FOR UPDATE
                """);
        this.moveParked = names.in("""
                UPDATE eventcore_parked_stream SET number = ? WHERE name = ? AND version = ? AND stream_id = ?
                """);
        this.acquire = names.in("""
                UPDATE eventcore_projection SET token = token + 1, owner = ?, good_until = %s
                WHERE name = ? AND version = ? AND number = ? AND partitions = ? AND paused = ?
                    AND (owner = '' OR owner = ? OR good_until <= %s OR good_until > %s)
                """.formatted(later, later, later));
        this.seize = names.in("""
                UPDATE eventcore_projection SET token = token + 1, owner = ?, good_until = %s
                WHERE name = ? AND version = ? AND number = ?
                """.formatted(later));
        this.selectToken = names.in(
                "SELECT token FROM eventcore_projection WHERE name = ? AND version = ? AND number = ? AND owner = ?"
                        + fresh);
        this.renew = names.in("UPDATE eventcore_projection SET good_until = %s WHERE ".formatted(later));
        this.release = names.in("""
                UPDATE eventcore_projection SET owner = ''
                WHERE name = ? AND version = ? AND number = ? AND token = ? AND owner = ?
                """);
        this.selectPartitions = names.in("""
                SELECT name, version, number, position, seen_position, seen_event_id, owner, token, paused, resumes,
                    failure, partitions, active, CASE WHEN owner = '' OR good_until <= %s THEN 1 ELSE 0 END
                FROM eventcore_projection
                ORDER BY name, version, number
                """.formatted(later));
        this.selectPartitionsOf = names.in("""
                SELECT name, version, number, position, seen_position, seen_event_id, owner, token, paused, resumes,
                    failure, partitions, active, CASE WHEN owner = '' OR good_until <= %s THEN 1 ELSE 0 END
                FROM eventcore_projection
                WHERE name = ?
                ORDER BY version, number
                """.formatted(later));
        this.selectCheckpoint = names.in("""
                SELECT position, seen_position, seen_event_id FROM eventcore_projection
                WHERE name = ? AND version = ? AND number = ?%s
                """.formatted(fresh));
        this.isCurrent = names.in("""
                SELECT token, owner, %s FROM eventcore_projection WHERE name = ? AND version = ? AND number = ?%s
                """.formatted(dialect.expressions().endedWhenIdleFor(), fresh));
        this.advance = names.in("""
                UPDATE eventcore_projection SET position = ?, seen_position = ?, seen_event_id = ?, moves = moves + 1
                WHERE name = ? AND version = ? AND number = ? AND token = ? AND owner = ? AND position = ?
                """);
        this.selectParked = names.in("""
                SELECT name, version, number, stream_id, position, type, failure, waiting, request
                FROM eventcore_parked_stream
                WHERE (name = ? OR ? = '')%s
                ORDER BY name, version, position
                """.formatted(fresh));
        String parked = """
                SELECT name, version, number, stream_id, position, type, failure, waiting, request
                FROM eventcore_parked_stream
                WHERE\s""";
        this.selectParkedOfPartition =
                names.in(parked + "name = ? AND version = ? AND number = ?" + fresh + " ORDER BY position, stream_id");
        this.selectParkedAfter = names.in(
                parked + "name = ? AND position > ?" + fresh + " ORDER BY position, version, stream_id LIMIT ?");
        this.selectParkedAt = names.in(parked + "name = ? AND position = ?" + fresh + " ORDER BY version, stream_id");
        String parkedId = """
                SELECT stream_id FROM eventcore_parked_stream
                WHERE name = ? AND version = ? AND number = ?""" + fresh;
        this.selectParkedIds = names.in(parkedId + " LIMIT ?");
        this.selectParkedAmong = names.in(parkedId + " AND stream_id IN (");
        this.selectParkedStream = names.in(parked + "name = ? AND version = ? AND stream_id = ?" + fresh);
        this.selectParkedByStream = names.in(parked + "name = ? AND stream_id = ?" + fresh + " ORDER BY version");
        this.selectRequested = names.in("""
                SELECT name, version, number, stream_id, position, type, failure, waiting, request
                FROM (
                    SELECT name, version, number, stream_id, position, type, failure, waiting, request,
                        ROW_NUMBER() OVER (PARTITION BY name, version, number ORDER BY position, stream_id) AS place
                    FROM eventcore_parked_stream
                    WHERE request <> 'NONE'%s
                ) requested
                WHERE place <= ?
                ORDER BY name, version, position
                """.formatted(fresh));
        this.hasParked = names.in("""
                SELECT CASE WHEN EXISTS (
                    SELECT 1 FROM eventcore_parked_stream WHERE name = ? AND version = ? AND position <= ?%s
                ) THEN 1 ELSE 0 END
                """.formatted(fresh));
        this.countParked = names.in("""
                SELECT name, version, COUNT(*) FROM eventcore_parked_stream
                WHERE 1 = 1%s
                GROUP BY name, version
                ORDER BY name, version
                """.formatted(fresh));
        this.countParkedOf = names.in("SELECT COUNT(*) FROM eventcore_parked_stream WHERE name = ?" + fresh);
        this.requestAllParked = names.in("UPDATE eventcore_parked_stream SET request = ? WHERE name = ?");
        this.deleteParked =
                names.in("DELETE FROM eventcore_parked_stream WHERE name = ? AND version = ? AND stream_id = ?");
        this.insertParked = names.in("""
                INSERT INTO eventcore_parked_stream (name, version, number, stream_id, position, type, failure, waiting,
                    request)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.queueParked = names.in("""
                UPDATE eventcore_parked_stream SET waiting = waiting + ?
                WHERE name = ? AND version = ? AND stream_id = ?
                """);
        this.requestParked = names.in("""
                UPDATE eventcore_parked_stream SET request = ? WHERE name = ? AND stream_id = ?
                """);
        this.setPaused = names.in("UPDATE eventcore_projection SET paused = ? WHERE name = ?");
        this.clearFailures =
                names.in("UPDATE eventcore_projection SET failure = '', resumes = resumes + 1 WHERE name = ?");
        this.recordFailure = names.in("""
                UPDATE eventcore_projection SET failure = ? WHERE name = ? AND version = ? AND number = ? AND token = ? AND owner = ?
                """);
        this.forgetParked = names.in("DELETE FROM eventcore_parked_stream WHERE name = ? AND (version = ? OR ? < 0)");
        this.forgetPartitions = names.in("DELETE FROM eventcore_projection WHERE name = ? AND (version = ? OR ? < 0)");
    }

    /** Which of so many streams are parked. */
    String selectParkedAmong(int streams) {
        return selectParkedAmong + String.join(", ", Collections.nCopies(streams, "?")) + ")";
    }

    /** Renews so many leases. */
    String renew(int leases) {
        String one = "(name = ? AND version = ? AND number = ? AND token = ? AND owner = ?)";
        return renew + String.join(" OR ", Collections.nCopies(leases, one));
    }
}
