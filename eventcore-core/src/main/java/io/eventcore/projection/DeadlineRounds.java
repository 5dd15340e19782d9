package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.SetsDeadlines;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Executes the deadlines of a partition that are due, in rounds, between the pages of the log that its worker reads.
 *
 * <p>A round first reads the clock of the store, and then the end of the log. Only after all events up to that end have
 * called off their deadlines does it execute the remaining deadlines that were due at that time: everything that was
 * committed before a deadline fell due is known by then, even if another append in flight has held readers back. A
 * round is short, so that the next one sees events that are committed meanwhile.
 *
 * <p>Used by one thread.
 */
final class DeadlineRounds<E extends Event> {
    /** Upper limit for the deadlines of a round. */
    static final int MOST = 100;

    /** The failure of a deadline that is parked because its stream is parked. */
    static final String STREAM_WAITS = ParkedStream.class.getName();

    /** After this long, a round ends with the current command. */
    private static final Duration LONGEST = Duration.ofMillis(250);

    private final SetsDeadlines rule;
    private final Projection<E> projection;
    private final EventApplication<E> application;
    private final RunnerContext context;
    private final CulpritSearch.Pause pause;
    private final PartitionProgress progress;
    private final ProjectionCounts counts;
    private final DeadlineSlots slots;
    private final FailureDecisions decisions;
    private @Nullable Round open;
    private @Nullable Known known;
    private long lookAt;

    /** The deadline that has failed, and how often. */
    private @Nullable PendingDeadline failing;

    private int failures;

    /** The deadlines due at a time. They are executed once the log is processed up to a position. */
    private record Round(Instant asOf, GlobalPosition end) {}

    /** The clock of the store, and when it was last read. */
    private record Known(Instant now, long at) {}

    private DeadlineRounds(
            SetsDeadlines rule,
            Projection<E> projection,
            EventApplication<E> application,
            RunnerContext context,
            CulpritSearch.Pause pause,
            PartitionProgress progress) {
        this.rule = rule;
        this.projection = projection;
        this.application = application;
        this.context = context;
        this.pause = pause;
        this.progress = progress;
        this.counts = progress.counts();
        ProjectionPartition partition = application.lease().partition();
        this.slots = DeadlineSlots.of(partition, projection.partitions());
        this.decisions = new FailureDecisions(projection, partition, "execute the deadline of the event");
        this.lookAt = context.nanoTime().getAsLong();
    }

    /** The rounds of a projection; empty if it sets no deadlines. */
    static <E extends Event> Optional<DeadlineRounds<E>> of(
            Projection<E> projection,
            EventApplication<E> application,
            RunnerContext context,
            CulpritSearch.Pause pause,
            PartitionProgress progress) {
        return projection instanceof SetsDeadlines rule
                ? Optional.of(new DeadlineRounds<>(rule, projection, application, context, pause, progress))
                : Optional.empty();
    }

    /** How long until the next check of the store; the longest possible time while a round waits for the log. */
    long nanosUntilLook() {
        return open != null ? Long.MAX_VALUE : Math.max(0, lookAt - now());
    }

    private long now() {
        return context.nanoTime().getAsLong();
    }

    /**
     * Begins a round if a deadline is due. Call this before reading a page of the log.
     *
     * @param reached how far the log was processed
     * @throws EventStoreUnavailableException if the log no longer reaches that far
     */
    void look(GlobalPosition reached) {
        application.takeFirstSet().ifPresent(this::lookWhenDue);
        boolean wanted = progress.takeDeadlineLook();
        if (open != null || (!wanted && lookAt - now() > 0)) {
            return;
        }
        DeadlineLook look = context.store().nextDeadline(slots);
        long at = now();
        known = new Known(look.now(), at);
        lookAt = at + context.settings().lookEvery().toNanos();
        if (look.isDue()) {
            // After reading the clock: everything committed before that time is within this end.
            GlobalPosition end = context.reader().lastPosition();
            if (end.compareTo(reached) < 0) {
                // The log was set back: an event that calls the deadline off may now be at a position that the reaction
                // has already passed.
                throw EventStoreUnavailableException.logEndsBefore(reached, end);
            }
            open = new Round(look.now(), end);
        } else {
            look.next().ifPresent(this::lookWhenDue);
        }
    }

    /**
     * Ends an open round. Deadlines that were due before it have become pending, and an event that calls one of them
     * off may come after the end of the log that the round knows.
     */
    void endRound() {
        open = null;
        lookAt = now();
    }

    /**
     * Moves the next check of the store to the time at which this deadline falls due, by what is known of the store's
     * clock.
     */
    private void lookWhenDue(Instant dueAt) {
        Known clock = known;
        if (clock != null) {
            Duration after = Duration.between(clock.now(), dueAt);
            long soonest = after.compareTo(context.settings().lookEvery()) < 0 ? after.toNanos() : Long.MAX_VALUE / 4;
            lookAt = Math.min(lookAt, clock.at() + Math.max(0, soonest));
        }
    }

