package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * An instance with little memory that reads large events in every way there is: pages of the log, one stream, many
 * streams at once, projections that catch up, that follow the end of the log, and that retry what they had parked.
 */
final class SmallHeapNode {
    static final String DONE = "DONE ";
    static final int STREAMS = 8;

    private SmallHeapNode() {}

    static StreamId stream(int number) {
        return StreamId.of("large-" + number);
    }

    /** Arguments: URL, user and password of the database, prefix of the tables, the number of events in it. */
    public static void main(String[] args) throws InterruptedException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(6);
        HikariDataSource pool = new HikariDataSource(config);
        AppendSignal signal = new AppendSignal();
        EventStore store = TestDatabase.jdbc(pool, args[3])
                .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .appendListener(signal)
                .build();
        long events = Long.parseLong(args[4]);

        say("pages of the log", events, log(store, EventFilter.all()));
        say("pages of a part of it", events, log(store, EventFilter.prefix(StreamPrefix.of("large-"))));
        say(
                "one stream",
                events / STREAMS,
                store.readStream(stream(0), Event.class).stream().count());
        Map<StreamId, StreamVersion> all = new HashMap<>();
        IntStream.range(0, STREAMS).forEach(i -> all.put(stream(i), StreamVersion.NONE));
        say("several streams", events, count(store.readStreams(all, Event.class)));
        IntStream.range(0, 300).forEach(i -> all.put(StreamId.of("absent-" + i), StreamVersion.NONE));
        say("many streams", events, count(store.readStreams(all, Event.class)));
        project(store, pool, args[3], signal, events);
        Runtime.getRuntime().halt(0);
    }

    private static long log(EventStore store, EventFilter filter) {
        long events = 0;
        EventPage page = EventPage.first(500);
        EventBatch<Event> batch;
        do {
            batch = store.readEvents(filter, page, Event.class);
            events += batch.events().size();
            page = page.next(batch);
        } while (!batch.endReached());
        return events;
    }

    private static long count(Iterable<RecordedEvent<Event>> events) {
        long count = 0;
        for (RecordedEvent<Event> event : events) {
            count += event.version().exists() ? 1 : 0;
        }
        return count;
    }

    private static void project(
            EventStore store, HikariDataSource pool, String prefix, AppendSignal signal, long events)
            throws InterruptedException {
        CountDownLatch applied = new CountDownLatch((int) events);
        CountDownLatch afterParking = new CountDownLatch((int) events);
        CountDownLatch live = new CountDownLatch(64);
        AtomicBoolean broken = new AtomicBoolean(true);
        ProjectionRunner runner = ProjectionRunner.builder(
                        store, TestDatabase.jdbc(pool, prefix).projectionStore())
                .transactionManager(new JdbcTransactionManager(pool))
                .wokenBy(signal)
                .projection(Projection.named("all", LedgerEvent.class)
                        .on(LedgerEvent.class, event -> {
                            applied.countDown();
                            if (applied.getCount() == 0) {
                                live.countDown();
                            }
                        })
                        .build())
                .projection(Projection.named("parks", LedgerEvent.class)
                        .on(LedgerEvent.class, event -> {
                            if (broken.get()) {
                                throw new IllegalStateException("not yet");
                            }
                            afterParking.countDown();
                        })
                        .onError(failure -> FailureDecision.PARK)
                        .build())
                .build();
        runner.start();
        applied.await();
        say("a projection", 0, applied.getCount());
        for (int i = 0; i < 64; i++) {
            store.appendEvents(large(stream(i % STREAMS)));
        }
        live.await();
        say("a projection at the end of the log", 0, live.getCount());
        while (runner.parkedStreams("parks").size() < STREAMS
                || runner.parkedStreams("parks").stream()
                                .mapToLong(p -> p.waiting())
                                .sum()
                        < events + 64) {
            Thread.onSpinWait();
        }
        broken.set(false);
        runner.parkedStreams("parks").forEach(parked -> runner.retryParked("parks", parked.streamId()));
        afterParking.await();
        say("what was parked", 0, afterParking.getCount());
    }

    static StreamWrites large(StreamId stream) {
        return StreamWrites.to(stream, any(), opened(stream));
    }

    /** Nine tenths of what is accepted by default. */
    static Opened opened(StreamId stream) {
        return new Opened(stream, "x".repeat(900_000));
    }

    private static void say(String what, long expected, long read) {
        System.out.println((expected == read ? DONE : "WRONG " + read + " ") + what);
    }

    static List<String> everything() {
        return List.of(
                "pages of the log",
                "pages of a part of it",
                "one stream",
                "several streams",
                "many streams",
                "a projection",
                "a projection at the end of the log",
                "what was parked");
    }
}
