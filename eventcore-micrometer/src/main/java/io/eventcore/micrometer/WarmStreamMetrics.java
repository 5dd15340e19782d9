package io.eventcore.micrometer;

import io.eventcore.command.CommandExecutor;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * Counts how often the commands of an executor needed no read: {@value #DECISIONS} with the tag {@code streams},
 * {@code warm} if a decision rested on what the executor remembers and was confirmed, {@code outdated} if it was not,
 * {@code cold} for each read of streams. Also measures how much it remembers: {@value #BYTES} and {@value #STREAMS}.
 * What exactly is counted: {@link io.eventcore.command.WarmStreamStatistics}. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class WarmStreamMetrics implements MeterBinder {
    /** The name of the counter of decisions. */
    public static final String DECISIONS = "eventcore.commands.decisions";

    /** The name of the gauge of bytes. */
    public static final String BYTES = "eventcore.commands.warm.bytes";

    /** The name of the gauge of streams. */
    public static final String STREAMS = "eventcore.commands.warm.streams";

    private final CommandExecutor executor;

    /** Measures this executor. */
    public WarmStreamMetrics(CommandExecutor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        count(registry, "warm", from -> from.warmStreams().warm());
        count(registry, "cold", from -> from.warmStreams().cold());
        count(registry, "outdated", from -> from.warmStreams().outdated());
        Gauge.builder(BYTES, executor, from -> from.warmStreams().bytes())
                .description("Estimated memory of the remembered streams, in bytes")
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        Gauge.builder(STREAMS, executor, from -> from.warmStreams().streams())
                .description("How many streams are remembered: their events, or only how often they changed")
                .strongReference(true)
                .register(registry);
    }

    private void count(MeterRegistry registry, String streams, ToDoubleFunction<CommandExecutor> number) {
        FunctionCounter.builder(DECISIONS, executor, number)
                .description("Decisions without a read that were confirmed (warm) or not (outdated), and reads (cold)")
                .tag("streams", streams)
                .register(registry);
    }
}
