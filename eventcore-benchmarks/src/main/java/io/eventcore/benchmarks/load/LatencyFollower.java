package io.eventcore.benchmarks.load;

import io.eventcore.EventStore;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.JacksonEventSerializer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * A projection that reports when it has committed each event. It runs here, or in its own process until the input of
 * that process ends.
 */
final class LatencyFollower {
    static final String PREFIX = "latency_";

    private LatencyFollower() {}

    /**
     * An event that was applied.
     *
     * @param micros when the projection committed it
     */
    record Applied(long position, long micros) {
        private static Applied of(String line) {
            String[] parts = line.split(" ", -1);
            return new Applied(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
        }

        private String line() {
            return position + " " + micros;
        }
    }

    static long nowMicros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    /** Follows the log in this process until the result is closed. */
    static AutoCloseable start(DataSource pool, AppendSignal signal, Consumer<Applied> told) {
        EventStore store = JdbcDatabase.builder(pool)
                .tablePrefix(PREFIX)
                .build()
                .eventStore(new JacksonEventSerializer(BenchEvent.types()));
        JdbcClient jdbc = JdbcClient.create(pool);
        ProjectionRunner runner = ProjectionRunner.builder(
                        store,
                        JdbcDatabase.builder(pool).tablePrefix(PREFIX).build().projectionStore())
                .transactionManager(new JdbcTransactionManager(pool))
                .wokenBy(signal)
                .projection(Projection.named("latency", BenchEvent.class)
                        .on(BenchEvent.MoneyDeposited.class, event -> {
                            long position = event.position().value();
                            jdbc.sql("INSERT INTO latency_applied (position) VALUES (?)")
                                    .param(position)
                                    .update();
                            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                                @Override
                                public void afterCommit() {
                                    told.accept(new Applied(position, nowMicros()));
                                }
                            });
                        })
                        .build())
                .build();
        runner.start();
        return runner::stop;
    }

    /**
     * Follows the log in another process until the result is closed. If that process ends by itself, no more reports
     * come.
     */
    static AutoCloseable inOtherProcess(String url, boolean notified, Consumer<Applied> told) throws IOException {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LatencyFollower.class.getName(),
                        url,
                        String.valueOf(notified))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        Thread reader = new Thread(() -> output.lines().map(Applied::of).forEach(told));
        reader.start();
        return () -> {
            process.getOutputStream().close();
            process.waitFor();
            reader.join();
        };
    }

    /**
     * Follows the log and prints what it applies.
     *
     * @param arguments the URL of the database; whether it sends notifications
     */
    public static void main(String[] arguments) throws Exception {
        try (Database database = Database.given(arguments[0], 4)) {
            AppendSignal signal = new AppendSignal();
            PostgreSqlNotifications listening = new PostgreSqlNotifications(database.pool(), PREFIX, signal);
            if (Boolean.parseBoolean(arguments[1])) {
                listening.start();
            }
            AutoCloseable follower = start(database.pool(), signal, applied -> System.out.println(applied.line()));
            try {
                awaitEndOfInput();
            } finally {
                follower.close();
                listening.stop();
            }
        }
    }

    private static void awaitEndOfInput() {
        try {
            while (System.in.read() >= 0) {
                // The content of the input does not matter.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
