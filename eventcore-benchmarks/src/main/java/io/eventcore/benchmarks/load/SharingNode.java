package io.eventcore.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.serialization.JacksonEventSerializer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The second of two processes that execute commands and share some of their streams. */
final class SharingNode {
    static final String START = "start";
    static final String STOP = "stop";

    private SharingNode() {}

    /**
     * Arguments: the URL of the database, the prefix of the tables, how many streams, how many percent of them are
     * shared, {@code warm} or {@code cold}, the number of threads. Works from each {@value #START} line of its input to
     * the next {@value #STOP} line, and then answers with the number of commands executed.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        // Log lines must not come between the answers.
        PrintStream answers = System.out;
        System.setOut(System.err);
        try (HikariDataSource pool = Database.newPool(arguments[0], Integer.parseInt(arguments[5]) / 2)) {
            SharedStreams commands = new SharedStreams(
                    JdbcDatabase.builder(pool)
                            .tablePrefix(arguments[1])
                            .build()
                            .eventStore(new JacksonEventSerializer(BenchEvent.types())),
                    Integer.parseInt(arguments[2]),
                    Integer.parseInt(arguments[3]),
                    false,
                    arguments[4].equals("warm"));
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals(START)) {
                    answers.println(work(commands, Integer.parseInt(arguments[5]), lines));
                    answers.flush();
                }
            }
            System.err.println("second process: " + commands.statistics());
        }
    }

    private static long work(SharedStreams commands, int threads, BufferedReader untilStop)
            throws IOException, InterruptedException {
        AtomicLong done = new AtomicLong();
        AtomicBoolean stopped = new AtomicBoolean();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> {
                try {
                    while (!stopped.get()) {
                        done.addAndGet(commands.run(1));
                    }
                } catch (RuntimeException e) {
                    failure.compareAndSet(null, e);
                }
            });
            thread.start();
            running.add(thread);
        }
        String line = untilStop.readLine();
        stopped.set(true);
        for (Thread thread : running) {
            thread.join();
        }
        if (!STOP.equals(line) || failure.get() != null) {
            throw new IllegalStateException("The second process failed", failure.get());
        }
        return done.get();
    }
}
