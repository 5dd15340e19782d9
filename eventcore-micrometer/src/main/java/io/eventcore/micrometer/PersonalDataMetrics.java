package io.eventcore.micrometer;

import io.eventcore.personaldata.PersonalDataProtection;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/**
 * Shows how reads find the keys of personal data: {@value #KEYS} counts them with the tag {@code from}, the cache of this instance or the store, and
 * {@value #CACHED} is how many are in the cache. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class PersonalDataMetrics implements MeterBinder {
    /** The name of the counters. */
    public static final String KEYS = "eventcore.personal.data.keys";

    /** The name of the gauge. */
    public static final String CACHED = "eventcore.personal.data.cached.keys";

    private final PersonalDataProtection protection;

    /** Shows this protection. */
    public PersonalDataMetrics(PersonalDataProtection protection) {
        this.protection = Objects.requireNonNull(protection, "protection");
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        FunctionCounter.builder(KEYS, protection, PersonalDataProtection::cacheHits)
                .description("How many keys of personal data were needed by reads")
                .tag("from", "cache")
                .register(registry);
        FunctionCounter.builder(KEYS, protection, PersonalDataProtection::cacheMisses)
                .description("How many keys of personal data were needed by reads")
                .tag("from", "store")
                .register(registry);
        Gauge.builder(CACHED, protection, PersonalDataProtection::cachedKeys)
                .description("How many keys of personal data are in the cache")
                .register(registry);
    }
}
