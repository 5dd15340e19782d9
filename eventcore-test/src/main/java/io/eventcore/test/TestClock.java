package io.eventcore.test;

import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The clock of a test with {@link EventCoreTest}: it determines when events are recorded and deadlines fall due, and is
 * the time of commands. It runs like the system clock; a test can advance it, and then finds due deadlines executed:
 *
 * <pre>{@code
 * executor.execute(new ReserveSeat(seat));
 * clock.advance(Duration.ofMinutes(15));
 * assertThat(...) // released
 * }</pre>
 *
 * <p>It never goes back, and all tests of one application share it: use separate streams in each test. With events in a
 * database, it cannot be advanced, because a database has its own clock. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class TestClock {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ShiftedClock clock = new ShiftedClock();
    private final Supplier<ProjectionRunner> runner;
    private final Supplier<ProjectionStore> store;

    TestClock(Supplier<ProjectionRunner> runner, Supplier<ProjectionStore> store) {
        this.runner = Objects.requireNonNull(runner, "runner");
        this.store = Objects.requireNonNull(store, "store");
    }

    /** The clock that goes on as it is advanced. */
    Clock clock() {
        return clock;
    }

    /** What time it is. */
    public Instant now() {
        return clock.instant();
    }

    /**
     * Lets time pass. All projections and reactions first process what was committed before. Then deadlines are
     * executed, one after the other, in the order in which they fall due, including those that are set meanwhile and
     * fall due in time.
     *
     * @param time how much; zero executes the deadlines that are due
     * @throws IllegalArgumentException if it is negative
     * @throws IllegalStateException if the events are in a database, or projections do not run
     * @throws AssertionError if a due deadline is neither executed nor parked, or is not set, because its reaction has
     *     failed or is paused; the message names that reaction and its failure, and quotes no event
     */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("Time does not go back, but it should be advanced by " + time);
        }
        if (!(store.get() instanceof InMemoryProjectionStore)) {
            throw new IllegalStateException(
                    "The events are in a database, whose clock cannot be advanced: use store = Store.IN_MEMORY");
        }
        if (!runner.get().isRunning()) {
            throw new IllegalStateException("Projections and reactions do not run, so deadlines are not executed");
        }
        Instant end = now().plus(time);
        settle();
        for (Optional<Instant> next = next();
                next.filter(due -> !due.isAfter(end)).isPresent();
                next = next()) {
            clock.forwardTo(next.get());
            settle();
        }
        clock.forwardTo(end);
        settle();
    }

    private void settle() {
        if (!runner.get().awaitDeadlines(PATIENCE)) {
            List<ProjectionStatus> status = runner.get().status();
            String problems = status.stream().flatMap(this::problem).collect(Collectors.joining("\n"));
            throw new AssertionError(problems.isEmpty() ? "Deadlines were not executed: " + status : problems);
        }
    }

    private Stream<String> problem(ProjectionStatus reaction) {
        int overdue = reaction.deadlines().map(DeadlineCounts::overdue).orElse(0);
        boolean waiting = overdue > 0 || reaction.lagInEvents() > 0;
        if (reaction.deadlines().isEmpty() || !waiting) {
            return Stream.empty();
        }
        List<PartitionState> stored = store.get().partitions(reaction.projection());
        List<String> failures = stored.stream()
                .map(PartitionState::failure)
                .filter(failure -> !failure.isEmpty())
                .toList();
        String named = "Reaction '" + reaction.name() + "' ";
        if (!failures.isEmpty()) {
            return Stream.of(named + "has stopped, so its deadlines are not executed: " + String.join("; ", failures));
        }
        if (stored.stream().anyMatch(PartitionState::paused)) {
            return Stream.of(named + "is paused, so its deadlines are not executed: resume it");
        }
        String last = reaction.partitions().stream()
                .map(ProjectionStatus.Partition::lastFailure)
                .filter(failure -> !failure.isEmpty())
                .collect(Collectors.joining("; "));
        return Stream.of(named + "has not executed all of its due deadlines within " + PATIENCE.toSeconds() + " s: "
                + overdue + " are left; its last failure: " + (last.isEmpty() ? "none" : last));
    }

    private Optional<Instant> next() {
        ProjectionRunner running = runner.get();
        return running.names().stream()
                .filter(running::hasDeadlines)
                .flatMap(reaction -> running.deadlines(reaction, false, 1).stream())
                .map(PendingDeadline::dueAt)
                .min(Instant::compareTo);
    }
}
