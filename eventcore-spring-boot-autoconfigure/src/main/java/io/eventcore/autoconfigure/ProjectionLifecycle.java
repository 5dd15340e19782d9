package io.eventcore.autoconfigure;

import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionTransactionException;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the projections before the application accepts requests, and stops them after the last request was answered: a
 * request may wait for a projection. Their dependencies, above all the data source, are closed later.
 */
class ProjectionLifecycle implements SmartLifecycle {
    /** Before Boot's web servers, which begin at {@code DEFAULT_PHASE - 2048}. */
    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 4096;

    private final ProjectionRunner runner;
    private final TransactionManagers transactionManagers;
    private final Runnable checkOfPool;
    private final boolean enabled;

    ProjectionLifecycle(
            ProjectionRunner runner, TransactionManagers transactionManagers, Runnable checkOfPool, boolean enabled) {
        this.runner = runner;
        this.transactionManagers = transactionManagers;
        this.checkOfPool = checkOfPool;
        this.enabled = enabled;
    }

    @Override
    public void start() {
        if (runner.names().isEmpty()) {
            return;
        }
        checkOfPool.run();
        try {
            runner.start();
        } catch (ProjectionTransactionException e) {
            throw new NoTransactionManagerException(
                    transactionManagers.described(),
                    transactionManagers.eventDataSourceName().orElse("the event store"),
                    e);
        }
    }

    @Override
    public void stop() {
        runner.stop();
    }

    @Override
    public boolean isRunning() {
        return runner.isRunning();
    }

    @Override
    public boolean isAutoStartup() {
        return enabled;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
