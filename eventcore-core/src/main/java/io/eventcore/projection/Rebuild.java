package io.eventcore.projection;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Takes a projection from whoever runs it, empties its read model and sets it back to the first event.
 *
 * @param how runs what belongs together in one transaction
 */
record Rebuild(Projection<?> projection, ProjectionStore store, TransactionOperations how, RunnerSettings settings) {
    private static final Logger LOG = LoggerFactory.getLogger(Rebuild.class);

    /** What takes a partition back to the first event. */
    private record SetBack(Lease lease, Checkpoint from, List<ParkedChange> released) {}

    /** @param owner whose leases are renewed for as long as it takes */
    void run(String owner) {
        List<Lease> leases = new ArrayList<>();
        try {
            // Of all partitions that there are, which may be another number than the projection declares.
            for (PartitionState state : store.partitions(projection.name())) {
                if (state.partition().version() == projection.version()) {
                    leases.add(store.seize(state.partition(), owner, settings.lease()));
                }
            }
            // Read before the transaction: a pool of one connection must be enough. The leases keep it as it is.
            List<SetBack> setBacks = leases.stream().map(this::setBack).toList();
            how.executeWithoutResult(status -> {
                projection.clear();
                setBacks.forEach(this::carryOut);
            });
            store.clearFailures(projection.name());
        } finally {
            leases.forEach(store::release);
        }
        LOG.info("Projection '{}' is built anew", ProjectionPartition.label(projection.name(), projection.version()));
    }

    private SetBack setBack(Lease lease) {
        List<ParkedChange> released = new ArrayList<>();
        for (ParkedStream stream : store.parkedStreams(lease.partition())) {
            released.add(new ParkedChange.Released(stream.streamId()));
        }
        return new SetBack(lease, store.checkpoint(lease.partition()), released);
    }

    private void carryOut(SetBack setBack) {
        if (!store.advance(setBack.lease(), setBack.from(), Checkpoint.START, setBack.released())) {
            throw new IllegalStateException("Projection '" + setBack.lease().partition()
                    + "' was taken over while it was reset; nothing was done, reset it again");
        }
    }
}
