package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.UndecodedBatch;
import io.eventcore.UndecodedEvent;
import io.eventcore.internal.OwnThreads;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one partition of a projection: waits for the lease, catches up from the checkpoint, follows the end of the log,
 * and begins again whenever something got in the way.
 *
 * <p>{@link #run} belongs to one thread; everything else may be called by any.
 */
final class PartitionWorker<E extends Event> implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionWorker.class);

    /** How much of the log is read at once at least: small pages waste most of their time on the way. */
    private static final int READ_AHEAD = 500;

    private final Projection<E> projection;
    private final ProjectionPartition partition;
    private final String owner;
    private final RunnerContext context;
    private final Gate gate;
    private final LogScan<E> scan;
    private final Predicate<UndecodedEvent> wanted;
    private final Bell bell = new Bell();
    private final ProjectionCounts counts;
    private final List<PartitionWorker<?>> behind = new CopyOnWriteArrayList<>();

    private volatile boolean stopped;
    private volatile boolean paused;
    private volatile boolean free = true;
    private volatile boolean caughtUp;
    private volatile boolean troubled;
    private volatile boolean ended;
    private volatile long resumes;
    private volatile long failedAtResumes = -1;
    private volatile String trouble = "";
    private volatile @Nullable Holding holding;
    private volatile GlobalPosition position = GlobalPosition.START;
    private volatile long steppedAt;
    private volatile long observedAt;

    private boolean following;
    private int troublesSeen;
    private int troublesInARow;
    private long savedAt;
    private long verifiedAt;
    private long requestsReadAt;
    private long askedAt;

    /** A lease in our hands. */
    private static final class Holding {
        private final Lease lease;
        private volatile long goodUntil;
        private volatile boolean lost;

        private Holding(Lease lease, long goodUntil) {
            this.lease = lease;
            this.goodUntil = goodUntil;
        }
    }

    /** @param owner who takes the leases; of no other worker of the partition */
    PartitionWorker(
            Projection<E> projection, ProjectionPartition partition, String owner, RunnerContext context, Gate gate) {
        this.projection = projection;
        this.partition = partition;
        this.owner = owner;
        this.context = context;
        this.gate = gate;
        this.scan = LogScan.of(context.reader(), projection);
        this.wanted = wanted(projection, context.reader());
        this.counts = new ProjectionCounts(context.nanoTime());
        this.steppedAt = context.nanoTime().getAsLong();
        this.observedAt = steppedAt;
        this.askedAt = steppedAt;
    }

    ProjectionPartition partition() {
        return partition;
    }

    /** What a status calls it. */
    String label() {
        return ProjectionPartition.label(partition.projection(), partition.version());
    }

    /** Whether it may run at all at present. */
    boolean isOpen() {
        return gate.isOpen();
    }

    /** Wakes another worker, whose gate depends on this one, whenever this one has come further. */
    void wake(PartitionWorker<?> follower) {
        behind.add(follower);
    }

    /** Something has changed that this worker may wait for. */
    void ring() {
        bell.ring();
    }

    ProjectionCounts counts() {
        return counts;
    }

    /** How far it has come, while it runs here. */
    GlobalPosition position() {
        return position;
    }

    /** Whether it runs here, so that {@link #position} is the newest. */
    boolean runsHere() {
        Holding held = holding;
        return held != null && !held.lost;
    }

    ProjectionState state() {
        if (ended) {
            return ProjectionState.STOPPED;
        }
        if (hasFailed()) {
            return ProjectionState.FAILED;
        }
        if (runsHere()) {
            return counts.isFailing()
                    ? ProjectionState.RETRYING
                    : caughtUp ? ProjectionState.LIVE : ProjectionState.CATCHING_UP;
        }
        return paused ? ProjectionState.PAUSED : troubled ? ProjectionState.RETRYING : ProjectionState.STANDBY;
    }

    /**
     * How long no step was made that this instance has to make, with a log that ends at a position; zero if it has to
     * make none.
     */
    Duration standstill(GlobalPosition last) {
        return last.compareTo(position) <= 0 ? Duration.ZERO : withoutStep();
    }

    /**
     * How long no step was made that this instance has to make: neither forward, nor to the finding that there is nothing
     * to do, which takes no longer than a pause of the worker. Zero if it has to make none. Asks no database.
     */
    Duration withoutStep() {
        if (stopped || paused || hasFailed() || !gate.isOpen()) {
            return Duration.ZERO;
        }
        // Another instance is in charge as long as the store was asked and has said so.
        long since =
                runsHere() || free ? lastStepAt() + context.settings().pollMax().toNanos() : observedAt;
        long expected = context.settings().lookEvery().toNanos();
        return Duration.ofNanos(Math.max(0, context.nanoTime().getAsLong() - since - expected));
    }

    /** A page may take long; what is committed of it is a step. */
    private long lastStepAt() {
        long committedAt = counts.committedAt();
        return committedAt - steppedAt > 0 ? committedAt : steppedAt;
    }

    /** Why it last could not go on, without any payload; empty if it always could. */
    String lastFailure() {
        return trouble.isEmpty() ? counts.lastFailure() : trouble;
    }

    private boolean hasFailed() {
        return failedAtResumes >= 0 && failedAtResumes == resumes;
    }

    /** Finish what was begun, give the lease back, and end. */
    void stop() {
        stopped = true;
        bell.ring();
    }

    /** The lease for the keeper to renew; not one that is known to be lost, though this thread has yet to notice. */
    Optional<Lease> lease() {
        Holding held = holding;
        return held == null || held.lost ? Optional.empty() : Optional.of(held.lease);
    }

    /** A lease of ours is good until this time of the monotonic clock. */
    void renewed(Lease lease, long goodUntil) {
        Holding held = holding;
        if (held != null && held.lease.equals(lease)) {
            held.goodUntil = goodUntil;
        }
    }

    /**
     * Takes note of what the store says.
     *
     * @param state the state of the partition; empty if the store does not know it, for the projection is divided into
     *     another number of partitions
     * @param before the lease we held before the store was asked, so that one taken meanwhile is not thought lost
     */
    void observe(Optional<PartitionState> state, Optional<Lease> before) {
        Optional<PartitionState> ours = state.filter(found -> found.partitions() == projection.partitions());
        Holding held = holding;
        boolean lost = held != null
                && before.equals(Optional.of(held.lease))
                && !ours.map(found -> found.isHeldBy(held.lease)).orElse(false);
        if (held != null && lost) {
            held.lost = true;
        }
        // A lease that the store says is ours, and that we do not know of, was taken without an answer or could not be
        // given back: it is ours to take again.
        boolean nowFree = ours.map(
                        found -> found.free() || (held == null && found.owner().equals(owner)))
                .orElse(false);
        boolean freed = nowFree && !free;
        boolean changed = lost || freed;
        free = nowFree;
        if (state.isPresent()) {
            changed |= state.get().paused() != paused || state.get().resumes() != resumes;
            paused = state.get().paused();
            resumes = state.get().resumes();
        }
        if (held == null && ours.isPresent()) {
            position = ours.get().checkpoint().position();
        }
        observedAt = context.nanoTime().getAsLong();
        if (held == null && !nowFree) {
            standsBy();
        } else if (paused || hasFailed() || !gate.isOpen()) {
            steppedAt = observedAt;
        }
        if (changed) {
            bell.ring();
            context.progress().turn();
        }
    }

    /** Another instance goes on, and this one has to make no step. */
    private void standsBy() {
        steppedAt = observedAt;
        counts.standsBy();
        troubled = false;
    }

    @Override
    public void run() {
        while (!stopped) {
            // What code of the user has left behind; it would make the next statement fail.
            Thread.interrupted();
            runOnce();
        }
        ended = true;
        context.progress().turn();
    }

    private void runOnce() {
        try {
            Holding turn = awaitTurn();
            if (turn != null) {
                runUnder(turn);
            }
        } catch (LeaseLostException lost) {
            LOG.info("{}; another instance goes on", lost.getMessage());
        } catch (ProjectionFailedException | LogWentBackwardsException failed) {
            fail(failed);
        } catch (Throwable e) {
            pauseAfter(e);
        } finally {
            giveBack();
        }
    }

    /** The lease, or null if it is not our turn yet. */
    private @Nullable Holding awaitTurn() {
        long before = context.nanoTime().getAsLong();
        // The store may call a lease good that runs out at a time that nobody can have meant; it is given away if asked
        // for.
        boolean asks = free || before - askedAt > context.settings().lease().toNanos();
        if (!paused && asks && !hasFailed() && gate.isOpen()) {
            askedAt = before;
            Optional<Lease> lease = context.store()
                    .acquire(
                            partition,
                            projection.partitions(),
                            owner,
                            context.settings().lease());
            if (lease.isPresent()) {
                Holding taken = new Holding(
                        lease.get(), before + context.settings().lease().toNanos());
                holding = taken;
                return taken;
            }
            free = false;
        }
        bell.awaitMillis(context.settings().lookEvery().toMillis());
        return null;
    }

    private void giveBack() {
        leaveTail();
        Holding held = holding;
        if (held == null) {
            return;
        }
        holding = null;
        caughtUp = false;
        context.returns().giveBack(held.lease);
        context.progress().turn();
    }

    /** Gives the lease back in the place of a thread that never will. */
    void abandon() {
        Holding held = holding;
        if (held != null) {
            held.lost = true;
            context.returns().giveBack(held.lease);
        }
    }

    private boolean mayGoOn(Holding held) {
        return !stopped && !paused && gate.isOpen() && isGood(held);
    }

    private boolean isGood(Holding held) {
        return !held.lost && held.goodUntil - context.nanoTime().getAsLong() > 0;
    }

    private void runUnder(Holding held) {
        EventApplication<E> application = new EventApplication<>(
                projection,
                context,
                held.lease,
                () -> mayGoOn(held),
                nanos -> bell.pause(nanos, () -> mayGoOn(held)),
                counts);
        Checkpoint reached = application.checkpoint();
        position = reached.position();
        troublesSeen = context.tail().troubles();
        verify(application, reached);
        counts.recovered();
        LOG.debug("Projection '{}' runs here, from position {}", partition, reached.position());
        while (mayGoOn(held)) {
            reached = step(application, reached);
        }
        if (isGood(held) && !reached.equals(application.checkpoint())) {
            application.moveTo(reached);
        }
        if (!isGood(held)) {
            LOG.info("The lease of projection '{}' ran out or was taken; another instance goes on", partition);
        }
    }

    /** Deals with one page; returns how far that went, which may be further than what is committed. */
    private Checkpoint step(EventApplication<E> application, Checkpoint reached) {
        verifyIfDue(application, reached);
        answerRequests(application);
        LogPage<E> page = nextPage(application, reached).upTo(gate.limit(), reached.position());
        List<LogEntry<E>> own = own(page.entries());
        Checkpoint next = reached;
        if (!own.isEmpty()) {
            counts.waitingSince(own.get(0).recordedAt().orElse(null));
            int done = application.apply(own);
            next = done == 0 ? reached : application.checkpoint();
            if (done < own.size()) {
                moved(reached, next);
                return next;
            }
        }
        stepped();
        counts.waitingSince(null);
        if (next.position().compareTo(page.continueAfter()) < 0) {
            next = next.movedTo(page.continueAfter());
        }
        moved(reached, next);
        if (page.endReached()) {
            atTheEnd(application, next, own.isEmpty() && next.equals(reached));
        }
        return next;
    }

    private void moved(Checkpoint from, Checkpoint to) {
        if (!from.equals(to)) {
            position = to.position();
            steppedAt = context.nanoTime().getAsLong();
            settledTrouble();
            counts.moved(to.position().value() - from.position().value());
            context.progress().turn();
            behind.forEach(PartitionWorker::ring);
        }
    }

    /** A page was dealt with; where it came from the shared reader, it is as old as what that one has last read. */
    private void stepped() {
        long at = following ? context.tail().readAt() : context.nanoTime().getAsLong();
        if (at - steppedAt > 0) {
            steppedAt = at;
        }
    }

    /** Nothing is left to do: saves how far the log is known to hold nothing of interest, and waits. */
    private void atTheEnd(EventApplication<E> application, Checkpoint reached, boolean idle) {
        settledTrouble();
        if (!caughtUp) {
            caughtUp = true;
            context.progress().turn();
        }
        boolean unsaved = !reached.equals(application.checkpoint());
        long now = context.nanoTime().getAsLong();
        long untilSave = savedAt + RunnerSettings.SAVE_EVERY.toNanos() - now;
        if (unsaved && untilSave <= 0) {
            application.moveTo(reached);
            savedAt = now;
            unsaved = false;
        }
        if (idle) {
            long look = context.settings().lookEvery().toNanos();
            bell.await(unsaved ? Math.min(untilSave, look) : look);
        }
    }

    private List<LogEntry<E>> own(List<LogEntry<E>> entries) {
        return StreamPartitioner.ofPartition(entries, partition.number(), projection.partitions());
    }

    private LogPage<E> nextPage(EventApplication<E> application, Checkpoint reached) {
        GlobalPosition after = reached.position();
        int limit = Math.max(READ_AHEAD, context.settings().batchSize());
        if (following) {
            Optional<UndecodedBatch> shared = context.tail().after(bell, after, limit);
            if (shared.isPresent()) {
                return LogPage.of(shared.get(), wanted, projection.eventType());
            }
            leaveTail();
            caughtUp = false;
            // What is read now may be another log: once something of it is applied, that cannot be seen any more.
            verifyIfDue(application, reached);
        }
        LogPage<E> page = scan.read(after, limit);
        if (page.endReached()) {
            context.tail().join(bell, page.continueAfter());
            following = true;
        }
        return page;
    }

    private void leaveTail() {
        if (following) {
            context.tail().leave(bell);
            following = false;
        }
    }

    /** What a projection wants of events that were read for all. */
    private static Predicate<UndecodedEvent> wanted(Projection<?> projection, EventReader reader) {
        Instant since = projection.since();
        return reader.matching(projection.filter()).and(event -> LogScan.isNew(event, since));
    }

    private void verifyIfDue(EventApplication<E> application, Checkpoint reached) {
        int troubles = context.tail().troubles();
        boolean due = context.nanoTime().getAsLong() - verifiedAt > RunnerSettings.VERIFY_EVERY.toNanos();
        if (due || troubles != troublesSeen) {
            troublesSeen = troubles;
            verify(application, reached);
        }
    }

    /**
     * Whether the log still holds what we have seen. If not, the checkpoint may have been set back with it: then nothing
     * is lost that was applied, and the projection begins again from there.
     */
    private void verify(EventApplication<E> application, Checkpoint reached) {
        Optional<String> loss = lossSince(reached);
        if (loss.isPresent()) {
            // The read model of a transactional projection is as old as the row beside it; of another one it is not.
            Checkpoint applied = projection.mode() == ProjectionMode.TRANSACTIONAL
                    ? context.store().checkpoint(partition)
                    : application.checkpoint();
            Optional<String> applies = applied.equals(reached) ? loss : lossSince(applied);
            if (applies.isPresent()) {
                throw new LogWentBackwardsException(partition, applied, applies.get());
            }
            throw new SetBackTogetherException(partition, applied);
        }
        verifiedAt = context.nanoTime().getAsLong();
    }

    /** What shows that the log is not the one in which a checkpoint was reached; empty if it is. */
    private Optional<String> lossSince(Checkpoint reached) {
        GlobalPosition last = context.reader().lastPosition();
        if (last.compareTo(reached.position()) < 0) {
            return Optional.of("it ends at position " + last);
        }
        if (reached.hasSeenEvent() && !holdsSeenEvent(reached)) {
            return Optional.of("event %s at position %s is not there any more"
                    .formatted(reached.seenEventId(), reached.seenPosition()));
        }
        return Optional.empty();
    }

    /** The log and the checkpoint were both set back to an earlier moment. */
    private static final class SetBackTogetherException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SetBackTogetherException(ProjectionPartition partition, Checkpoint applied) {
            super("The log was set back, and the checkpoint of projection '%s' with it, to position %s"
                    .formatted(partition, applied.position()));
        }
    }

    private boolean holdsSeenEvent(Checkpoint reached) {
        return LogScan.entryAt(context.reader(), reached.seenPosition())
                .filter(entry -> entry.holds(reached.seenEventId()))
                .isPresent();
    }

    private void answerRequests(EventApplication<E> application) {
        long now = context.nanoTime().getAsLong();
        if (!application.mayHaveParked()
                || now - requestsReadAt < context.settings().lookEvery().toNanos()) {
            return;
        }
        requestsReadAt = now;
        List<StreamId> requested = context.requests().of(partition);
        for (StreamId asked : requested) {
            ParkedStream stream = application.readParked(asked).orElse(null);
            if (stream == null) {
                continue;
            }
            if (stream.request() == ParkedStream.Request.DISCARD) {
                application.changeParked(new ParkedChange.Released(stream.streamId()));
                LOG.warn(
                        "Projection '{}' gives up {} events of the stream parked at position {}, as it was asked to",
                        partition,
                        stream.waiting(),
                        stream.position());
            } else if (stream.request() == ParkedStream.Request.RETRY) {
                drain(application, stream);
            }
        }
        if (!requested.isEmpty()) {
            application.haveReleased();
        }
    }

    /** Applies what waits in a parked stream, up to the checkpoint: what comes later was not passed over. */
    private void drain(EventApplication<E> application, ParkedStream stream) {
        EventFilter onlyThis = new EventFilter(
                StreamPattern.of(stream.streamId().value()), projection.filter().types());
        LogScan<E> waiting = new LogScan<>(context.reader(), onlyThis, projection.eventType(), projection.since());
        GlobalPosition after = GlobalPosition.of(stream.position().value() - 1);
        GlobalPosition end = application.checkpoint().position();
        ParkedStream left = stream;
        boolean more = true;
        while (more) {
            LogPage<E> page = waiting.read(after, READ_AHEAD);
            for (LogEntry<E> entry : page.entries()) {
                if (entry.position().compareTo(end) > 0) {
                    break;
                }
                Holding held = holding;
                if (held == null || !mayGoOn(held)) {
                    return;
                }
                Optional<ParkedStream> applied = application.applyParked(entry, left);
                if (applied.isEmpty()) {
                    return;
                }
                left = applied.get();
            }
            after = page.continueAfter();
            more = !page.endReached() && after.compareTo(end) < 0;
        }
        application.changeParked(new ParkedChange.Released(stream.streamId()));
        LOG.info("The stream that projection '{}' had parked at position {} goes on", partition, stream.position());
    }

    private void fail(RuntimeException failure) {
        String text = failure instanceof LogWentBackwardsException
                ? String.valueOf(failure.getMessage())
                : failure.getMessage()
                        + "; its onError returned FAIL, or threw: mend the cause and resume the projection,"
                        + " or let onError answer SKIP or PARK";
        LOG.error("Projection '{}' has stopped here: {}", partition, text);
        Holding held = holding;
        if (held != null) {
            try {
                context.store().recordFailure(held.lease, text.length() > 900 ? text.substring(0, 900) : text);
            } catch (RuntimeException e) {
                LOG.debug("The failure of projection '{}' could not be noted", partition, OwnThreads.redacted(e));
            }
        }
        trouble = text;
        failedAtResumes = resumes;
        context.progress().turn();
    }

    /** What has to be done before it can run has failed, and is not tried again until it is resumed once more than this. */
    void cannotBegin(String why, long resumesSoFar) {
        resumes = resumesSoFar;
        failedAtResumes = resumesSoFar;
        trouble = why;
        context.progress().turn();
    }

    private void pauseAfter(Throwable e) {
        giveBack();
        trouble = e.getClass().getName();
        troubled = true;
        context.progress().turn();
        if (troublesInARow++ == 0) {
            OwnThreads.tell(() -> LOG.warn(
                    "Projection '{}' was interrupted and begins again from its checkpoint",
                    partition,
                    OwnThreads.redacted(e)));
        }
        bell.pause(context.settings().troubleNanos(troublesInARow), () -> !stopped);
    }

    private void settledTrouble() {
        if (troublesInARow > 0 || !trouble.isEmpty()) {
            trouble = "";
            troubled = false;
            troublesInARow = 0;
        }
    }
}
