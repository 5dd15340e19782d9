package io.eventcore.projection;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Takes a projection from the instance that runs it, empties its read model and sets it back to the first event.
 *
 * @param how runs what belongs together in one transaction
 * @param keep sees to it that a lease is renewed for as long as it takes
 * @param giveBack ends that and gives the lease back, now or soon; must not fail
 */
record Rebuild(
        Projection<?> projection,
        ProjectionStore store,
        TransactionOperations how,
        RunnerSettings settings,
        Consumer<Lease> keep,
        Consumer<Lease> giveBack) {
    private static final Logger LOG = LoggerFactory.getLogger(Rebuild.class);

    /** What takes a partition back to the first event. */
    private record SetBack(Lease lease, Checkpoint from) {}

    /** @param owner who takes the leases */
    void run(String owner) {
        List<Lease> leases = new ArrayList<>();
        try {
            // Of all partitions that there are, which may be another number than the projection declares.
            for (PartitionState state : store.partitions(projection.name())) {
                if (state.partition().version() == projection.version()) {
                    Lease lease = store.seize(state.partition(), owner, settings.lease());
                    keep.accept(lease);
                    leases.add(lease);
                }
            }
            // Read before the transaction: a pool of one connection must be enough. The leases keep it as it is.
            List<SetBack> setBacks = leases.stream()
                    .map(lease -> new SetBack(lease, store.checkpoint(lease.partition())))
                    .toList();
            how.executeWithoutResult(status -> {
                projection.clear();
                setBacks.forEach(this::carryOut);
            });
            store.clearFailures(projection.name());
        } finally {
            leases.forEach(giveBack);
        }
        LOG.info("Projection '{}' is built anew", ProjectionPartition.label(projection.name(), projection.version()));
    }

    private void carryOut(SetBack setBack) {
        List<ParkedChange> released = List.of(new ParkedChange.AllReleased());
        if (!store.advance(setBack.lease(), setBack.from(), Checkpoint.START, released)) {
            throw new IllegalStateException("Projection '" + setBack.lease().partition()
                    + "' was taken over while it was reset; nothing was done, reset it again");
        }
    }
}
