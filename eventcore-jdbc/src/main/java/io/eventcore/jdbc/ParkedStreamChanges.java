package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.ProjectionPartition;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * Changes of the streams that projections have parked: what the owner of a partition has decided, what operators ask
 * for, and what follows when partitions come and go.
 */
final class ParkedStreamChanges {
    private final OwnStatements statements;
    private final OwnTransactions transactions;
    private final String selectOne;
    private final String lockOne;
    private final String insert;
    private final String queue;
    private final String update;
    private final String delete;
    private final String deleteOfPartition;
    private final String selectVersions;
    private final String request;
    private final String lockPartitions;
    private final String requestAll;
    private final String countOf;
    private final String selectIdsAfter;
    private final String move;
    private final String deleteAll;

    ParkedStreamChanges(Dialect dialect, OwnStatements statements) {
        this.statements = statements;
        this.transactions = dialect.transactions();
        TableNames names = dialect.names();
        String fresh = dialect.expressions().andNotFromCache();
        this.selectOne = names.in("SELECT " + ParkedStreams.ROWS_WHERE + ParkedStreams.ONE + fresh);
        this.lockOne = names.in("SELECT " + ParkedStreams.ROWS_WHERE + ParkedStreams.ONE + " FOR UPDATE");
        this.insert = names.in("INSERT INTO eventcore_parked_stream (" + ParkedStreams.COLUMNS
                + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        // In this order, because some engines set one column after the other.
        this.queue = names.in("""
                UPDATE eventcore_parked_stream SET
                    waiting = CASE WHEN position > ? THEN ? ELSE waiting + ? END,
                    position = CASE WHEN position > ? THEN ? ELSE position END
                WHERE name = ? AND version = ? AND number = ? AND stream_id = ?
                """);
        this.update = names.in("""
                UPDATE eventcore_parked_stream SET position = ?, type = ?, failure = ?, waiting = ?, request = ?
                WHERE name = ? AND version = ? AND stream_id = ?
                """);
        this.delete = names.in("DELETE FROM eventcore_parked_stream WHERE name = ? AND version = ? AND stream_id = ?");
        this.deleteOfPartition =
                names.in("DELETE FROM eventcore_parked_stream WHERE name = ? AND version = ? AND number = ?");
        this.selectVersions = names.in("""
                SELECT version FROM eventcore_parked_stream WHERE name = ? AND stream_id = ?%s ORDER BY version
                """.formatted(fresh));
        this.request = names.in(
                "UPDATE eventcore_parked_stream SET request = ? WHERE name = ? AND version = ? AND stream_id = ?");
        this.lockPartitions = names.in("""
                SELECT version FROM eventcore_projection WHERE name = ? ORDER BY version, number FOR UPDATE
                """);
        this.requestAll = names.in("UPDATE eventcore_parked_stream SET request = ? WHERE name = ? AND version = ?");
        this.countOf = names.in("SELECT COUNT(*) FROM eventcore_parked_stream WHERE name = ?" + fresh);
        this.selectIdsAfter = names.in("""
                SELECT stream_id FROM eventcore_parked_stream
                WHERE name = ? AND version = ? AND stream_id > ?%s
                ORDER BY stream_id
                LIMIT ?
                """.formatted(fresh));
        this.move = names.in("""
                UPDATE eventcore_parked_stream SET number = ? WHERE name = ? AND version = ? AND stream_id""");
        this.deleteAll = names.in("DELETE FROM eventcore_parked_stream WHERE name = ? AND version = ?");
    }

    /**
     * Carries out what the owner of a partition has decided, in the transaction that has moved the checkpoint, and so
     * holds the lock of the partition.
     *
     * @return whether the change was made; if not, what it rests on no longer holds
     */
    boolean apply(Connection connection, ProjectionPartition partition, ParkedChange change) throws SQLException {
        if (change instanceof ParkedChange.Parked now) {
            return insertNew(connection, now.stream());
        }
        if (change instanceof ParkedChange.Queued more) {
            return queue(connection, partition, more);
        }
        if (change instanceof ParkedChange.Changed changed) {
            Optional<ParkedStream> actual = lock(connection, changed.from()).filter(changed::isMetBy);
            if (actual.isPresent()) {
                update(connection, changed.of(actual.get()));
            }
            return actual.isPresent();
        }
        if (change instanceof ParkedChange.Released released) {
            boolean met = lock(connection, released.stream())
                    .filter(released::isMetBy)
                    .isPresent();
            if (met) {
                delete(connection, released.stream());
            }
            return met;
        }
        Statements.update(
                connection, deleteOfPartition, partition.projection(), partition.version(), partition.number());
        return true;
    }

    /** The current parked stream, which stays as it is until the transaction ends. */
    private Optional<ParkedStream> lock(Connection connection, ParkedStream stream) throws SQLException {
        return Statements.list(
                        connection,
                        lockOne,
                        ParkedStreams::read,
                        stream.partition().projection(),
                        stream.partition().version(),
                        stream.streamId().value())
                .stream()
                .filter(found -> found.partition().equals(stream.partition()))
                .findFirst();
    }

    /** Only once it is known that the stream is not parked: a duplicate would end the caller's transaction. */
    private boolean insertNew(Connection connection, ParkedStream stream) throws SQLException {
        boolean isNew = Statements.list(
                        connection,
                        selectOne,
                        ParkedStreams::read,
                        stream.partition().projection(),
                        stream.partition().version(),
                        stream.streamId().value())
                .isEmpty();
        if (isNew) {
            insert(connection, stream);
        }
        return isNew;
    }

    private boolean queue(Connection connection, ProjectionPartition partition, ParkedChange.Queued more)
            throws SQLException {
        int found = Statements.update(
                connection,
                queue,
                more.first().value(),
                more.events(),
                more.events(),
                more.first().value(),
                more.first().value(),
                partition.projection(),
                partition.version(),
                partition.number(),
                more.streamId().value());
        return found == 1;
    }

    private void update(Connection connection, ParkedStream stream) throws SQLException {
        Statements.update(
                connection,
                update,
                stream.position().value(),
                stream.typeName(),
                stream.failure(),
                stream.waiting(),
                stream.request().name(),
                stream.partition().projection(),
                stream.partition().version(),
                stream.streamId().value());
    }

    private void delete(Connection connection, ParkedStream stream) throws SQLException {
        Statements.update(
                connection,
                delete,
                stream.partition().projection(),
                stream.partition().version(),
                stream.streamId().value());
    }

    private void insert(Connection connection, ParkedStream stream) throws SQLException {
        Statements.update(
                connection,
                insert,
                stream.partition().projection(),
                stream.partition().version(),
                stream.partition().number(),
                stream.streamId().value(),
                stream.position().value(),
                stream.typeName(),
                stream.failure(),
                stream.waiting(),
                stream.request().name());
    }

    /**
     * Locks the stream first: when this method returns, the request is stored, or the stream was not parked. It changes
     * one version after the other, each row by its key, as every transaction does that holds rows of two versions: if a
     * statement finds the rows in another way, some engines also lock neighbouring rows.
     */
    boolean request(String projection, StreamId streamId, ParkedStream.Request wanted) {
        String asked = wanted.orRefused().name();
        String stream = streamId.value();
        return statements.run(
                asking(projection),
                connection -> transactions.run(connection, () -> {
                    boolean found = false;
                    for (int version : versions(connection, selectVersions, projection, stream)) {
                        if (!Statements.list(connection, lockOne, ParkedStreams::read, projection, version, stream)
                                .isEmpty()) {
                            Statements.update(connection, request, asked, projection, version, stream);
                            found = true;
                        }
                    }
                    return found;
                }));
    }

    /**
     * Locks the partitions first, as every transaction that moves a checkpoint does, because that transaction may
     * change several streams. Then it changes one version after the other, as {@link #request} does.
     */
    int requestAll(String projection, ParkedStream.Request wanted) {
        String asked = wanted.orRefused().name();
        return statements.run(
                asking(projection),
                connection -> transactions.run(connection, () -> {
                    for (int version : versions(connection, lockPartitions, projection)) {
                        Statements.update(connection, requestAll, asked, projection, version);
                    }
                    // Some drivers report only the rows whose values have changed, so this counts.
                    return Math.toIntExact(Statements.list(connection, countOf, row -> row.getLong(1), projection)
                            .get(0));
                }));
    }

    private static SortedSet<Integer> versions(Connection connection, String query, Object... values)
            throws SQLException {
        return new TreeSet<>(Statements.list(connection, query, row -> row.getInt(1), values));
    }

    private static String asking(String projection) {
        return "Requesting a change of parked streams of projection '" + projection + "'";
    }

    /**
     * Moves the parked streams of a version to other partitions of it, a few hundred at a time.
     *
     * @param connection in a transaction that has locked all partitions of the version
     */
    void divideAnew(Connection connection, String projection, int version, ToIntFunction<StreamId> partitionOf)
            throws SQLException {
        List<StreamId> page = idsAfter(connection, projection, version, "");
        while (!page.isEmpty()) {
            Map<Integer, List<StreamId>> byNumber =
                    page.stream().collect(Collectors.groupingBy(partitionOf::applyAsInt));
            for (Map.Entry<Integer, List<StreamId>> moved : byNumber.entrySet()) {
                List<Object> values = new ArrayList<>(List.of(moved.getKey(), projection, version));
                moved.getValue().forEach(streamId -> values.add(streamId.value()));
                Statements.update(
                        connection, move + Statements.in(moved.getValue().size()), values.toArray());
            }
            page = idsAfter(
                    connection, projection, version, page.get(page.size() - 1).value());
        }
    }

    private List<StreamId> idsAfter(Connection connection, String projection, int version, String after)
            throws SQLException {
        return Statements.list(
                connection,
                selectIdsAfter,
                row -> StreamId.of(row.getString(1)),
                projection,
                version,
                after,
                ParkedStreams.HANDLED_TOGETHER);
    }

    /** Forgets the parked streams of a version. */
    void forget(Connection connection, String projection, int version) throws SQLException {
        Statements.update(connection, deleteAll, projection, version);
    }
}
