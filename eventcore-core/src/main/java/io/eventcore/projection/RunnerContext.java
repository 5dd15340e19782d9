package io.eventcore.projection;

import io.eventcore.EventReader;
import java.util.function.LongSupplier;
import org.springframework.transaction.support.TransactionOperations;

/**
 * What all workers of a runner share.
 *
 * @param owner the prefix of the names of this runner's lease owners
 * @param tail the shared reader of the end of the log, for workers that have caught up
 * @param pages the pages that workers have read while they catch up
 * @param returns gives leases back
 * @param looks what the store says about projections
 * @param versions which versions queries read
 * @param requests what operators have requested for parked streams
 * @param inTransaction runs the work of transactional projections
 * @param nanoTime a clock that never goes back
 * @param progress hears when a worker has come further or its state has changed
 * @param listener hears of every batch
 */
record RunnerContext(
        String owner,
        EventReader reader,
        ProjectionStore store,
        LogTail tail,
        SharedPages pages,
        LeaseReturns returns,
        StoreLooks looks,
        ActiveVersions versions,
        ParkedRequests requests,
        TransactionOperations inTransaction,
        RunnerSettings settings,
        LongSupplier nanoTime,
        ProgressMonitor progress,
        ProjectionListener listener) {

    TransactionOperations transaction(Projection<?> projection) {
        return projection.mode() == ProjectionMode.TRANSACTIONAL
                ? inTransaction
                : TransactionOperations.withoutTransaction();
    }
}
