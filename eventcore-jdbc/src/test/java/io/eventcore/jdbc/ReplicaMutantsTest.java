package io.eventcore.jdbc;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said about reading from a standby is caught where it is not so: the source, changed in one place and compiled anew. */
@Tag("cluster")
class ReplicaMutantsTest {
    private static final String SETTLED_THEN_PLACE = """
                    Bound bound = settle(connection, end, known.mark(), query.after());
                    Optional<ReplicaPlace> place = bound.mark().isPresent()
                            ? dialect.log().replicaPlace(connection, bound.mark().get())
                            : Optional.empty();
            """;

    private static final String PLACE_THEN_SETTLED = """
                    Optional<ReplicaPlace> early = dialect.log()
                            .replicaPlace(connection, new Mark(0, new java.util.UUID(0, 0), end.server()));
                    Bound bound = settle(connection, end, known.mark(), query.after());
                    Optional<ReplicaPlace> place = bound.mark().flatMap(mark -> early.map(
                            noted -> new ReplicaPlace(mark, noted.lsn(), noted.cluster(), noted.timeline())));
            """;

    private static final String ANSWER_THEN_PAGE = """
                        ReplicaAnswer given = log.replicaAnswer(connection, place);
                        if (given == ReplicaAnswer.OTHER_HISTORY) {
            """;

    /** As it is where a function of the page's own statement says how far the standby has come: the snapshot is older. */
    private static final String PAGE_THEN_ANSWER = """
                        Optional<T> page = Optional.of(work.on(connection));
                        ReplicaAnswer given = log.replicaAnswer(connection, place);
                        if (given == ReplicaAnswer.REPLAYED) {
                            return new Answered<>(given, page);
                        }
                        if (given == ReplicaAnswer.OTHER_HISTORY) {
            """;

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_reader_is_caught(String name, Class<?> broken, String correct, String wrong, String row)
            throws Exception {
        MutatedPackage.with(broken, correct, wrong, folder).assertFails(PostgreSqlReplicaTest.class, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "no LSN check",
                        PostgreSqlLogQueries.class,
                        "pg_last_wal_replay_lsn() >= ?::pg_lsn",
                        "pg_last_wal_replay_lsn() >= ?::pg_lsn OR TRUE",
                        "what_the_standby_has_not_replayed_comes_from_the_primary"),
                arguments(
                        "bound after LSN",
                        LogReads.class,
                        SETTLED_THEN_PLACE,
                        PLACE_THEN_SETTLED,
                        "what_ends_after_the_bound_was_settled_is_beyond_it"),
                arguments(
                        "page before the question how far the standby has come",
                        Replica.class,
                        ANSWER_THEN_PAGE,
                        PAGE_THEN_ANSWER,
                        "what_is_replayed_after_a_page_was_read_does_not_make_it_whole"),
                arguments(
                        "asks for what is flushed instead of what is written",
                        PostgreSqlLogQueries.class,
                        "SELECT pg_current_wal_insert_lsn()::text,",
                        "SELECT pg_current_wal_flush_lsn()::text,",
                        "a_commit_that_is_not_flushed_is_waited_for"),
                arguments(
                        "takes any cluster",
                        PostgreSqlLogQueries.class,
                        "(SELECT system_identifier FROM pg_control_system()) = ?,",
                        "(SELECT system_identifier FROM pg_control_system()) = ? OR TRUE,",
                        "a_standby_of_another_cluster_is_not_read_though_it_holds_the_same_events"),
                arguments(
                        "takes any timeline",
                        PostgreSqlLogQueries.class,
                        "(SELECT timeline_id FROM pg_control_checkpoint()) = ?,",
                        "(SELECT timeline_id FROM pg_control_checkpoint()) = ? OR TRUE,",
                        "a_standby_of_a_copy_of_the_cluster_is_not_read"),
                arguments(
                        "does not look for what is settled",
                        PostgreSqlLogQueries.class,
                        "WHERE position = ?) = ?, FALSE)",
                        "WHERE position = ?) = ?, FALSE) OR TRUE",
                        "a_standby_that_lacks_what_is_settled_is_not_read_however_far_it_is"));
    }
}
