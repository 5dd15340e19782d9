package io.eventcore.micrometer;

import io.eventcore.serialization.UnknownTypeListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the events that reads have skipped because their type is unknown: {@value #SKIPPED} with the tag {@code type},
 * the stored name; {@value #OTHERS} for all names beyond the first 100, to limit the number of meters. Safe for any
 * number of threads.
 *
 * @since 0.1
 */
public final class UnknownTypeMetrics implements UnknownTypeListener {
    /** The name of the counter. */
    public static final String SKIPPED = "eventcore.events.skipped";

    /** The tag of all names beyond the first 100. */
    public static final String OTHERS = "others";

    private static final int MAX_NAMES = 100;

    private final MeterRegistry meters;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();

    /** Counts into this registry. */
    public UnknownTypeMetrics(MeterRegistry meters) {
        this.meters = Objects.requireNonNull(meters, "meters");
    }

    @Override
    public void skipped(String typeName) {
        Counter known = counters.get(typeName);
        (known == null ? counter(typeName) : known).increment();
    }

    private synchronized Counter counter(String typeName) {
        String tag = counters.size() < MAX_NAMES || counters.containsKey(typeName) ? typeName : OTHERS;
        return counters.computeIfAbsent(
                tag,
                name -> Counter.builder(SKIPPED)
                        .description("How many events of unknown types were skipped by reads")
                        .tag("type", name)
                        .register(meters));
    }
}
