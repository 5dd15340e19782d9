package io.eventcore.benchmarks.load;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.Stream;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcProjectionStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How fast deadlines are executed that fall due at the same time, against the same commands executed directly, each under an
 * id and by one thread: on a stream each, and all on one stream.
 */
final class DeadlineRows {
    static final String ROW = "d1";

    private static final String PREFIX = "deadlines_";
    private static final int ROUNDS = 5;

    private final Database database;
    private final int number;
    private int runs;

    /** @param number how many fall due at once */
    DeadlineRows(Database database, int number) {
        this.database = database;
        this.number = number;
    }

    /** Prints a table, and adds to the table of targets. */
    void run(StringBuilder verdicts) {
        JdbcSchema.in(database.pool(), "", PREFIX).create();
        StringBuilder table = new StringBuilder(
                "### %s. deadlines that fall due at once%n%n| streams | deadlines | directly a second | as deadlines a second | ratio median (min-max) |%n|---|---|---|---|---|%n"
                        .formatted(ROW));
        for (boolean oneStream : new boolean[] {false, true}) {
            measure(oneStream, table, verdicts);
        }
        System.out.println(table);
    }

    private void measure(boolean oneStream, StringBuilder table, StringBuilder verdicts) {
        int count = oneStream ? number / 5 : number;
        List<Double> direct = new ArrayList<>();
        List<Double> deadlines = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round <= ROUNDS; round++) {
            double plain = directly(streams(count, oneStream));
            double later = asDeadlines(streams(count, oneStream));
            // The first round is for the compilers.
            if (round > 0) {
                direct.add(plain);
                deadlines.add(later);
                ratios.add(later / plain);
            }
        }
        Collections.sort(ratios);
        String where = oneStream ? "one" : "one each";
        table.append(String.format(
                Locale.ROOT,
                "| %s | %,d | %,.0f | %,.0f | %.2f (%.2f-%.2f) |%n",
                where,
                count,
                median(direct),
                median(deadlines),
                median(ratios),
                ratios.get(0),
                ratios.get(ratios.size() - 1)));
        verdicts.append(String.format(
                Locale.ROOT,
                "| %s | %,d deadlines due at once, streams: %s | at least 0.50 x the same commands directly | %.2f (%.2f-%.2f) | %s |%n",
                ROW,
                count,
                where,
                median(ratios),
                ratios.get(0),
                ratios.get(ratios.size() - 1),
                median(ratios) >= 0.5 ? "reached" : "**missed**"));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private List<StreamId> streams(int count, boolean oneStream) {
        runs++;
        List<StreamId> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(StreamId.of("due-" + runs + "-" + (oneStream ? 0 : i)));
        }
        return streams;
    }

    private JdbcDatabase opened() {
        return JdbcDatabase.builder(database.pool()).tablePrefix(PREFIX).build();
    }

    private static EventStore store(JdbcDatabase opened) {
        return opened.eventStore(new JacksonEventSerializer(BenchEvent.types()));
    }

    private static CommandExecutor executor(JdbcDatabase opened, EventStore store) {
        return CommandExecutor.builder(store)
                .executedCommands(opened.executedCommands())
                .build();
    }

    private static void fill(EventStore store, List<StreamId> streams) {
        for (StreamId stream : streams) {
            store.appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), BenchEvent.deposit(stream, 1)));
        }
    }

    private double directly(List<StreamId> streams) {
        JdbcDatabase opened = opened();
        EventStore store = store(opened);
        CommandExecutor executor = executor(opened, store);
        fill(store, streams);
        long begin = System.nanoTime();
        for (int i = 0; i < streams.size(); i++) {
            executor.execute(
                    new Expire(streams.get(i), runs),
                    CommandContext.empty().withCommandId(CommandId.of("direct-" + runs, String.valueOf(i))));
        }
        return streams.size() / seconds(System.nanoTime() - begin);
    }

    private double asDeadlines(List<StreamId> streams) {
        JdbcDatabase opened = opened();
        EventStore store = store(opened);
        JdbcProjectionStore checkpoints = opened.projectionStore();
        String name = "due-" + runs;
        int run = runs;
        long last = store.lastPosition().value();
        fill(store, streams);
        Instant dueAt = Instant.now().plusSeconds(5);
        Reaction<BenchEvent> expiring = Reaction.named(name, BenchEvent.class)
                .on(BenchEvent.MoneyDeposited.class)
                .at(event -> dueAt)
                .executeAll(event ->
                        event.position().value() > last && event.event().cents() == 1
                                ? List.of(new Expire(event.streamId(), run))
                                : List.of())
                .since(Instant.now().minus(Duration.ofHours(1)))
                .filter(EventFilter.prefix(StreamPrefix.of("due-" + run + "-")))
                .maxPerSecond(1_000_000)
                .build();
        ProjectionRunner runner = ProjectionRunner.builder(store, checkpoints)
                .projection(Reaction.asProjection(expiring, executor(opened, store)))
                .build();
        runner.start();
        if (runner.awaitPosition(name, store.lastPosition(), Duration.ofMinutes(1)) != AwaitOutcome.REACHED
                || !Instant.now().isBefore(dueAt)) {
            throw new IllegalStateException("The deadlines were not set in time");
        }
        while (Instant.now().isBefore(dueAt)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        long begin = System.nanoTime();
        while (runner.status().get(0).executedDeadlines() < streams.size()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        double rate = streams.size() / seconds(System.nanoTime() - begin);
        runner.stop();
        checkpoints.forget(name);
        return rate;
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }

    private record Expire(@Stream StreamId account, int run) implements Command<Long, Event> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long events, Event event) {
            return events + 1;
        }

        @Override
        public List<Event> handle(Long events) {
            return List.of(BenchEvent.deposit(account, 2));
        }
    }
}
