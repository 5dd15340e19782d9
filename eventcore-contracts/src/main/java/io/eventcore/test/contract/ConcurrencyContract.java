package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What a store promises while many threads, processes and transactions work on it: decisions that rest on each other
 * never both succeed, nothing is lost or invented, and readers never see a hole.
 *
 * @since 0.1
 */
public abstract class ConcurrencyContract {
    private static final int SKEW_ROUNDS = 500;
    private static final int WRITERS = 12;
    private static final int APPENDS_PER_WRITER = 50;

    /** How often a thread reads while a transaction that has appended is open. */
    private static final int READINGS_WHILE_ONE_IS_OPEN = 20;

    /** More events than a page holds. */
    private static final int LONG = 600;

    /** How often to check whether an append that may have to wait for a transaction has ended. */
    private static final int LOOKS = 2_000;

    /** The longest that a writer keeps its transaction open after an append. */
    private static final long MAX_HOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private EventStore store;
    private EventStore other;
    private TransactionTemplate transaction;

    /** For subclasses. */
    protected ConcurrencyContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. */
    protected abstract PlatformTransactionManager transactionManager();

    /**
     * A second store over the same events, as another process would have it, perhaps with other settings; by default
     * the same store.
     */
    protected EventStore anotherStore(EventStore first) {
        return first;
    }

