package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.ParkedCount;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.ProjectionPartition;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The streams that projections have parked, and the requests about them. {@link ParkedStreamChanges} changes them. */
final class ParkedStreams {
    /** About how many streams one statement selects or moves. */
    static final int HANDLED_TOGETHER = 500;

    static final String COLUMNS = "name, version, number, stream_id, position, type, failure, waiting, request";

    /** The beginning of a statement whose rows {@link #read} reads. */
    static final String ROWS_WHERE = COLUMNS + "\nFROM eventcore_parked_stream\nWHERE ";

    /** The condition for one stream of a version. */
    static final String ONE = "name = ? AND version = ? AND stream_id = ?";

    private final OwnStatements statements;
    private final String select;
    private final String selectOfPartition;
    private final String selectAfter;
    private final String selectAt;
    private final String selectOne;
    private final String selectRequested;
    private final String selectIds;
    private final String selectAmong;
    private final String exists;
    private final String count;

    ParkedStreams(Dialect dialect, OwnStatements statements) {
        this.statements = statements;
        TableNames names = dialect.names();
        String fresh = dialect.expressions().andNotFromCache();
        this.select =
                names.in("SELECT " + ROWS_WHERE + "(name = ? OR ? = '')" + fresh + " ORDER BY name, version, position");
        this.selectOfPartition = names.in("SELECT " + ROWS_WHERE + "name = ? AND version = ? AND number = ?" + fresh
                + " ORDER BY position, stream_id");
        this.selectAfter = names.in("SELECT " + ROWS_WHERE + "name = ? AND position > ?" + fresh
                + " ORDER BY position, version, stream_id LIMIT ?");
        this.selectAt =
                names.in("SELECT " + ROWS_WHERE + "name = ? AND position = ?" + fresh + " ORDER BY version, stream_id");
        this.selectOne = names.in("SELECT " + ROWS_WHERE + ONE + fresh);
        this.selectRequested = names.in("""
                SELECT %s
                FROM (
                    SELECT %s,
                        ROW_NUMBER() OVER (PARTITION BY name, version, number ORDER BY position, stream_id) AS place
                    FROM eventcore_parked_stream
                    WHERE request <> 'NONE'%s
                ) requested
                WHERE place <= ?
                ORDER BY name, version, position
                """.formatted(COLUMNS, COLUMNS, fresh));
        String id = """
                SELECT stream_id FROM eventcore_parked_stream
                WHERE name = ? AND version = ? AND number = ?""" + fresh;
        this.selectIds = names.in(id + " LIMIT ?");
        this.selectAmong = names.in(id + " AND stream_id");
        this.exists = names.in("""
                SELECT CASE WHEN EXISTS (
                    SELECT 1 FROM eventcore_parked_stream WHERE name = ? AND version = ? AND position <= ?%s
                ) THEN 1 ELSE 0 END
                """.formatted(fresh));
        this.count = names.in("""
                SELECT name, version, COUNT(*) FROM eventcore_parked_stream
                WHERE 1 = 1%s
                GROUP BY name, version
                ORDER BY name, version
                """.formatted(fresh));
    }

    /** The parked streams of a projection, or of all projections if the name is empty. */
    List<ParkedStream> of(String projection) {
        return list(select, projection, projection);
    }

    List<ParkedStream> of(ProjectionPartition partition) {
        return list(selectOfPartition, partition.projection(), partition.version(), partition.number());
    }

    List<ParkedStream> after(String projection, GlobalPosition after, int limit) {
        return list(selectAfter, projection, after.value(), limit);
    }

    List<ParkedStream> at(String projection, GlobalPosition position) {
        return list(selectAt, projection, position.value());
    }

    Optional<ParkedStream> find(String projection, int version, StreamId streamId) {
        return list(selectOne, projection, version, streamId.value()).stream().findFirst();
    }

    List<ParkedStream> requested(int ofEachPartition) {
        return list(selectRequested, ofEachPartition);
    }

    private List<ParkedStream> list(String query, Object... values) {
        return statements.list("Reading parked streams", query, ParkedStreams::read, values);
    }

    static ParkedStream read(ResultSet row) throws SQLException {
        return new ParkedStream(
                new ProjectionPartition(row.getString(1), row.getInt(2), row.getInt(3)),
                StreamId.of(row.getString(4)),
                GlobalPosition.of(row.getLong(5)),
                row.getString(6),
                row.getString(7),
                row.getLong(8),
                ParkedStream.Request.valueOf(row.getString(9)));
    }

    List<StreamId> ids(ProjectionPartition partition, int limit) {
        return ids(selectIds, partition.projection(), partition.version(), partition.number(), limit);
    }

    /** Which of these streams are parked. */
    Set<StreamId> among(ProjectionPartition partition, Set<StreamId> streams) {
        Set<StreamId> parked = new HashSet<>();
        List<StreamId> all = List.copyOf(streams);
        for (int from = 0; from < all.size(); from += HANDLED_TOGETHER) {
            List<StreamId> some = all.subList(from, Math.min(all.size(), from + HANDLED_TOGETHER));
            List<Object> values =
                    new ArrayList<>(List.of(partition.projection(), partition.version(), partition.number()));
            some.forEach(streamId -> values.add(streamId.value()));
            parked.addAll(ids(selectAmong + Statements.in(some.size()), values.toArray()));
        }
        return parked;
    }

    private List<StreamId> ids(String query, Object... values) {
        return statements.list(
                "Reading the ids of parked streams", query, row -> StreamId.of(row.getString(1)), values);
    }

    /** Whether a stream is parked whose event stands at or below this position. */
    boolean exist(String projection, int version, GlobalPosition upTo) {
        return statements
                .list(
                        "Looking for parked streams",
                        exists,
                        row -> row.getInt(1) == 1,
                        projection,
                        version,
                        upTo.value())
                .contains(true);
    }

    List<ParkedCount> counts() {
        return statements.list(
                "Counting parked streams",
                count,
                row -> new ParkedCount(row.getString(1), row.getInt(2), row.getInt(3)));
    }
}
