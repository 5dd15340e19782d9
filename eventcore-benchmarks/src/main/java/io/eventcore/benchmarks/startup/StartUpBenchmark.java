package io.eventcore.benchmarks.startup;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints how much the starter adds to the start-up time of an application that keeps its events in memory. The
 * benchmark starts the same application in fresh processes, with and without the library in turn. The target is below
 * 60 ms. On a busy machine, look at the processor time.
 */
public final class StartUpBenchmark {
    private static final int TARGET_MILLIS = 60;

    private StartUpBenchmark() {}

    /**
     * Runs the measurement.
     *
     * @param arguments the number of rounds, by default 15
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int rounds = arguments.length == 0 ? 15 : Integer.parseInt(arguments[0]);
        List<Sample> with = new ArrayList<>();
        List<Sample> without = new ArrayList<>();
        start(true);
        start(false);
        for (int round = 0; round < rounds; round++) {
            with.add(start(true));
            without.add(start(false));
        }
        System.out.printf(
                Locale.ROOT,
                "Medians of %d starts on Java %d:%n",
                rounds,
                Runtime.version().feature());
        print("time", median(with, Sample::elapsed), median(without, Sample::elapsed));
        print("time of the processor", median(with, Sample::processor), median(without, Sample::processor));
    }

    /** What a start took, in microseconds. */
    private record Sample(long elapsed, long processor) {}

    private static void print(String what, double with, double without) {
        System.out.printf(
                Locale.ROOT,
                "%s: with the starter %.0f ms, without %.0f ms; it adds %.0f ms (target below %d ms)%n",
                what,
                with / 1000,
                without / 1000,
                (with - without) / 1000,
                TARGET_MILLIS);
    }

    private static Sample start(boolean withLibrary) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath(withLibrary),
                        StartedApplication.class.getName(),
                        "--eventcore.store=in-memory",
                        "--eventcore.event-packages=io.eventcore.benchmarks.startup.events",
                        "--spring.main.banner-mode=off",
                        "--logging.level.root=warn")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String expected = withLibrary ? " with an event store" : " without an event store";
        if (process.waitFor() != 0 || !output.contains(expected)) {
            throw new IllegalStateException("Not started" + expected + ": " + output);
        }
        String[] result = output.substring(output.indexOf(StartedApplication.RESULT))
                .substring(StartedApplication.RESULT.length())
                .split(" ", -1);
        return new Sample(Long.parseLong(result[0]), Long.parseLong(result[1]));
    }

    /** Without the library, our own jars are left out; the classes of the benchmark stay. */
    private static String classPath(boolean withLibrary) {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> withLibrary || !new File(entry).getName().startsWith("eventcore-"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static double median(List<Sample> samples, ToLongFunction<Sample> value) {
        long[] sorted = samples.stream().mapToLong(value).sorted().toArray();
        return (double) sorted[sorted.length / 2];
    }
}
