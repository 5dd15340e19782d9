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
 * Prints how much the starter adds to the start-up time of an application, with its events in memory and in H2. The
 * benchmark starts the same application in fresh processes, with and without the library in turn. With H2, both have a
 * data source and open it, as every application does that needs one; the library also creates its tables. On a busy
 * machine, look at the processor time.
 */
public final class StartUpBenchmark {
    private static final List<Store> STORES = List.of(
            new Store("in memory", 60, List.of("--eventcore.store=in-memory")),
            new Store(
                    "H2",
                    90,
                    List.of(
                            "--spring.datasource.url=jdbc:h2:mem:start",
                            "--eventcore.jdbc.initialize-schema=always",
                            "--" + StartedApplication.OPENS_DATA_SOURCE + "=true")));

    private StartUpBenchmark() {}

    /**
     * Runs the measurement.
     *
     * @param arguments the number of rounds, by default 15
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int rounds = arguments.length == 0 ? 15 : Integer.parseInt(arguments[0]);
        for (Store store : STORES) {
            measure(store, rounds);
        }
    }

    /** Where the events are, and by how much the start may be longer for it. */
    private record Store(String name, int targetMillis, List<String> arguments) {}

    private static void measure(Store store, int rounds) throws IOException, InterruptedException {
        List<Sample> with = new ArrayList<>();
        List<Sample> without = new ArrayList<>();
        start(store, true);
        start(store, false);
        for (int round = 0; round < rounds; round++) {
            with.add(start(store, true));
            without.add(start(store, false));
        }
        System.out.printf(
                Locale.ROOT,
                "%s, medians of %d starts on Java %d:%n",
                store.name,
                rounds,
                Runtime.version().feature());
        print(store, "time", median(with, Sample::elapsed), median(without, Sample::elapsed));
        print(store, "time of the processor", median(with, Sample::processor), median(without, Sample::processor));
    }

    /** What a start took, in microseconds. */
    private record Sample(long elapsed, long processor) {}

    private static void print(Store store, String what, double with, double without) {
        System.out.printf(
                Locale.ROOT,
                "%s: with the starter %.0f ms, without %.0f ms; it adds %.0f ms (target below %d ms)%n",
                what,
                with / 1000,
                without / 1000,
                (with - without) / 1000,
                store.targetMillis);
    }

    private static Sample start(Store store, boolean withLibrary) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(withLibrary),
                StartedApplication.class.getName(),
                "--eventcore.event-packages=io.eventcore.benchmarks.startup.events",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn"));
        command.addAll(store.arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
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
