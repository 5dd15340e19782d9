package io.eventcore.benchmarks.load;

import io.eventcore.benchmarks.load.Results.Spread;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The row without a database, measured by JMH. */
final class InProcess {
    static final String ROW = "13";

    private static final double WARM_COMMANDS = 250_000;
    private static final double COLD_OF_RAW_JSON = 0.6;

    private InProcess() {}

    /**
     * Runs the benchmark and prints its results.
     *
     * @param smoke whether the run only shows that the benchmark works
     * @return the lines of the table of targets
     */
    static String run(boolean smoke) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(MemoryBenchmark.class.getName())
                .addProfiler(GCProfiler.class)
                .verbosity(VerboseMode.SILENT);
        if (smoke) {
            options.warmupIterations(0).measurementIterations(1).measurementTime(TimeValue.milliseconds(100));
        }
        Collection<RunResult> results = new Runner(options.build()).run();

        System.out.println("### %s. In memory, 1 thread, 1 core%n".formatted(ROW));
        System.out.println("| what | serialization | per second: median (min-max) | allocated B |\n|---|---|---|---|");
        Map<String, Spread> withJackson = new HashMap<>();
        for (RunResult result : results) {
            String what = result.getParams().getBenchmark().replaceAll(".*\\.", "");
            String serialization = result.getParams().getParam("serialization");
            Spread perSecond = perSecond(result);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %,.0f (%,.0f-%,.0f) | %,.0f |%n",
                    what,
                    serialization,
                    perSecond.median(),
                    perSecond.min(),
                    perSecond.max(),
                    allocated(result));
            if (serialization.equals("jackson")) {
                withJackson.put(what, perSecond);
            }
        }
        System.out.println();
        Spread warm = Objects.requireNonNull(withJackson.get("command"));
        double cold = Objects.requireNonNull(withJackson.get("coldCommand")).median()
                / Objects.requireNonNull(withJackson.get("rawJson")).median();
        return String.format(
                        Locale.ROOT,
                        "| %s | command in memory, Jackson, every stream read | at least %.1f x the JSON of its events | %.2f | %s |%n",
                        ROW,
                        COLD_OF_RAW_JSON,
                        cold,
                        verdict(cold >= COLD_OF_RAW_JSON))
                + String.format(
                        Locale.ROOT,
                        "| %s | command in memory, Jackson, known streams | at least %,.0f per second | %,.0f (%,.0f-%,.0f) | %s |%n",
                        ROW,
                        WARM_COMMANDS,
                        warm.median(),
                        warm.min(),
                        warm.max(),
                        verdict(warm.median() >= WARM_COMMANDS));
    }

    private static String verdict(boolean reached) {
        return reached ? "reached" : "missed";
    }

    private static double allocated(RunResult result) {
        Result<?> bytes = result.getSecondaryResults().get("gc.alloc.rate.norm");
        if (bytes == null) {
            throw new IllegalStateException("JMH did not count what was allocated");
        }
        return bytes.getScore();
    }

    private static Spread perSecond(RunResult result) {
        List<Double> iterations = new ArrayList<>();
        result.getBenchmarkResults().forEach(fork -> {
            for (IterationResult iteration : fork.getIterationResults()) {
                iterations.add(iteration.getPrimaryResult().getScore());
            }
        });
        return Spread.of(iterations);
    }
}
