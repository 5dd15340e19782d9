package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What those cost who wait for a projection, and streams that are parked, in statements and rows. */
class WaitingStatementsTest {
    private static final TestDatabase DATABASE = H2Database.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int WAITING = 40;
    private static final int PARKED = 120;
    private static final int PARTITIONS = 8;

    /** All that wait for a projection look at most this often together. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final String prefix = DATABASE.newTables();
    private final String parkedTable = prefix + "parked_stream";
    private final AppendSignal signal = new AppendSignal();
    private final EventStore events = DATABASE.store(prefix, signal);
    private final WatchedDataSource watched = new WatchedDataSource(DATABASE.dataSource());
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final List<ProjectionRunner> runners = new ArrayList<>();
    private final ExecutorService waiting = Executors.newFixedThreadPool(WAITING);

    @AfterEach
    void stop() {
        goOn.countDown();
        runners.forEach(ProjectionRunner::stop);
        waiting.shutdownNow();
    }

    @Test
    void all_who_wait_for_a_projection_of_another_instance_share_one_look() throws Exception {
        ProjectionRunner one = start(DATABASE.projectionStore(prefix), held());
        Eventually.until("it runs there", () -> state(one) == ProjectionState.LIVE);
        ProjectionRunner other = start(TestDatabase.jdbc(watched, prefix).projectionStore(), held());
        GlobalPosition last = deposit(ADA);
        long before = looks();
        long begin = System.nanoTime();

        List<CompletableFuture<AwaitOutcome>> outcomes = new ArrayList<>();
        for (int i = 0; i < WAITING; i++) {
            outcomes.add(CompletableFuture.supplyAsync(() -> other.awaitPosition("applied", last, PATIENCE), waiting));
        }
        Eventually.until("some looks were taken", () -> looks() > before + 50);
        long looks = looks() - before;
        // The keeper looks too, at most every half second.
        long nanos = System.nanoTime() - begin;
        long possible = nanos / LOOK_NANOS + nanos / TimeUnit.MILLISECONDS.toNanos(500) + 3;
        goOn.countDown();

        for (CompletableFuture<AwaitOutcome> outcome : outcomes) {
            assertThat(outcome.get(60, TimeUnit.SECONDS)).isEqualTo(AwaitOutcome.REACHED);
        }
        assertThat(looks).isLessThanOrEqualTo(possible);
    }

    @Test
    void a_position_that_is_reached_here_costs_two_looks_and_a_question_between_them() {
        ProjectionRunner runner =
                start(TestDatabase.jdbc(watched, prefix).projectionStore(), collecting(ConcurrentHashMap.newKeySet()));
        GlobalPosition last = deposit(ADA);
        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        String look = "FROM " + prefix + "projection\nWHERE";
        long looks = watched.sent(look);
        long questions = watched.sent(parkedTable + " WHERE name = ? AND version = ? AND position");

        for (int i = 0; i < WAITING; i++) {
            assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        }

        assertThat(watched.sent(look) - looks).isEqualTo(2 * WAITING);
        assertThat(watched.sent(parkedTable + " WHERE name = ? AND version = ? AND position") - questions)
                .isEqualTo(WAITING);
    }

    @Test
    void parked_streams_that_nothing_is_asked_for_are_not_read_again() {
        for (int i = 0; i < PARKED; i++) {
            deposit(StreamId.of("account-" + i));
        }
        GlobalPosition last = deposit(StreamId.of("good"));
        ProjectionRunner runner = start(TestDatabase.jdbc(watched, prefix).projectionStore(), parking());
        Eventually.until("all are parked", () -> runner.status().get(0).parkedStreams() == PARKED);
        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        awaitLooks(1);
        long statements = watched.sent(parkedTable);
        long rows = watched.rows(parkedTable);
        int looks = 4;

        awaitLooks(looks);

        assertThat(watched.rows(parkedTable) - rows).isZero();
        assertThat(watched.sent(parkedTable) - statements).isLessThanOrEqualTo(looks + 3);
    }

    @Test
    void the_rows_of_a_status_and_of_a_position_do_not_grow_with_what_is_parked() {
        List<GlobalPosition> positions = new ArrayList<>();
        for (int i = 0; i < PARKED; i++) {
            positions.add(deposit(StreamId.of("account-" + i)));
        }
        GlobalPosition last = deposit(StreamId.of("good"));
        ProjectionRunner runner = start(TestDatabase.jdbc(watched, prefix).projectionStore(), parking());
        Eventually.until("all are parked", () -> runner.status().get(0).parkedStreams() == PARKED);
        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        long rows = watched.rows(parkedTable);

        runner.status();
        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(runner.awaitPosition("applied", positions.get(7), PATIENCE)).isEqualTo(AwaitOutcome.PARKED);
        assertThat(runner.retryParked("applied", StreamId.of("account-7"))).isTrue();

        // One for the status; one for the first position, which is not parked; two for the second; one for the request.
        // What was asked for may be found, and looked at, meanwhile.
        assertThat(watched.rows(parkedTable) - rows).isBetween(5L, 7L);
    }

    @Test
    void of_thousands_of_parked_streams_those_of_a_page_are_asked_for() {
        int thousands = 5_000;
        int again = 300;
        JdbcProjectionStore store = DATABASE.projectionStore(prefix);
        park(store, thousands);
        StreamWrites writes = StreamWrites.empty();
        for (int i = 0; i < again; i++) {
            writes = deposit(deposit(writes, account(i)), StreamId.of("good-" + i % 50));
        }
        GlobalPosition last = events.appendEvents(writes).lastPosition();
        Set<StreamId> applied = ConcurrentHashMap.newKeySet();

        // Long enough for a slow machine: who gets the lease anew reads anew.
        ProjectionRunner runner = start(
                TestDatabase.jdbc(watched, prefix).projectionStore(), collecting(applied), Duration.ofSeconds(60));
        Eventually.until("all was looked at", () -> position(runner).equals(last));

        assertThat(applied).hasSize(50).allMatch(id -> id.value().startsWith("good-"));
        // Those few that tell that there are too many, and those of the pages; never all of them.
        assertThat(watched.rows("SELECT stream_id FROM " + parkedTable)).isLessThanOrEqualTo(1_001 + again);
        assertThat(watched.rows("stream_id, position, type, failure, waiting, request\nFROM " + parkedTable))
                .isZero();
        assertThat(watched.sent("AND stream_id IN (")).isBetween(1L, 10L);
        assertThat(store.parkedStream("applied", 1, account(7)).orElseThrow().waiting())
                .isEqualTo(2);

        assertThat(runner.retryParked("applied", account(7))).isTrue();
        Eventually.until("it goes on", () -> applied.contains(account(7)));
        Eventually.until(
                "it is released",
                () -> store.parkedStream("applied", 1, account(7)).isEmpty());
        GlobalPosition more = events.appendEvents(deposit(deposit(StreamWrites.empty(), account(8)), account(7)))
                .lastPosition();
        Eventually.until("all was looked at", () -> position(runner).equals(more));
        assertThat(applied).hasSize(51).doesNotContain(account(8));
        long rows = watched.rows("FROM " + parkedTable + "\nWHERE name = ? AND position = ?");
        assertThat(runner.parkedStreamsAt("applied", GlobalPosition.of(4_321)))
                .extracting(ParkedStream::streamId)
                .containsExactly(account(4_320));
        assertThat(watched.rows("FROM " + parkedTable + "\nWHERE name = ? AND position = ?") - rows)
                .isEqualTo(1);
    }

    @Test
    void dividing_anew_reads_the_ids_of_parked_streams_page_by_page() {
        int thousands = 1_200;
        park(DATABASE.projectionStore(prefix), thousands);
        JdbcProjectionStore store = TestDatabase.jdbc(watched, prefix).projectionStore();
        Lease lease = store.acquire(new ProjectionPartition("applied", 0), 1, "divides", PATIENCE)
                .orElseThrow();

        assertThat(store.repartition(
                        List.of(lease), 3, streamId -> streamId.value().hashCode() & 1))
                .isTrue();

        String page = "SELECT stream_id FROM " + parkedTable;
        assertThat(watched.rows(page)).isEqualTo(thousands);
        assertThat(watched.sent(page)).isEqualTo(4);
        assertThat(watched.rows("FROM " + parkedTable)).isEqualTo(thousands);
        assertThat(store.parkedStreams("applied"))
                .hasSize(thousands)
                .allSatisfy(stream -> assertThat(stream.partition().number())
                        .isEqualTo(stream.streamId().value().hashCode() & 1));
    }

    private static StreamId account(int number) {
        return StreamId.of("account-" + number);
    }

    private static StreamWrites deposit(StreamWrites writes, StreamId account) {
        return writes.registerStream(account, ExpectedVersion.any()).append(new Deposited(account, 1));
    }

    private static void park(JdbcProjectionStore store, int streams) {
        ProjectionPartition partition = new ProjectionPartition("applied", 0);
        store.register("applied", 1, 1, GlobalPosition.START);
        Lease lease = store.acquire(partition, 1, "before", PATIENCE).orElseThrow();
        List<ParkedChange> parked = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            parked.add(new ParkedChange.Parked(new ParkedStream(
                    partition,
                    account(i),
                    GlobalPosition.of(i + 1),
                    "deposited",
                    IllegalStateException.class.getName(),
                    1,
                    ParkedStream.Request.NONE)));
        }
        assertThat(store.advance(lease, Checkpoint.START, Checkpoint.START, parked))
                .isTrue();
        store.release(lease);
    }

    private static Projection<LedgerEvent> collecting(Set<StreamId> applied) {
        return projection()
                .on(LedgerEvent.class, event -> applied.add(event.streamId()))
                .build();
    }

    private static GlobalPosition position(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0).position();
    }

    private long looks() {
        return watched.sent("FROM " + prefix + "projection\n");
    }

    private void awaitLooks(int looks) {
        long before = watched.sent("FROM " + prefix + "projection\nORDER BY");
        Eventually.until(
                "the state was read so often",
                () -> watched.sent("FROM " + prefix + "projection\nORDER BY") >= before + looks);
    }

    private GlobalPosition deposit(StreamId account) {
        return events.appendEvents(StreamWrites.to(account, ExpectedVersion.any(), new Deposited(account, 1)))
                .lastPosition();
    }

    private Projection<LedgerEvent> held() {
        return projection()
                .on(
                        LedgerEvent.class,
                        event -> assertThat(goOn.await(60, TimeUnit.SECONDS)).isTrue())
                .build();
    }

    private static Projection<LedgerEvent> parking() {
        return projection()
                .partitions(PARTITIONS)
                .on(LedgerEvent.class, event -> {
                    if (event.streamId().value().startsWith("account-")) {
                        throw new IllegalStateException("cannot be applied");
                    }
                })
                .onError(failure -> FailureDecision.PARK)
                .build();
    }

    private static ProjectionBuilder<LedgerEvent> projection() {
        return Projection.named("applied", LedgerEvent.class).atLeastOnce();
    }

    private ProjectionRunner start(JdbcProjectionStore store, Projection<?> projection) {
        return start(store, projection, Duration.ofSeconds(2));
    }

    private ProjectionRunner start(JdbcProjectionStore store, Projection<?> projection, Duration lease) {
        ProjectionRunner runner = ProjectionRunner.builder(events, store)
                .lease(lease)
                .projection(projection)
                .wokenBy(signal)
                .build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    private static ProjectionState state(ProjectionRunner runner) {
        List<ProjectionStatus.Partition> partitions = runner.status().get(0).partitions();
        return partitions.get(0).state();
    }
}
