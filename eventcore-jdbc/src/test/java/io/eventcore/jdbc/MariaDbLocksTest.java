package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.EventFilter;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Which transactions wait for which on MariaDB, and that none wait in a circle. */
@Tag("mariadb")
class MariaDbLocksTest {
    private static final MariaDbDatabase DATABASE = MariaDbDatabase.INSTANCE;
    private static final StreamId HELD = StreamId.of("stream-held");
    private static final StreamId FREE = StreamId.of("stream-free");
    private static final StreamId NEW = StreamId.of("stream-hel");
    private static final int THREADS = 12;
    private static final int APPENDS = 40;

    private final String prefix = DATABASE.newTables();
    private final JdbcEventStore store = DATABASE.store(prefix);
    private final Appends locking = Engine.MARIADB.appends(new TableNames("", prefix));
    private final TransactionTemplate transaction =
            new TransactionTemplate(new JdbcTransactionManager(DATABASE.dataSource()));

    MariaDbLocksTest() {
        transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_batch_passes_over_a_stream_that_somebody_holds_or_creates(boolean exists) throws SQLException {
        if (exists) {
            store.appendEvents(deposit(HELD));
        }

        List<AppendResult> outcomes = whileHeld(() -> batch(deposit(HELD), deposit(FREE, streamExists())));

        assertThat(outcomes).hasExactlyElementsOfTypes(AppendResult.Busy.class, AppendResult.Conflict.class);
    }

    @Test
    void a_batch_writes_what_is_free_beside_a_stream_that_somebody_holds() throws SQLException {
        store.appendEvents(deposit(HELD));

        List<AppendResult> outcomes = whileHeld(() -> batch(
                deposit(FREE),
                deposit(HELD),
                deposit(NEW).registerStream(StreamId.of("stream-guard"), noStream()),
                deposit(StreamId.of("stream-x")).registerStream(HELD, streamExists())));

        assertThat(outcomes)
                .hasExactlyElementsOfTypes(
                        AppendResult.Written.class,
                        AppendResult.Busy.class,
                        AppendResult.Written.class,
                        AppendResult.Busy.class);
    }

    @Test
    void a_guard_is_shared_among_those_who_rely_on_it_and_closed_to_those_who_write_it() {
        store.appendEvents(deposit(HELD));

        transaction.executeWithoutResult(status -> {
            store.appendEvents(StreamWrites.empty().registerStream(HELD, streamExists()));

            assertThat(Race.<List<AppendResult>>elsewhere(
                            () -> batch(deposit(FREE).registerStream(HELD, streamExists()), deposit(NEW))))
                    .hasOnlyElementsOfType(AppendResult.Written.class);
            assertThat(Race.<List<AppendResult>>elsewhere(() -> batch(deposit(HELD), deposit(FREE))))
                    .hasExactlyElementsOfTypes(AppendResult.Busy.class, AppendResult.Written.class);
        });
    }

    /** A lock on an index other than the primary key would take the gap before the stream as well. */
    @Test
    void a_stream_that_is_held_keeps_nobody_from_creating_its_neighbours() throws SQLException {
        store.appendEvents(deposit(HELD));

        List<AppendResult> outcomes = whileHeld(() -> batch(
                deposit(StreamId.of("stream-a")),
                deposit(NEW),
                deposit(StreamId.of("stream-helc")),
                deposit(StreamId.of("stream-heldx")),
                deposit(StreamId.of("stream-z"))));

        assertThat(outcomes).hasOnlyElementsOfType(AppendResult.Written.class);
    }

    private interface Action {
        List<AppendResult> run() throws SQLException;
    }

    /** Does something while a transaction has locked a stream, new or old, and appended nothing. */
    private List<AppendResult> whileHeld(Action action) throws SQLException {
        try (Connection foreign = DATABASE.dataSource().getConnection()) {
            foreign.setAutoCommit(false);
            foreign.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            locking.lockRow(foreign, HELD.value());
            try {
                return Race.elsewhere(action::run);
            } finally {
                foreign.rollback();
            }
        }
    }

    /** Rolled back creations, many streams in all orders, three ways to append: never a deadlock, never a hole. */
    @Test
    void appends_in_every_order_and_way_with_rollbacks_never_deadlock() {
        List<StreamId> streams = Stream.of("\uFFFF", "😀", "a", "A", "ä", "z", "z/1", "z/2", "z/3")
                .map(StreamId::of)
                .toList();
        AtomicInteger acknowledged = new AtomicInteger();

        Race.run(THREADS, number -> {
            Random random = new Random(number);
            for (int i = 0; i < APPENDS; i++) {
                List<StreamId> chosen = new ArrayList<>();
                for (int s = 0; s <= random.nextInt(3); s++) {
                    chosen.add(StreamId.of(
                            streams.get(random.nextInt(streams.size())).value() + random.nextInt(1 + i / 10)));
                }
                acknowledged.addAndGet(
                        appendSomehow(random, chosen.stream().distinct().toList()));
            }
            return number;
        });

        assertThat(WholeLog.of(store, EventFilter.all(), LedgerEvent.class)).hasSize(acknowledged.get());
    }

    private int appendSomehow(Random random, List<StreamId> streams) {
        StreamWrites writes = StreamWrites.empty();
        for (StreamId stream : streams) {
            writes = writes.registerStream(stream, any()).append(new Deposited(stream, 1));
        }
        StreamWrites all = writes;
        int choice = random.nextInt(20);
        if (choice < 10) {
            store.appendEvents(all);
            return streams.size();
        }
        return transaction.execute(status -> {
            store.appendEvents(all);
            if (choice == 19) {
                status.setRollbackOnly();
                return 0;
            }
            return streams.size();
        });
    }

    private List<AppendResult> batch(StreamWrites... appends) throws SQLException {
        List<SerializedAppend> batch = new ArrayList<>();
        for (StreamWrites append : appends) {
            batch.add(SerializedAppend.of(
                    append, new JacksonEventSerializer(LedgerEvent.types()), AppendLimits.defaults()));
        }
        try (Connection connection = DATABASE.dataSource().getConnection()) {
            return locking.appendBatch(connection, batch);
        }
    }

    private static StreamWrites deposit(StreamId account) {
        return deposit(account, any());
    }

    private static StreamWrites deposit(StreamId account, ExpectedVersion expected) {
        return StreamWrites.to(account, expected, new Deposited(account, 1));
    }
}
