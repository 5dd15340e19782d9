package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.RecordedEvent;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.test.contract.ShopEvent;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * An instance of an application in a process of its own, that projects, answers and folds events of which some are two today
 * and some none. It stops at the second part of an event, as often as it was told, says HOLDING, and waits to be killed.
 */
final class UpcastNode {
    static final String READY = "READY";
    static final String HOLDING = "HOLDING";
    static final StreamId DESK = StreamId.of("desk");
    static final Duration LEASE = Duration.ofSeconds(1);

    /** Where it stops; who stops nowhere executes no commands of its own, and so comes to an end. */
    enum Hold {
        PROJECTION,
        REACTION,
        NOWHERE
    }

    private static final EventFilter CARTS = EventFilter.prefix(StreamPrefix.of("cart-"));

    private final JdbcClient jdbc;
    private final String table;
    private final Hold hold;
    private int secondPartsLeft;

    private UpcastNode(JdbcClient jdbc, String table, Hold hold, int secondParts) {
        this.jdbc = jdbc;
        this.table = table;
        this.hold = hold;
        this.secondPartsLeft = secondParts;
    }

    /** Arguments: URL, user and password of the database, prefix of the tables, where to stop, at the how manieth part. */
    public static void main(String[] args) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(8);
        HikariDataSource pool = new HikariDataSource(config);
        JdbcDatabase database = TestDatabase.jdbc(pool, args[3]);
        AppendSignal signal = new AppendSignal();
        EventStore events = database.eventStoreBuilder(ShopEvent.serializer())
                .appendListener(signal)
                .build();
        UpcastNode node = new UpcastNode(
                JdbcClient.create(pool), args[3] + "parts", Hold.valueOf(args[4]), Integer.parseInt(args[5]));
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(database.executedCommands())
                .snapshots(database.snapshotStore(), SnapshotSettings.defaults().withAfterEvents(2))
                .build();
        ProjectionRunner.builder(events, database.projectionStore())
                .transactionManager(new JdbcTransactionManager(pool))
                .lease(LEASE)
                .batchSize(7)
                .poll(Duration.ofMillis(5), Duration.ofMillis(100))
                .wokenBy(signal)
                .projection(Projection.named("parts", ShopEvent.class)
                        .filter(CARTS)
                        .on(ShopEvent.class, node::apply)
                        .build())
                .projection(Reaction.asProjection(
                        Reaction.named("answers", ShopEvent.class)
                                .filter(CARTS)
                                .on(ShopEvent.class, node::answers)
                                .build(),
                        executor))
                .build()
                .start();
        System.out.println(READY);
        if (node.hold == Hold.NOWHERE) {
            new CountDownLatch(1).await();
        }
        node.fold(executor);
    }

    private void apply(RecordedEvent<ShopEvent> event) {
        jdbc.sql("INSERT INTO " + table + " (event, part) VALUES (?, ?)")
                .params(event.id().toString(), event.part())
                .update();
        holdAt(event, Hold.PROJECTION);
    }

    private List<Command<?, ?>> answers(RecordedEvent<ShopEvent> event) {
        holdAt(event, Hold.REACTION);
        return List.of(new Answer(DESK, event.part()));
    }

    private void holdAt(RecordedEvent<?> event, Hold place) {
        if (event.part() == 1 && hold == place && --secondPartsLeft == 0) {
            System.out.println(HOLDING);
            while (true) {
                LockSupport.park(this);
            }
        }
    }

    private void fold(CommandExecutor executor) {
        while (true) {
            StreamId cart = StreamId.of("cart-" + ThreadLocalRandom.current().nextInt(3));
            try {
                executor.execute(new Fold(cart));
            } catch (EventStoreException | RetriesExhaustedException lost) {
                // The test appends to the same streams.
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3));
        }
    }

    /** Pays what part it answers. */
    record Answer(@Stream StreamId desk, long part) implements Command<Integer, Event> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, Event event) {
            return 0;
        }

        @Override
        public List<Event> handle(Integer state) {
            return List.of(new Paid(desk, part));
        }
    }

    /** Pays as many cents as it has folded events. */
    @Snapshot(name = "test.fold", version = 1)
    record Fold(@Stream StreamId cart) implements Command<Integer, ShopEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, ShopEvent event) {
            return state + 1;
        }

        @Override
        public List<ShopEvent> handle(Integer state) {
            return List.of(new Paid(cart, state));
        }
    }
}
