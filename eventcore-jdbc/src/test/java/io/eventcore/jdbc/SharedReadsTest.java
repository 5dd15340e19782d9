package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.sql.SQLException;
import java.time.Duration;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which reads share a statement, and what becomes of each when the statement, its sender or a member comes to harm. */
@Timeout(60)
class SharedReadsTest {
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");
    private static final StreamId C = StreamId.of("c");
    private static final StreamId ABSENT = StreamId.of("absent");
    private static final StreamId POISON = StreamId.of("poison");
    private static final StreamId FIRST = StreamId.of("first");
    private static final Duration ENDLESS = Duration.ofHours(1);
    private static final List<Duration> PATIENCES = List.of(Duration.ZERO, Duration.ofMillis(1), ENDLESS);

    private final FakeDatabase database = new FakeDatabase();

    @Test
    void while_few_statements_are_under_way_a_read_is_sent_alone_and_at_once() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(3, database);
        Caller first = heldCaller(reads, A);
        Caller second = heldCaller(reads, B);

        Caller third = new Caller(reads, after(0, C), ENDLESS);

        assertThat(third.found()).isEqualTo(FakeDatabase.contents(after(0, C)));
        assertThat(database.sent).containsExactly(after(0, A), after(0, B), after(0, C));
        release(first, second);
    }

    @Test
    void those_that_wait_are_sent_together_by_the_first_of_them_when_a_statement_ends() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(2, database);
        Caller first = heldCaller(reads, FIRST);
        Caller second = heldCaller(reads, StreamId.of("second"));
        List<Caller> others = IntStream.range(0, 20)
                .mapToObj(i -> waitingCaller(reads, after(i, StreamId.of("s-" + i))))
                .toList();

        release(second);

        others.forEach(Caller::assertAnswered);
        assertThat(sizes()).containsExactly(1, 1, 20);
        assertThat(database.senders).last().isEqualTo(others.get(0).thread);
        release(first);
        assertNothingIsUnderWay(reads, 2);
    }

    @Test
    void each_gets_its_own_streams_and_nothing_of_what_is_absent() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);
        Caller one = waitingCaller(reads, after(0, A, B));
        Caller other = waitingCaller(reads, after(3, C, ABSENT));
        Caller none = waitingCaller(reads, after(3, ABSENT));

        release(first);

        assertThat(one.found()).isEqualTo(Map.of(A, "a after 0", B, "b after 0"));
        assertThat(other.found()).isEqualTo(Map.of(C, "c after 3"));
        assertThat(none.found()).isEmpty();
        assertThat(sizes()).containsExactly(1, 4);
    }

    @Test
    void a_stream_that_is_wanted_after_two_versions_is_not_read_by_one_statement() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);
        List<Caller> others = List.of(
                waitingCaller(reads, after(0, A)),
                waitingCaller(reads, after(5, A, C)),
                waitingCaller(reads, after(0, B)));

        release(first);

        others.forEach(Caller::assertAnswered);
        assertThat(database.sent).containsExactly(after(0, FIRST), after(0, A, B), after(5, A, C));
    }

    @Test
    void a_stream_that_two_want_after_the_same_version_is_read_once_for_both() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);
        List<Caller> others = List.of(
                waitingCaller(reads, after(2, A)),
                waitingCaller(reads, after(2, A, B)),
                waitingCaller(reads, after(2, A)));

        release(first);

        others.forEach(Caller::assertAnswered);
        assertThat(database.sent).containsExactly(after(0, FIRST), after(2, A, B));
        assertNothingIsUnderWay(reads, 1);
    }

    @Test
    void a_statement_is_bounded_and_what_did_not_fit_leads_next() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);
        List<Caller> others = List.of(
                waitingCaller(reads, streams("one", 10)),
                waitingCaller(reads, streams("two", 16)),
                waitingCaller(reads, streams("too-many", 7)),
                waitingCaller(reads, streams("just-enough", 6)),
                waitingCaller(reads, streams("no-more", 1)));

        release(first);

        others.forEach(Caller::assertAnswered);
        assertThat(sizes()).containsExactly(1, SharedReads.MAX_KEYS, 8);
        assertThat(database.senders).last().isEqualTo(others.get(2).thread);
    }

    /** Counted, not timed: looking through all who wait for each statement makes this number grow with them. */
    @Test
    void each_statement_looks_at_a_bounded_number_of_those_who_wait() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        AtomicInteger looks = new AtomicInteger();
        Caller first = heldCaller(reads, FIRST);
        List<Caller> others = IntStream.range(0, 200)
                .mapToObj(i -> waitingCaller(reads, new CountedMap(after(i, A), looks)))
                .toList();

        release(first);

        others.forEach(Caller::assertAnswered);
        assertThat(sizes()).hasSize(201);
        assertThat(looks.get()).isLessThan(200 * (SharedReads.MAX_KEYS + 8));
    }

    @Test
    void a_read_of_many_streams_is_sent_at_once_and_alone() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);

        Caller large = new Caller(reads, streams("large", SharedReads.MAX_KEYS + 1), ENDLESS);

        large.assertAnswered();
        release(first);
        assertNothingIsUnderWay(reads, 1);
    }

    @Test
    void when_a_shared_statement_fails_each_reads_by_itself_and_only_whose_own_read_fails_is_told() {
        for (Exception harm : List.of(new SQLException("harm"), new IllegalStateException("harm"))) {
            database.sent.clear();
            SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
            Caller first = heldCaller(reads, FIRST);
            Caller leader = waitingCaller(reads, after(0, A));
            Caller poisoned = waitingCaller(reads, after(0, POISON));
            Caller follower = waitingCaller(reads, after(0, B));
            database.failures.put(POISON, harm);

            release(first);

            leader.assertAnswered();
            follower.assertAnswered();
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(poisoned::answer)
                    .withCause(harm);
            assertThat(database.sent)
                    .startsWith(after(0, FIRST), after(0, A, POISON, B))
                    .containsExactlyInAnyOrder(
                            after(0, FIRST), after(0, A, POISON, B), after(0, A), after(0, POISON), after(0, B));
            assertNothingIsUnderWay(reads, 1);
        }
    }

    @Test
    void a_read_that_fails_alone_is_not_repeated() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        SQLException harm = new SQLException("harm");
        database.failures.put(POISON, harm);

        Caller poisoned = new Caller(reads, after(0, POISON), ENDLESS);

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(poisoned::answer)
                .withCause(harm);
        assertThat(database.sent).containsExactly(after(0, POISON));
        assertNothingIsUnderWay(reads, 1);
    }

    @Test
    void an_error_of_the_leader_is_its_own_and_leaves_nobody_waiting() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);
        StackOverflowError harm = new StackOverflowError();
        Caller leader = waitingCaller(reads, after(0, POISON));
        Caller follower = waitingCaller(reads, after(0, A));
        Caller behind = waitingCaller(reads, after(1, A));
        database.failures.put(POISON, harm);

        release(first);

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(leader::answer)
                .withCause(harm);
        follower.assertAnswered();
        behind.assertAnswered();
        assertThat(database.sent)
                .filteredOn(wanted -> wanted.containsKey(POISON))
                .hasSize(1);
        assertNothingIsUnderWay(reads, 1);
    }

    @Test
    void a_read_that_nobody_takes_along_in_time_is_sent_by_itself() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);

        Caller impatient = new Caller(reads, after(0, A), Duration.ZERO);

        impatient.assertAnswered();
        assertThat(database.sent).containsExactly(after(0, FIRST), after(0, A));
        release(first);
        assertNothingIsUnderWay(reads, 1);
    }

    @Test
    void an_interruption_while_it_waits_costs_no_read_its_answer() {
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(1, database);
        Caller first = heldCaller(reads, FIRST);
        Caller leader = waitingCaller(reads, after(0, A));
        Caller follower = waitingCaller(reads, after(0, B));
        leader.thread.interrupt();
        follower.thread.interrupt();

        release(first);

        for (Caller caller : List.of(leader, follower)) {
            caller.assertAnswered();
            assertThat(caller.endedInterrupted).isTrue();
        }
        assertThat(sizes()).containsExactly(1, 2);
        assertNothingIsUnderWay(reads, 1);
    }

    /** Random reads of many threads, of which some are impatient and some fail: each gets what it would get alone. */
    @Test
    void whatever_the_schedule_each_read_gets_what_it_would_get_alone() throws Exception {
        database.takesItsTime = true;
        database.failures.put(POISON, new SQLException("harm"));
        SharedReads<StreamId, StreamVersion, String> reads = new SharedReads<>(4, database);
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int seed = 0; seed < 24; seed++) {
            Random random = new Random(seed);
            CompletableFuture<Void> end = new CompletableFuture<>();
            callers.add(end);
            new Thread(() -> {
                        try {
                            for (int i = 0; i < 300; i++) {
                                readSomething(reads, random);
                            }
                            end.complete(null);
                        } catch (SQLException | RuntimeException | Error e) {
                            end.completeExceptionally(e);
                        }
                    })
                    .start();
        }

        for (CompletableFuture<Void> caller : callers) {
            caller.get(60, TimeUnit.SECONDS);
        }
        assertThat(sizes())
                .as("statements that were shared, or this shows nothing")
                .anyMatch(size -> size > 4);
        assertThat(sizes()).allMatch(size -> size <= SharedReads.MAX_KEYS);
        assertNothingIsUnderWay(reads, 4);
    }

    private static void readSomething(SharedReads<StreamId, StreamVersion, String> reads, Random random)
            throws SQLException {
        Map<StreamId, StreamVersion> wanted = new HashMap<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            wanted.put(StreamId.of("s-" + random.nextInt(40)), StreamVersion.of(random.nextInt(3)));
        }
        if (random.nextInt(100) == 0) {
            wanted.put(POISON, StreamVersion.NONE);
        } else if (random.nextInt(10) == 0) {
            wanted.put(ABSENT, StreamVersion.NONE);
        }
        Duration patience = PATIENCES.get(random.nextInt(PATIENCES.size()));
        if (wanted.containsKey(POISON)) {
            assertThatExceptionOfType(SQLException.class).isThrownBy(() -> reads.read(wanted, patience));
        } else {
            assertThat(reads.read(wanted, patience)).isEqualTo(FakeDatabase.contents(wanted));
        }
    }

    /** As many as may be are sent at once, and not one more: no place was lost, and none was given away twice. */
    private void assertNothingIsUnderWay(SharedReads<StreamId, StreamVersion, String> reads, int statements) {
        database.failures.clear();
        database.takesItsTime = false;
        List<Caller> held = IntStream.range(0, statements)
                .mapToObj(i -> heldCaller(reads, StreamId.of("held-" + i)))
                .toList();
        Caller waiting = waitingCaller(reads, after(0, StreamId.of("waiting")));
        held.forEach(this::release);
        waiting.assertAnswered();
    }

    /** A caller whose statement is under way and stays so until it is released. */
    private Caller heldCaller(SharedReads<StreamId, StreamVersion, String> reads, StreamId stream) {
        CountDownLatch reached = database.hold(stream);
        Caller caller = new Caller(reads, after(0, stream), ENDLESS);
        while (reached.getCount() > 0) {
            assertThat(caller.waits()).as("it is to be sent at once").isFalse();
            Thread.onSpinWait();
        }
        return caller;
    }

    /** A caller that waits for a statement to end. */
    private static Caller waitingCaller(
            SharedReads<StreamId, StreamVersion, String> reads, Map<StreamId, StreamVersion> wanted) {
        Caller caller = new Caller(reads, wanted, ENDLESS);
        while (!caller.waits()) {
            assertThat(caller.answer).as("the caller is to wait").isNotDone();
            Thread.onSpinWait();
        }
        return caller;
    }

    private void release(Caller... callers) {
        for (Caller caller : callers) {
            caller.wanted.keySet().forEach(database::release);
            caller.assertAnswered();
        }
    }

    private List<Integer> sizes() {
        return database.sent.stream().map(Map::size).toList();
    }

    private static Map<StreamId, StreamVersion> after(long version, StreamId... streams) {
        return Stream.of(streams).collect(Collectors.toMap(id -> id, id -> StreamVersion.of(version)));
    }

    private static Map<StreamId, StreamVersion> streams(String name, int count) {
        return IntStream.range(0, count)
                .boxed()
                .collect(Collectors.toMap(i -> StreamId.of(name + "-" + i), i -> StreamVersion.NONE));
    }

    /** Counts how often its entries are looked at. */
    private static final class CountedMap extends AbstractMap<StreamId, StreamVersion> {
        private final Map<StreamId, StreamVersion> entries;
        private final AtomicInteger looks;

        private CountedMap(Map<StreamId, StreamVersion> entries, AtomicInteger looks) {
            this.entries = entries;
            this.looks = looks;
        }

        @Override
        public Set<Entry<StreamId, StreamVersion>> entrySet() {
            looks.incrementAndGet();
            return entries.entrySet();
        }
    }

    /** One read on a thread of its own. */
    private static final class Caller {
        private final Map<StreamId, StreamVersion> wanted;
        private final CompletableFuture<Map<StreamId, String>> answer = new CompletableFuture<>();
        private final Thread thread;
        private volatile boolean endedInterrupted;

        private Caller(
                SharedReads<StreamId, StreamVersion, String> reads,
                Map<StreamId, StreamVersion> wanted,
                Duration patience) {
            this.wanted = wanted;
            this.thread = new Thread(() -> run(reads, patience));
            this.thread.start();
        }

        private void run(SharedReads<StreamId, StreamVersion, String> reads, Duration patience) {
            try {
                Map<StreamId, String> found = reads.read(wanted, patience);
                endedInterrupted = Thread.currentThread().isInterrupted();
                answer.complete(found);
            } catch (SQLException | RuntimeException | Error e) {
                answer.completeExceptionally(e);
            }
        }

        /** Only who waits to be taken along waits for a time. */
        boolean waits() {
            return thread.getState() == Thread.State.TIMED_WAITING;
        }

        Map<StreamId, String> answer() throws ExecutionException {
            try {
                return answer.get(60, TimeUnit.SECONDS);
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError("The caller has no answer", e);
            }
        }

        Map<StreamId, String> found() {
            try {
                return answer();
            } catch (ExecutionException e) {
                throw new AssertionError("The read failed", e.getCause());
            }
        }

        void assertAnswered() {
            assertThat(found()).isEqualTo(FakeDatabase.contents(wanted));
        }
    }

    /** Holds every stream but the absent one, and can be made to wait or to fail. */
    private static final class FakeDatabase implements SharedReads.Read<StreamId, StreamVersion, String> {
        /** The statements in the order in which they were sent, and who sent them. */
        private final List<Map<StreamId, StreamVersion>> sent = new CopyOnWriteArrayList<>();

        private final List<Thread> senders = new CopyOnWriteArrayList<>();
        private final Map<StreamId, Throwable> failures = new ConcurrentHashMap<>();
        private final Map<StreamId, Hold> held = new ConcurrentHashMap<>();
        private volatile boolean takesItsTime;

        private record Hold(CountDownLatch reached, CountDownLatch released) {}

        static Map<StreamId, String> contents(Map<StreamId, StreamVersion> wanted) {
            Map<StreamId, String> contents = new HashMap<>();
            wanted.forEach((id, after) -> {
                if (!id.equals(ABSENT)) {
                    contents.put(id, id + " after " + after);
                }
            });
            return contents;
        }

        @Override
        public Map<StreamId, String> read(Map<StreamId, StreamVersion> wanted) throws SQLException {
            sent.add(Map.copyOf(wanted));
            senders.add(Thread.currentThread());
            if (takesItsTime) {
                LockSupport.parkNanos(50_000);
            }
            for (StreamId id : wanted.keySet()) {
                Hold hold = held.get(id);
                if (hold != null) {
                    hold.reached.countDown();
                    awaitUninterruptibly(hold.released);
                }
                failIfToldTo(id);
            }
            return contents(wanted);
        }

        private void failIfToldTo(StreamId id) throws SQLException {
            Throwable harm = failures.get(id);
            if (harm instanceof Error error) {
                throw error;
            }
            if (harm instanceof RuntimeException exception) {
                throw exception;
            }
            if (harm instanceof SQLException exception) {
                throw exception;
            }
        }

        /** Holds the next statements that read this stream; opens when one has come. */
        CountDownLatch hold(StreamId id) {
            Hold hold = new Hold(new CountDownLatch(1), new CountDownLatch(1));
            held.put(id, hold);
            return hold.reached;
        }

        void release(StreamId id) {
            Hold hold = held.remove(id);
            if (hold != null) {
                hold.released.countDown();
            }
        }

        private static void awaitUninterruptibly(CountDownLatch latch) {
            boolean interrupted = false;
            while (latch.getCount() > 0) {
                try {
                    latch.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
