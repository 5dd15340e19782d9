package io.eventcore.micrometer;

import io.eventcore.AppendListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * Measures how many appends share a transaction: {@value #BATCH}, one value for each transaction of a group commit.
 * Also counts the outcomes of appends whose boundary had moved because new events carry its tags: {@value #MOVED}, by
 * the name of the tag. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class AppendMetrics implements AppendListener {
    /** The name of the distribution of appends in a transaction. */
    public static final String BATCH = "eventcore.append.batch";

    /**
     * The name of the counter of boundaries that had moved. Its tag {@code tag} is the name of a tag, never a value, or
     * {@value #STREAM}, or {@value #OTHERS} after 100 names; its tag {@code outcome} is {@code saved}, {@code found} or
     * {@code refused}: see {@link AppendListener.MovedBoundary}.
     */
    public static final String MOVED = "eventcore.append.boundary.moved";

    /** Stands for all streams; no tag has this name. */
    public static final String STREAM = "(stream)";

    /** Stands for all names beyond the first 100. No tag has this name. */
    public static final String OTHERS = "(others)";

    private static final int MAX_NAMES = 100;

    private final MeterRegistry meters;
    private final DistributionSummary batch;
    private final Set<String> names = new HashSet<>();

    /** Measures into this registry. */
    public AppendMetrics(MeterRegistry meters) {
        this.meters = Objects.requireNonNull(meters, "meters");
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

    @Override
    public void boundaryMoved(String tagName, MovedBoundary what) {
        Counter.builder(MOVED)
                .description("Outcomes of appends whose boundary had moved because new events carry its tags")
                .tag("tag", tagName.isEmpty() ? STREAM : bounded(tagName))
                .tag("outcome", what.name().toLowerCase(Locale.ROOT))
                .register(meters)
                .increment();
    }

    private synchronized String bounded(String tagName) {
        if (names.contains(tagName)) {
            return tagName;
        }
        return names.size() < MAX_NAMES && names.add(tagName) ? tagName : OTHERS;
    }
}
