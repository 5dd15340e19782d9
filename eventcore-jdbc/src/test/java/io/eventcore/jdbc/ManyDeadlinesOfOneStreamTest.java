package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandListener;
import io.eventcore.command.Stream;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of deadlines of one stream that fall due at once: each is tried once, and costs as much as any other, however many
 * are pending. Counted in attempts, statements and rows, not in time.
 */
@Tag("faults")
class ManyDeadlinesOfOneStreamTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final String NAME = "closing";
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int AT_ONCE = 500;

    /** Statements that a deadline may cost, with its share of what is sent while time passes. */
    private static final long STATEMENTS = 25;

    /** Rows that it may cost: of its event, its command and a snapshot, with the events that follow the snapshot. */
    private static final long ROWS = 25;

    /** What was sent and read up to some deadline. */
    private record Sent(long statements, long rows) {}

    static List<TestDatabase> databases() {
        return List.of(H2Database.INSTANCE, PostgreSqlDatabase.INSTANCE);
    }

    @ParameterizedTest
    @MethodSource("databases")
    void each_of_ten_thousand_is_tried_once_and_costs_what_the_others_cost(TestDatabase database) {
        Run run =
                new Run(database, 10_000, event -> new Mark(ADA, event.version().value()));

        List<Sent> thousands = run.execute(1_000);

        assertThat(run.marked())
                .isEqualTo(LongStream.rangeClosed(1, 10_000).boxed().toList());
        assertThat(run.asked).hasValue(10_000);
        assertThat(run.repeated).hasValue(0);
        // The first thousand has read the whole stream once, for the first snapshot.
        for (int i = 2; i < thousands.size(); i++) {
            Sent before = thousands.get(i - 1);
            Sent after = thousands.get(i);
            assertThat(after.statements - before.statements)
                    .as("statements: %s", thousands)
                    .isLessThan(STATEMENTS * 1_000);
            assertThat(after.rows - before.rows).as("rows: %s", thousands).isLessThan(ROWS * 1_000);
        }
        assertThat(run.watched.rows("due_at <=")).isLessThanOrEqualTo(100 * run.watched.sent("due_at <="));
    }

    @ParameterizedTest
    @MethodSource("databases")
    void without_a_snapshot_each_reads_the_stream_as_any_command_does(TestDatabase database) {
        Run run = new Run(
                database,
                300,
                event -> new MarkWithoutSnapshot(ADA, event.version().value()));

        List<Sent> hundreds = run.execute(100);

        assertThat(run.marked()).hasSize(300);
        assertThat(run.repeated).hasValue(0);
        long rows = hundreds.get(2).rows - hundreds.get(1).rows;
        assertThat(rows).as("rows: %s", hundreds).isBetween(100L * 400, 100L * (500 + ROWS));
    }

    /** Executes a number of deadlines of one stream. */
    private static final class Run {
        private final int number;
        private final WatchedDataSource watched;
        private final EventStore events;
        private final Function<RecordedEvent<Opened>, Command<?, ?>> command;
        private final JdbcDatabase opened;
        private final ProjectionStore unwatched;
        private final AtomicLong shift = new AtomicLong();
        private final AtomicInteger asked = new AtomicInteger();
        private final AtomicInteger repeated = new AtomicInteger();
        private final AtomicLong statements = new AtomicLong();

        Run(TestDatabase database, int number, Function<RecordedEvent<Opened>, Command<?, ?>> command) {
            this.number = number;
            this.command = command;
            String prefix = database.newTables();
            this.watched = new WatchedDataSource(database.dataSource());
            watched.beforeEach(sql -> statements.incrementAndGet());
            this.events = TestDatabase.store(watched, prefix);
            this.opened = TestDatabase.jdbc(watched, prefix);
            this.unwatched = TestDatabase.jdbc(database.dataSource(), prefix).projectionStore();
            for (int from = 0; from < number; from += AT_ONCE) {
                Event[] some = new Event[Math.min(AT_ONCE, number - from)];
                Arrays.fill(some, new Opened(ADA, "owner"));
                events.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), some));
            }
        }

        /** Lets all fall due at once; what was sent before each of so many. */
        List<Sent> execute(int each) {
            List<Sent> sent = new CopyOnWriteArrayList<>();
            ProjectionRunner runner = ProjectionRunner.builder(
                            events, new JdbcProjectionStore(opened.dialect(), opened.connections(), shift::get))
                    .projection(Reaction.asProjection(
                            Reaction.named(NAME, LedgerEvent.class)
                                    .on(Opened.class)
                                    .after(HOUR)
                                    .execute(event -> {
                                        if (asked.getAndIncrement() % each == 0) {
                                            sent.add(now());
                                        }
                                        return command.apply(event);
                                    })
                                    .maxPerSecond(1_000_000)
                                    .build(),
                            executor()))
                    .build();
            runner.start();
            try {
                assertThat(runner.awaitPosition(NAME, events.lastPosition(), Duration.ofMinutes(2)))
                        .isEqualTo(AwaitOutcome.REACHED);
                assertThat(pending()).isEqualTo(number);
                shift.set(TimeUnit.HOURS.toMicros(1));
                awaitAll();
            } finally {
                runner.stop();
            }
            sent.add(now());
            return sent;
        }

        /** However slow it is, as long as it goes on. */
        private void awaitAll() {
            int left = number;
            while (left > 0) {
                int before = left;
                Eventually.until("the next deadlines are executed", () -> pending() < before, this::pending);
                left = pending();
            }
        }

        /** Asked for beside what is watched. */
        private int pending() {
            return unwatched.deadlineCounts(NAME, 1).pending();
        }

        private Sent now() {
            return new Sent(statements.get(), watched.rows("") - watched.rows("due_at <="));
        }

        private CommandExecutor executor() {
            return CommandExecutor.builder(events)
                    .executedCommands(opened.executedCommands())
                    .snapshots(
                            opened.snapshotStore(), SnapshotSettings.defaults().withExecutor(Runnable::run))
                    .listener(started -> new CommandListener.Execution() {
                        @Override
                        public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
                            repeated.incrementAndGet();
                        }
                    })
                    .build();
        }

        private List<Long> marked() {
            return events.readStream(ADA, LedgerEvent.class).toList().stream()
                    .filter(event -> event.event() instanceof Deposited)
                    .map(event -> ((Deposited) event.event()).cents())
                    .toList();
        }
    }

    private interface Marking extends Command<Long, LedgerEvent> {
        @Override
        default Long initialState() {
            return 0L;
        }

        @Override
        default Long apply(Long state, LedgerEvent event) {
            return state + 1;
        }
    }

    @Snapshot(name = "deadlines.mark", version = 1, afterEvents = 10)
    private record Mark(@Stream StreamId account, long number) implements Marking {
        @Override
        public List<LedgerEvent> handle(Long state) {
            return List.of(new Deposited(account, number));
        }
    }

    private record MarkWithoutSnapshot(@Stream StreamId account, long number) implements Marking {
        @Override
        public List<LedgerEvent> handle(Long state) {
            return List.of(new Deposited(account, number));
        }
    }
}
