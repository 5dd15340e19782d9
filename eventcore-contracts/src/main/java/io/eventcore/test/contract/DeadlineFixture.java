package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.DeadlineLook;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.DeadlineBuilder;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Shared by the rows about deadlines: opened accounts, which the reaction closes unless money was withdrawn from them
 * within an hour, and a clock that can be set.
 */
abstract class DeadlineFixture {
    static final String NAME = "closing";
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");
    static final StreamId OFFICE = StreamId.of("office");
    static final Duration HOUR = Duration.ofHours(1);
    static final Duration ALMOST = HOUR.minusMinutes(5);

    private final List<ProjectionRunner> runners = new ArrayList<>();
    final List<CountDownLatch> gates = new ArrayList<>();
    private final AppendSignal signal = new AppendSignal();
    private final AtomicReference<Duration> shift = new AtomicReference<>(Duration.ZERO);
    EventStore events;
    Looks store;
    CommandExecutor executor;

    /** The contract that makes what the rows test. */
    abstract DeadlineContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        events = contract().emptyStore(signal);
        store = new Looks(contract().projectionStore(shift::get));
        executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
    }

    @AfterEach
    void stopAllRunners() {
        gates.forEach(CountDownLatch::countDown);
        runners.forEach(ProjectionRunner::stop);
    }

    /** The reaction without its command. */
    static DeadlineBuilder<LedgerEvent, Opened> closing() {
        return Reaction.named(NAME, LedgerEvent.class)
                .on(Opened.class)
                .after(HOUR)
                .unless(Withdrawn.class);
    }

    /** A reaction that notes in one stream which accounts it closes, whatever is in them. */
    static Reaction<LedgerEvent> noting() {
        return closing()
                .execute(event -> new Note(OFFICE, event.version().value()))
                .build();
    }

    /** A reaction whose commands write to the account, whatever is in it. */
    static Reaction<LedgerEvent> marking() {
        return closing().execute(event -> new Note(event.streamId(), 1)).build();
    }

    ProjectionRunner start(Reaction<?> reaction) {
        return start(store, reaction);
    }

    ProjectionRunner start(ProjectionStore projectionStore, Reaction<?> reaction) {
        return start(ProjectionRunner.builder(events, projectionStore), reaction);
    }

    /**
     * Starts a reaction.
     *
     * @param once runs once when a round of deadlines begins, after the round has looked at the clock and the end
     *     of the log
     */
    ProjectionRunner startWithIn(Reaction<?> reaction, Runnable once) {
        AtomicReference<Thread> looking = new AtomicReference<>();
        AtomicBoolean left = new AtomicBoolean(true);
        ProjectionStore looked = new ForwardingProjectionStore(store) {
            @Override
            public DeadlineLook nextDeadline(DeadlineSlots slots) {
                DeadlineLook look = super.nextDeadline(slots);
                looking.set(look.isDue() ? Thread.currentThread() : null);
                return look;
            }
        };
        EventStore reader = new ForwardingEventStore(events) {
            @Override
            public GlobalPosition lastPosition() {
                GlobalPosition end = super.lastPosition();
                if (Thread.currentThread() == looking.get() && left.compareAndSet(true, false)) {
                    once.run();
                }
                return end;
            }
        };
        return start(ProjectionRunner.builder(reader, looked), reaction);
    }

    private ProjectionRunner start(ProjectionRunner.Builder builder, Reaction<?> reaction) {
        ProjectionRunner runner = builder.lease(Duration.ofMillis(600))
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5))
                .wokenBy(signal)
                .projection(Reaction.asProjection(reaction, executor))
                .build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    /** Sets the clock forward or back. */
    void shift(Duration by) {
        shift.updateAndGet(before -> before.plus(by));
    }

    /**
     * Waits until every committed event is handled, and every deadline that was due before this call is executed or
     * called off.
     */
    void settle(ProjectionRunner runner) {
        assertReached(runner);
        int before = store.looks.get();
        Eventually.until(
                "it has looked twice and nothing is due",
                () -> store.looks.get() > before + 1 && counts().overdue() == 0,
                () -> counts() + " " + runner.status());
        assertReached(runner);
    }

    /** A row that parks streams has reached the position while they wait. */
    private void assertReached(ProjectionRunner runner) {
        assertThat(runner.awaitPosition(NAME, events.lastPosition(), Eventually.patience()))
                .isIn(AwaitOutcome.REACHED, AwaitOutcome.PARKED);
    }

    DeadlineCounts counts() {
        return store.deadlineCounts(NAME, 1);
    }

    void open(StreamId account) {
        append(new Opened(account, "owner"));
    }

    void withdraw(StreamId account) {
        append(new Withdrawn(account, 1));
    }

    void append(Event event) {
        events.appendEvents(StreamWrites.to(event.streamId(), any(), event));
    }

    long versionOf(StreamId stream) {
        return events.streamVersion(stream).value();
    }

    /** What was noted in a stream, in order. */
    List<Long> noted(StreamId stream) {
        return events.readEvents(EventFilter.all(), EventPage.first(5000), Event.class).events().stream()
                .filter(event -> event.streamId().equals(stream) && event.event() instanceof Deposited)
                .map(event -> ((Deposited) event.event()).cents())
                .toList();
    }

    /** Counts how often a runner looks at the clock. */
    static class Looks extends ForwardingProjectionStore {
        final AtomicInteger looks = new AtomicInteger();

        Looks(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public DeadlineLook nextDeadline(DeadlineSlots slots) {
            DeadlineLook look = super.nextDeadline(slots);
            looks.incrementAndGet();
            return look;
        }
    }

    /** Writes whatever is in the stream. */
    record Note(@Stream StreamId stream, long number) implements Command<Long, Event> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, Event event) {
            return state + 1;
        }

        @Override
        public List<Event> handle(Long state) {
            return List.of(new Deposited(stream, number));
        }
    }

    /** Closes an account, unless money was withdrawn from it: the rule that decides a race. */
    record Close(@Stream StreamId account) implements Command<Boolean, LedgerEvent> {
        /** Runs once between the decision and the append. */
        static final AtomicReference<Runnable> MEANWHILE = new AtomicReference<>(() -> {});

        @Override
        public Boolean initialState() {
            return false;
        }

        @Override
        public Boolean apply(Boolean used, LedgerEvent event) {
            return used || event instanceof Withdrawn;
        }

        @Override
        public List<LedgerEvent> handle(Boolean used) {
            MEANWHILE.getAndSet(() -> {}).run();
            return used ? List.of() : List.of(new Deposited(account, 0));
        }
    }

    record Refused(@Stream StreamId stream) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, LedgerEvent event) {
            return state;
        }

        @Override
        public List<LedgerEvent> handle(Long state) {
            Require.that(false, "The office is closed");
            return List.of();
        }
    }
}
