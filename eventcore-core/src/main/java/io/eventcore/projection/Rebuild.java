package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.SetsDeadlines;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Takes a projection from the instance that runs it, empties its read model and sets it back to the first event.
 *
 * <p>If the read model is not part of the transaction, it is emptied after the checkpoints were set back: through
 * crashes in between, every event comes again, and none is lost.
 *
 * @param inTransaction runs steps together in one transaction
 * @param keep renews a lease until {@code giveBack}
 * @param giveBack stops renewing the lease and gives it back, now or soon; must not fail
 */
record Rebuild(
        Projection<?> projection,
        ProjectionStore store,
        TransactionOperations inTransaction,
        RunnerSettings settings,
        Consumer<Lease> keep,
        Consumer<Lease> giveBack) {
    private static final Logger LOG = LoggerFactory.getLogger(Rebuild.class);

    /** How often to take the partitions again if another instance has changed their number meanwhile. */
    private static final int ROUNDS = 10;

    private static final List<ParkedChange> ALL_RELEASED = List.of(new ParkedChange.AllReleased());

    /** A partition to set back, how many there are, and the current checkpoint. */
    private record SetBack(Lease lease, int partitions, Checkpoint from) {}

    /** @param owner the owner that takes the leases */
    void run(String owner) {
        Set<Lease> taken = new HashSet<>();
        try {
            List<SetBack> setBacks = takeAll(owner, taken);
            if (projection.mode() == ProjectionMode.TRANSACTIONAL) {
                inTransaction.executeWithoutResult(status -> {
                    projection.clear();
                    // A JPA session has delayed its statements until now. If they ran under the locks that come next,
                    // no lease could be renewed meanwhile.
                    status.flush();
                    setBacks.forEach(setBack -> move(setBack.lease, setBack.from, Checkpoint.START, ALL_RELEASED));
                });
            } else {
                setBackThenClear(setBacks);
            }
            store.clearFailures(projection.name());
        } finally {
            taken.forEach(giveBack);
        }
        LOG.info("Rebuilding projection '{}'", label());
    }

    /**
     * Takes the leases of all existing partitions. Their number may differ from the one that the projection declares,
     * and may have changed a moment ago. Only the holder of all leases can divide the projection, so once this holds
     * all of them, no other instance can.
     *
     * @param taken receives every lease that was taken
     */
    private List<SetBack> takeAll(String owner, Set<Lease> taken) {
        for (int round = 0; round < ROUNDS; round++) {
            List<PartitionState> states = store.partitions(projection.name()).stream()
                    .filter(state -> state.partition().version() == projection.version())
                    .toList();
            List<SetBack> held = new ArrayList<>();
            for (PartitionState state : states) {
                taken.stream()
                        .filter(lease -> lease.partition().equals(state.partition()) && state.isHeldBy(lease))
                        .forEach(lease -> held.add(new SetBack(lease, state.partitions(), state.checkpoint())));
            }
            if (held.size() == states.size()) {
                return held;
            }
            states.forEach(state -> take(state.partition(), owner, taken));
        }
        throw new IllegalStateException("Projection '" + label()
                + "' is being reset, or its number of partitions changed, by another instance; nothing was done,"
                + " reset it again");
    }

    private void take(ProjectionPartition partition, String owner, Set<Lease> taken) {
        try {
            Lease lease = store.seize(partition, owner, settings.lease());
            taken.add(lease);
            keep.accept(lease);
        } catch (IllegalArgumentException notRegisteredAnyMore) {
            // The number of partitions has changed since it was read. The next round notices.
            LOG.debug("Partition '{}' no longer exists", partition, OwnThreads.redacted(notRegisteredAnyMore));
        }
    }

    /**
     * Parked streams stay parked until the read model is empty. If the projection continues before that, nothing is
     * lost, because the events that come again wait again.
     */
    private void setBackThenClear(List<SetBack> setBacks) {
        inTransaction.executeWithoutResult(status -> setBacks.forEach(this::setBack));
        try {
            projection.clear();
        } catch (UnsupportedOperationException cannotBeCleared) {
            inTransaction.executeWithoutResult(status ->
                    setBacks.forEach(setBack -> move(setBack.lease, Checkpoint.START, setBack.from, List.of())));
            throw cannotBeCleared;
        }
        inTransaction.executeWithoutResult(status ->
                setBacks.forEach(setBack -> move(setBack.lease, Checkpoint.START, Checkpoint.START, ALL_RELEASED)));
    }

    /**
     * The events that come again, from the first on, set their deadlines again. So this removes the deadlines of this
     * partition only: the next partition may never be set back, and then its events do not come again.
     */
    private void setBack(SetBack one) {
        if (!(projection instanceof SetsDeadlines)) {
            move(one.lease, one.from, Checkpoint.START, List.of());
            return;
        }
        DeadlineSlots slots = DeadlineSlots.of(one.lease.partition(), one.partitions);
        List<DeadlineChange> forgotten = List.of(new DeadlineChange.AllForgotten(slots));
        if (!store.advance(one.lease, one.from, Checkpoint.START, List.of(), forgotten)) {
            throw overtaken(one.lease);
        }
    }

    private void move(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
        if (!store.advance(lease, from, to, parked)) {
            throw overtaken(lease);
        }
    }

    private static IllegalStateException overtaken(Lease lease) {
        return new IllegalStateException("Projection '" + lease.partition()
                + "' was taken over by another instance during the reset, and is only partly reset; reset it again");
    }

    private String label() {
        return ProjectionPartition.label(projection.name(), projection.version());
    }
}
