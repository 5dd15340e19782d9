package io.eventcore.micrometer;

import io.eventcore.command.CommandExecutor;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * Tells how often the commands of an executor needed no read: {@value #DECISIONS} with the tag {@code streams}, {@code warm} if a
 * decision rested on what the executor remembers, {@code cold} if streams were read, {@code outdated} if they had to be read
 * after all. And how much it remembers: {@value #BYTES} and {@value #STREAMS}. Safe for any number of threads.
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

    /** Tells of this executor. */
    public WarmStreamMetrics(CommandExecutor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        count(registry, "warm", from -> from.warmStreams().warm());
        count(registry, "cold", from -> from.warmStreams().cold());
        count(registry, "outdated", from -> from.warmStreams().outdated());
        Gauge.builder(BYTES, executor, from -> from.warmStreams().bytes())
                .description("How many bytes the remembered streams take, as they are estimated")
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        Gauge.builder(STREAMS, executor, from -> from.warmStreams().streams())
                .description("How many streams are remembered")
                .strongReference(true)
                .register(registry);
    }

    private void count(MeterRegistry registry, String streams, ToDoubleFunction<CommandExecutor> number) {
        FunctionCounter.builder(DECISIONS, executor, number)
                .description("How many decisions were made with a read of their streams, and without")
                .tag("streams", streams)
                .register(registry);
    }
}
