package io.eventcore.benchmarks.load;

import io.eventcore.jdbc.JdbcSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** How fast a process of 128 MB exports a log to a file and imports it into empty tables. */
final class MovingRows {
    /** A run that names no rows leaves this one out: it takes as long as all other rows together. */
    static final String ROW = "m1";

    private static final String HEAP = "-Xmx128m";

    private final Filled log;
    private final int events;

    /**
     * The rows.
     *
     * @param million how many events stand for a million: fewer for a smoke test
     */
    MovingRows(int million) {
        this.events = million;
        this.log = new Filled("moved_", million / Stores.EVENTS_PER_STREAM, Map.of());
    }

    List<Row> all() {
        return List.of(new Row(
                ROW,
                "move %,d events by a file, %s (counted as events)".formatted(events, HEAP),
                1,
                List.of(export("export"), restore("import, checked before and compared after")),
                List.of()));
    }

    private Candidate export(String name) {
        return new Candidate(name, database -> {
            log.store(database);
            Path folder = Files.createTempDirectory("eventcore-bench-moving");
            return (thread, turn) -> {
                Path file = folder.resolve(turn + ".jsonl");
                run(database, log.prefix(database), "export", file);
                Files.delete(file);
                return Limits.checked(events, events, events);
            };
        });
    }

    private Candidate restore(String name) {
        return new Candidate(name, database -> {
            log.store(database);
            Path file = Files.createTempDirectory("eventcore-bench-moving").resolve("events.jsonl");
            run(database, log.prefix(database), "export", file);
            AtomicInteger imports = new AtomicInteger();
            return (thread, turn) -> {
                String prefix = "restored" + imports.incrementAndGet() + "_";
                JdbcSchema.in(database.pool(), "", prefix).create();
                run(database, prefix, "restore", file);
                database.execute("DROP TABLE %1$sevent, %1$sstream".formatted(prefix));
                return Limits.checked(events, events, events);
            };
        });
    }

    private static void run(Database database, String prefix, String action, Path file) throws IOException {
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        HEAP,
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MovingNode.class.getName(),
                        database.url(),
                        prefix,
                        action,
                        file.toString())
                .inheritIO()
                .start();
        try {
            if (node.waitFor() != 0) {
                throw new IllegalStateException("Not done: " + action);
            }
        } catch (InterruptedException e) {
            node.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
