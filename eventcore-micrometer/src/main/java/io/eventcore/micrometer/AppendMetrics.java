package io.eventcore.micrometer;

import io.eventcore.AppendListener;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Measures how many appends share a transaction: {@value #BATCH}, one value for each transaction of a group commit. Safe
 * for any number of threads.
 *
 * @since 0.1
 */
public final class AppendMetrics implements AppendListener {
    /** The name of the distribution of appends in a transaction. */
    public static final String BATCH = "eventcore.append.batch";

    private final DistributionSummary batch;

    /** Measures into this registry. */
    public AppendMetrics(MeterRegistry meters) {
        this.batch = DistributionSummary.builder(BATCH)
                .description("How many appends share a transaction")
                .baseUnit("appends")
                .register(meters);
    }

    @Override
    public void eventsCommitted() {
        // Appends are observed where they are called.
    }

    @Override
    public void groupDecided(int appends, int events) {
        batch.record(appends);
    }
}
