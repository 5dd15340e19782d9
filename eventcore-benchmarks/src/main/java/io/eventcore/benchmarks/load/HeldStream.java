package io.eventcore.benchmarks.load;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Appends to many streams. During the measurement, a foreign transaction holds another stream, and some threads wait
 * for it.
 */
final class HeldStream implements Candidate.Work {
    /** As many threads as a small pool has connections. */
    private static final int WAITING = 12;

    private final Database database;
    private final EventStore store;
    private final Candidate.Work work;
    private final String prefix;
    private final StreamId held = Streams.of("held", 0, 0);

    private HeldStream(Database database, EventStore store, Candidate.Work work, String prefix) {
        this.database = database;
        this.store = store;
        this.work = work;
        this.prefix = prefix;
    }

    /** One event to a young stream, as in {@link Stores#append}. */
    static Candidate append(String name, Stores.Source source, String prefix) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            Candidate.Work work = Stores.append(name, same -> store).setup().prepare(database);
            return new HeldStream(database, store, work, prefix);
        });
    }

    @Override
    public long run(int thread, long turn) throws Exception {
        return work.run(thread, turn);
    }

    @Override
    public AutoCloseable beside() throws Exception {
        appendToHeld();
        Connection foreign = DriverManager.getConnection(database.url());
        foreign.setAutoCommit(false);
        try (PreparedStatement lock =
                foreign.prepareStatement("SELECT version FROM " + prefix + "stream WHERE stream_id = ? FOR UPDATE")) {
            lock.setString(1, held.value());
            lock.executeQuery().close();
        }
        ExecutorService threads = Executors.newFixedThreadPool(WAITING);
        List<Future<?>> waiting = new ArrayList<>();
        for (int i = 0; i < WAITING; i++) {
            waiting.add(threads.submit(this::appendToHeld));
        }
        return () -> {
            boolean stillWaiting = waiting.stream().noneMatch(Future::isDone);
            foreign.rollback();
            foreign.close();
            for (Future<?> one : waiting) {
                one.get();
            }
            threads.shutdown();
            if (!stillWaiting) {
                throw new IllegalStateException("The stream was not held");
            }
        };
    }

    private EventStreamSlice appendToHeld() {
        return store.appendEvents(StreamWrites.to(held, ExpectedVersion.any(), BenchEvent.deposit(held, 1)));
    }
}
