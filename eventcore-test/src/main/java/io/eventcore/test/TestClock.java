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
 * The clock of a test with {@link EventCoreTest}: events are recorded and deadlines fall due by it, and commands are told
 * its time. It goes on as the clock of the system does, and is advanced by the test, which finds the deadlines executed
 * then:
 *
 * <pre>{@code
 * executor.execute(new ReserveSeat(seat));
 * clock.advance(Duration.ofMinutes(15));
 * assertThat(...) // released
 * }</pre>
 *
 * <p>It never goes back, and goes on for all tests of one application: give each test streams of its own. A database has a
 * clock of its own, so with events in a database it cannot be advanced. Safe for any number of threads.
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
     * Lets time pass. All projections and reactions deal with what was committed before; then deadlines are executed one time
     * after the other, in the order in which they fall due, with those that are set by that and fall due in time, too.
     *
     * @param time how much; zero lets what is due be executed
     * @throws IllegalArgumentException if it is negative
     * @throws IllegalStateException if the events are in a database, or projections do not run
     * @throws AssertionError if a deadline that is due is neither executed nor set aside, or may not be set, because its
     *     reaction has failed or is paused; names that reaction and its failure, by which no event is quoted
     */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("Time does not go back; it is to be advanced by " + time);
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
        return Stream.of(named + "has not executed all of its deadlines that are due within " + PATIENCE.toSeconds()
                + " s: " + overdue + " are left; its last failure: " + (last.isEmpty() ? "none" : last));
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