    /**
     * Begins transactions that write something else, in the same database and in others, and leaves them open until the
     * handle is closed; none by default.
     */
    protected AutoCloseable openForeignTransactions() {
        return () -> {};
    }

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
        other = anotherStore(store);
        transaction = new TransactionTemplate(transactionManager());
    }

    @Test
    void of_two_decisions_that_rest_on_each_others_stream_one_fails() {
        StreamWrites both = StreamWrites.empty();
        for (int round = 0; round < SKEW_ROUNDS; round++) {
            both = deposit(deposit(both, left(round), noStream()), right(round), noStream());
        }
        store.appendEvents(both);

        assertNeverBothSucceed(
                round -> relying(left(round), exactly(1), right(round), exactly(1)),
                round -> relying(right(round), exactly(1), left(round), exactly(1)));
    }

    @Test
    void of_two_decisions_that_rest_on_the_absence_of_each_others_stream_one_fails() {
        assertNeverBothSucceed(
                round -> relying(left(round), noStream(), right(round), noStream()),
                round -> relying(right(round), noStream(), left(round), noStream()));
    }

    @Test
    void so_it_is_while_somebody_else_relies_on_the_absence_of_both() {
        assertNeverBothSucceed(
                round -> relying(left(round), noStream(), right(round), noStream()),
                round -> relying(right(round), noStream(), left(round), noStream()),
                round -> StreamWrites.empty()
                        .registerStream(left(round), noStream())
                        .registerStream(right(round), noStream()));
    }

    @Test
    void what_many_write_to_old_and_new_streams_is_kept_and_nothing_else() {
        Map<StreamId, LongAdder> acknowledged = new ConcurrentHashMap<>();
        PlannedAppends attack =
                new PlannedAppends(store, other, transaction, WRITERS, APPENDS_PER_WRITER, MAX_HOLD_NANOS / 4);
        Race.run(WRITERS, writer -> {
            Random random = new Random(writer);
            int round = 0;
            for (PlannedAppends.Way way : attack.waysOf(writer)) {
                StreamWrites writes = anyWrites(random, round++);
                if (attack.append(way, random, writes)) {
                    writes.events()
                            .forEach(event -> acknowledged
                                    .computeIfAbsent(event.streamId(), id -> new LongAdder())
                                    .increment());
                }
            }
            return writer;
        });

        attack.assertCarriedOut();
        assertThat(acknowledged).hasSizeGreaterThan(WRITERS);
        acknowledged.forEach((id, count) -> {
            List<RecordedEvent<Event>> events =
                    store.readStream(id, Event.class).toList();
            assertContiguous(events, id, count.sum());
            assertThat(events).extracting(RecordedEvent::position).isSorted().doesNotHaveDuplicates();
        });
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 1_000);
        log.poll();
        assertThat(log.events())
                .hasSize(acknowledged.values().stream()
                        .mapToInt(LongAdder::intValue)
                        .sum());
    }

    @Test
    void a_long_read_of_several_streams_has_no_hole_and_ends_where_it_said() {
        List<StreamId> streams =
                IntStream.range(0, 4).mapToObj(ConcurrencyContract::left).toList();
        Map<StreamId, StreamVersion> fromTheBeginning = new HashMap<>();
        StreamWrites many = StreamWrites.empty();
        for (StreamId id : streams) {
            fromTheBeginning.put(id, StreamVersion.NONE);
            for (int i = 0; i < 400; i++) {
                many = deposit(many, id, any());
            }
        }
        store.appendEvents(many);

        whileWriting(
                4,
                random -> {
                    StreamId one = streams.get(random.nextInt(4));
                    return deposit(deposit(StreamWrites.empty(), one, any()), streams.get(random.nextInt(4)), any());
                },
                () -> {
                    EventStreamReader<Event> reader = store.readStreams(fromTheBeginning, Event.class);
                    Map<StreamId, List<RecordedEvent<Event>>> byStream = new HashMap<>();
                    reader.forEach(event -> byStream.computeIfAbsent(event.streamId(), id -> new ArrayList<>())
                            .add(event));
                    streams.forEach(id -> assertContiguous(
                            byStream.getOrDefault(id, List.of()),
                            id,
                            reader.version(id).value()));
                });
    }

    /**
     * A store that pages by position alone finds the later version, but not the version that had its position earlier.
     */
    @Test
    void a_version_that_commits_behind_a_long_read_leaves_no_hole_in_it() {
        StreamId late = left(0);
        StreamId busy = right(0);
        store.appendEvents(deposit(deposit(StreamWrites.empty(), late, any()), busy, any()));
        StreamWrites many = StreamWrites.empty();
        for (int i = 0; i < LONG; i++) {
            many = deposit(many, busy, any());
        }
        StreamWrites burst = many;
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch passed = new CountDownLatch(1);
        CountDownLatch followed = new CountDownLatch(1);
        Callable<Integer> openTransaction = () -> {
            transaction.executeWithoutResult(status -> {
                store.appendEvents(deposit(StreamWrites.empty(), late, any()));
                appended.countDown();
                await(passed);
            });
            store.appendEvents(deposit(StreamWrites.empty(), late, any()));
            followed.countDown();
            return 0;
        };
        Callable<Integer> others = () -> {
            await(appended);
            other.appendEvents(burst);
            return 0;
        };
        Callable<Integer> reading = () -> {
            await(appended);
            // If appends wait for that transaction, nothing can commit before it, and the read passes nothing.
            for (int look = 0; look < LOOKS && store.streamVersion(busy).value() == 1; look++) {
                Thread.onSpinWait();
            }
            EventStreamReader<Event> reader =
                    store.readStreams(Map.of(late, StreamVersion.NONE, busy, StreamVersion.NONE), Event.class);
            Map<StreamId, List<RecordedEvent<Event>>> byStream = new HashMap<>();
            for (RecordedEvent<Event> event : reader) {
                byStream.computeIfAbsent(event.streamId(), id -> new ArrayList<>())
                        .add(event);
                if (event.version().value() > 1 && passed.getCount() > 0) {
                    passed.countDown();
                    await(followed);
                }
            }
            passed.countDown();
            for (StreamId id : List.of(late, busy)) {
                assertContiguous(
                        byStream.getOrDefault(id, List.of()),
                        id,
                        reader.version(id).value());
            }
            return 0;
        };

        Race.run(List.of(openTransaction, others, reading));
    }

    @Test
    void the_log_delivers_everything_once_and_in_order_while_transactions_are_open_and_roll_back() throws Exception {
        Map<String, EventFilter> filters = Map.of(
                "all", EventFilter.all(),
                "prefix", EventFilter.prefix(StreamPrefix.of("old-")),
                "pattern", EventFilter.pattern(StreamPattern.of("*[13579]")),
                "type", EventFilter.all().ofTypes(Withdrawn.class));
        List<FollowedLog> logs = filters.values().stream()
                .map(filter -> new FollowedLog(store, filter, 20))
                .toList();
        FollowedLog beside = new FollowedLog(other, EventFilter.all(), 7);
        AutoCloseable foreign = openForeignTransactions();
        try {
            long acknowledged = whileWriting(WRITERS, random -> anyWrites(random, random.nextInt(20)), () -> {
                logs.forEach(FollowedLog::poll);
                beside.poll();
            });

            FollowedLog fresh = new FollowedLog(other, EventFilter.all(), 500);
            fresh.poll();
            assertThat(fresh.positions()).hasSize((int) acknowledged).isSorted().doesNotHaveDuplicates();
            assertVersionsFollow(fresh.events());
            assertThat(beside.positions()).isEqualTo(fresh.positions());
            logs.forEach(log -> assertThat(log.positions())
                    .as("%s", log.filter())
                    .isEqualTo(fresh.events().stream()
                            .filter(event -> matches(log.filter(), event))
                            .map(RecordedEvent::position)
                            .toList()));
        } finally {
            foreign.close();
        }
    }

    private static boolean matches(EventFilter filter, RecordedEvent<Event> event) {
        return filter.streams().matches(event.streamId())
                && (filter.types().isEmpty()
                        || filter.types().stream().anyMatch(type -> type.isInstance(event.event())));
    }

    /** Makes the writes of one round. */
    private interface Round {
        StreamWrites writes(int round);
    }

    /** Lets the rounds meet, each on its own thread; the first two must never both succeed. */
    private void assertNeverBothSucceed(Round... rounds) {
        CyclicBarrier meeting = new CyclicBarrier(rounds.length);
        boolean[][] succeeded = new boolean[rounds.length][SKEW_ROUNDS];
        Race.run(rounds.length, number -> {
            EventStore mine = number == 0 ? store : other;
            for (int round = 0; round < SKEW_ROUNDS; round++) {
                StreamWrites writes = rounds[number].writes(round);
                meeting.await(60, TimeUnit.SECONDS);
                succeeded[number][round] = succeeds(mine, writes);
            }
            return number;
        });

        assertThat(IntStream.range(0, SKEW_ROUNDS).filter(round -> succeeded[0][round] && succeeded[1][round]))
                .as("rounds in which both succeeded")
                .isEmpty();
        assertThat(IntStream.range(0, SKEW_ROUNDS).filter(round -> succeeded[0][round] || succeeded[1][round]))
                .as("rounds in which one succeeded")
                .isNotEmpty();
    }

    private static boolean succeeds(EventStore store, StreamWrites writes) {
        try {
            store.appendEvents(writes);
            return true;
        } catch (VersionConflictException conflict) {
            return false;
        }
    }

    /**
     * Some threads write in every possible way, while another thread reads again and again, and at least once after the
     * last write. One transaction that has appended stays open during the first readings.
     *
     * @return how many events were acknowledged
     */
    private long whileWriting(int writers, AnyWrites anyWrites, Runnable reading) {
        LongAdder acknowledged = new LongAdder();
        PlannedAppends attack =
                new PlannedAppends(store, other, transaction, writers, APPENDS_PER_WRITER / 2, MAX_HOLD_NANOS);
        // With the one that stays open: until it has ended, no reader comes past it.
        CountDownLatch writing = new CountDownLatch(writers + 1);
        CountDownLatch readings = new CountDownLatch(READINGS_WHILE_ONE_IS_OPEN);
        List<Callable<Integer>> all = new ArrayList<>();
        all.add(() -> {
            StreamWrites writes = anyWrites.of(new Random(writers));
            try {
                if (appendAndStayOpen(writes, readings)) {
                    acknowledged.add(writes.events().size());
                }
                return 0;
            } finally {
                writing.countDown();
            }
        });
        for (int writer = 0; writer < writers; writer++) {
            Random random = new Random(writer);
            List<PlannedAppends.Way> ways = attack.waysOf(writer);
            all.add(() -> {
                try {
                    for (PlannedAppends.Way way : ways) {
                        StreamWrites writes = anyWrites.of(random);
                        if (attack.append(way, random, writes)) {
                            acknowledged.add(writes.events().size());
                        }
                    }
                    return 0;
                } finally {
                    writing.countDown();
                }
            });
        }
        all.add(() -> {
            try {
                while (writing.getCount() > 0 || readings.getCount() > 0) {
                    reading.run();
                    readings.countDown();
                }
                reading.run();
                return 0;
            } finally {
                // If a reading has failed, no thread must wait for the other readings.
                while (readings.getCount() > 0) {
                    readings.countDown();
                }
            }
        });
        Race.run(all);
        attack.assertCarriedOut();
        return acknowledged.sum();
    }

    private boolean appendAndStayOpen(StreamWrites writes, CountDownLatch end) {
        try {
            transaction.executeWithoutResult(status -> {
                store.appendEvents(writes);
                await(end);
            });
            return true;
        } catch (VersionConflictException lostAtCommit) {
            return false;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface AnyWrites {
        StreamWrites of(Random random);
    }

    /**
     * Writes to one to four streams. Some of them are new to all writers, and other writers create some at the same
     * moment. Two thirds of the ids begin with one of two characters, whose order in Java is not that in UTF-8.
     */
    private static StreamWrites anyWrites(Random random, int round) {
        Set<StreamId> streams = new HashSet<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            String number = random.nextBoolean() ? "old-" + random.nextInt(WRITERS) : "new-" + round + '-' + i;
            streams.add(StreamId.of(
                    switch (random.nextInt(3)) {
                        case 0 -> "\uFFFD" + number;
                        case 1 -> "\uD83D\uDE00" + number;
                        default -> number;
                    }));
        }
        StreamWrites writes = StreamWrites.empty();
        for (StreamId id : streams) {
            writes = random.nextInt(4) > 0
                    ? deposit(writes, id, any())
                    : writes.registerStream(id, any())
                            .append(new Withdrawn(id, 1))
                            .append(new Withdrawn(id, 2));
        }
        return writes;
    }

    private static void assertContiguous(List<RecordedEvent<Event>> events, StreamId id, long version) {
        assertThat(events)
                .as("versions of %s", id)
                .extracting(event -> event.version().value())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, version).boxed().toList());
    }

    private static void assertVersionsFollow(List<RecordedEvent<Event>> events) {
        Map<StreamId, Long> versions = new HashMap<>();
        events.forEach(event -> assertThat(event.version().value())
                .as("version of %s", event.streamId())
                .isEqualTo(versions.merge(event.streamId(), 1L, Long::sum)));
    }

    private static StreamWrites relying(
            StreamId written, ExpectedVersion expected, StreamId guard, ExpectedVersion guardExpected) {
        return deposit(StreamWrites.empty(), written, expected).registerStream(guard, guardExpected);
    }

    private static StreamWrites deposit(StreamWrites writes, StreamId account, ExpectedVersion expected) {
        return writes.registerStream(account, expected).append(new Deposited(account, 1));
    }

    private static StreamId left(int round) {
        return StreamId.of("left-" + round);
    }

    private static StreamId right(int round) {
        return StreamId.of("right-" + round);
    }
}
