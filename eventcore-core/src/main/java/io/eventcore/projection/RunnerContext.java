package io.eventcore.projection;

import io.eventcore.EventReader;
import java.util.function.LongSupplier;
import org.springframework.transaction.support.TransactionOperations;

/**
 * What all workers of a runner share.
 *
 * @param owner the prefix of the names of this runner's lease owners
 * @param tail what has caught up follows it
 * @param pages the pages that workers which catch up have read
 * @param returns gives leases back
 * @param looks what the store says about projections
 * @param versions which versions queries read
 * @param requests what operators have asked for about parked streams
 * @param inTransaction runs what transactional projections do
 * @param nanoTime a clock that never goes back
 * @param progress told whenever a worker has come further or its state has changed
 * @param listener is told about every batch
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
