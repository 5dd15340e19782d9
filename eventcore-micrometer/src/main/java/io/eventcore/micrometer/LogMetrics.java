package io.eventcore.micrometer;

import io.eventcore.AppendInFlight;
import io.eventcore.EventReader;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Measures what holds readers of the log back: {@value #OLDEST_IN_FLIGHT}, the age of the oldest append in flight; 0 if
 * there is none. The store is asked at most once a second. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class LogMetrics implements MeterBinder {
    /** The name of the gauge. */
    public static final String OLDEST_IN_FLIGHT = "eventcore.append.oldest.in.flight";

    private final Sample<Optional<AppendInFlight>> oldest;

    /** Measures this log. */
    public LogMetrics(EventReader reader) {
        this.oldest = new Sample<>(reader::oldestAppendInFlight);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        TimeGauge.builder(OLDEST_IN_FLIGHT, oldest, TimeUnit.SECONDS, LogMetrics::seconds)
                .description("The age of the oldest append in flight")
                .strongReference(true)
                .register(registry);
    }

    private static double seconds(Sample<Optional<AppendInFlight>> oldest) {
        return oldest.value()
                .map(append -> append.map(AppendInFlight::age).orElse(Duration.ZERO))
                .map(age -> age.toNanos() / 1e9)
                .orElse(Double.NaN);
    }
}