    /**
     * Executes the due deadlines of the open round, if the log was processed as far as the round needs.
     *
     * @param reached how far the log was processed
     * @return whether there was something to execute
     * @throws LeaseLostException if another instance runs the partition now
     * @throws ProjectionFailedException if the projection stops at a deadline
     */
    boolean run(GlobalPosition reached) {
        Round round = open;
        if (round == null || reached.compareTo(round.end()) < 0) {
            return false;
        }
        open = null;
        int most = Math.max(1, Math.min(MOST, rule.maxPerSecond() / 4));
        List<PendingDeadline> due = new ArrayList<>(context.store().dueDeadlines(slots, round.asOf(), most));
        // Set meanwhile, for a time that had passed: an event that calls it off may not be processed yet.
        due.removeIf(deadline -> deadline.position().compareTo(round.end()) > 0);
        // Check again at once: more may be due, commands may set new ones, and the next one may have been called off.
        lookAt = now();
        if (due.isEmpty()) {
            return false;
        }
        execute(due);
        return true;
    }

    private void execute(List<PendingDeadline> due) {
        long begin = now();
        List<DeadlineChange> done = new ArrayList<>();
        int executed;
        try {
            executed = execute(due, begin, done);
        } catch (Throwable failure) {
            commitAfter(failure, done);
            throw failure;
        }
        commit(done);
        long least = executed * (Duration.ofSeconds(1).toNanos() / rule.maxPerSecond());
        long left = least - (now() - begin);
        if (left > 0) {
            pause.waitFor(left);
        }
    }

    /**
     * Executes one after the other while there is time.
     *
     * @param done receives what became of them
     * @return how many were executed, discarded or parked
     */
    private int execute(List<PendingDeadline> due, long begin, List<DeadlineChange> done) {
        DeadlineEvents<E> events = new DeadlineEvents<>(context.reader(), projection);
        int executed = 0;
        while (executed < due.size() && application.mayGoOn() && now() - begin < LONGEST.toNanos()) {
            List<PendingDeadline> left = due.subList(executed, due.size());
            LogEntry<E> entry = events.ofFirst(left).orElseThrow(() -> lost(left.get(0)));
            if (!execute(left.get(0), entry, done)) {
                break;
            }
            executed++;
        }
        return executed;
    }

    private LogWentBackwardsException lost(PendingDeadline deadline) {
        return new LogWentBackwardsException(
                application.lease().partition(),
                application.checkpoint(),
                "event %s at position %s, which has set a deadline, is not there any more"
                        .formatted(deadline.eventId(), deadline.position()));
    }

    /** Executes one; false if the round is over, because the deadline will be tried again. */
    private boolean execute(PendingDeadline deadline, LogEntry<E> entry, List<DeadlineChange> done) {
        ParkedIds parked = application.parked();
        parked.lookFor(Set.of(entry.streamId()));
        if (parked.contains(entry.streamId())) {
            // An event that calls it off may wait there.
            done.add(new DeadlineChange.Parked(deadline, STREAM_WAITS));
            return true;
        }
        try {
            entry.execute(deadline.part(), rule);
        } catch (LogEntry.NotDecodedException e) {
            throw e;
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            return settle(deadline, entry, e, done);
        }
        done.add(new DeadlineChange.Done(deadline));
        counts.executedDeadline();
        recovered();
        return true;
    }

    private boolean settle(PendingDeadline deadline, LogEntry<E> entry, Throwable cause, List<DeadlineChange> done) {
        PendingDeadline before = failing;
        failures = before != null && before.isSameAs(deadline) ? failures + 1 : 1;
        failing = deadline;
        FailureDecision decision = decisions.about(entry, cause, failures);
        counts.failed(FailureDecisions.describe(entry, cause));
        switch (decision) {
            case RETRY -> {
                // Do not wait here: an event may call the deadline off meanwhile.
                commit(done);
                pause.waitFor(context.settings().retryNanos(failures));
                return false;
            }
            case FAIL -> throw new ProjectionFailedException(FailureDecisions.describe(entry, cause), cause);
            case PARK ->
                done.add(new DeadlineChange.Parked(deadline, cause.getClass().getName()));
            case SKIP -> {
                done.add(new DeadlineChange.Done(deadline));
                counts.skipped();
            }
        }
        recovered();
        return true;
    }

    private void commit(List<DeadlineChange> done) {
        if (!done.isEmpty()) {
            application.commit(done);
            done.clear();
        }
    }

    /**
     * Commits what was done; the caller rethrows the failure. If this fails too, or never runs, the command ids show
     * what was executed.
     */
    private void commitAfter(Throwable failure, List<DeadlineChange> done) {
        try {
            commit(done);
        } catch (Throwable e) {
            if (e != failure) {
                failure.addSuppressed(e);
            }
        }
    }

    private void recovered() {
        failing = null;
        counts.recovered();
    }
}
