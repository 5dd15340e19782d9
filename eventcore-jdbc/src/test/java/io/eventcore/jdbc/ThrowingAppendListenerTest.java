package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.eventcore.AppendLimits;
import io.eventcore.AppendListener;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Decision;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import io.eventcore.transaction.AfterCommit;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** An append listener that throws makes no append look failed, and sends no caller to find out how its append ended. */
class ThrowingAppendListenerTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final int CALLERS = 16;

    private final AtomicInteger settlements = new AtomicInteger();
    private final AtomicInteger told = new AtomicInteger();

    @ParameterizedTest
    @MethodSource("throwables")
    void an_append_succeeds_and_other_listeners_are_told(Throwable thrown) {
        for (EventStore store : stores(thrown)) {
            told.set(0);

            EventStreamSlice slice = store.appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1)));

            assertThat(slice.events()).hasSize(1);
            assertThat(told).hasPositiveValue();
        }
        assertThat(settlements).hasValue(0);
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void appends_that_share_a_transaction_succeed_without_being_settled(Throwable thrown) {
        for (EventStore store : stores(thrown)) {
            Race.run(CALLERS, number -> {
                for (int i = 0; i < 5; i++) {
                    StreamId stream = StreamId.of("account-" + number);
                    store.appendEvents(StreamWrites.to(stream, any(), new Deposited(stream, i)));
                }
                return number;
            });

            for (int i = 0; i < CALLERS; i++) {
                assertThat(store.streamVersion(StreamId.of("account-" + i))).isEqualTo(StreamVersion.of(5));
            }
        }
        assertThat(settlements).hasValue(0);
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void commands_on_a_hot_stream_are_carried_out_once(Throwable thrown) {
        for (EventStore store : stores(thrown)) {
            CommandExecutor executor = CommandExecutor.builder(store).build();

            Race.run(CALLERS, number -> {
                for (int i = 0; i < 5; i++) {
                    executor.execute(Decision.over(LedgerEvent.class, ADA)
                            .startingWith(0)
                            .applying((count, event) -> count + 1)
                            .deciding(count -> List.of(new Deposited(ADA, count))));
                }
                return number;
            });

            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(5 * CALLERS));
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void the_commit_of_a_caller_succeeds(Throwable thrown) {
        for (TestDatabase database : List.of(H2Database.INSTANCE, PostgreSqlDatabase.INSTANCE)) {
            JdbcEventStore store = store(database, thrown);
            TransactionTemplate transaction =
                    new TransactionTemplate(new JdbcTransactionManager(database.dataSource()));
            told.set(0);

            assertThatCode(() -> transaction.executeWithoutResult(status -> {
                        store.appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1)));
                        AfterCommit.run(() -> sneaky(thrown));
                    }))
                    .doesNotThrowAnyException();

            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(1));
            assertThat(told).hasValue(1);
        }
    }

    static List<Throwable> throwables() {
        return List.of(
                new IllegalStateException("a listener's own"),
                new AssertionError("a listener's own"),
                new StackOverflowError(),
                new IOException("sneaked past the compiler"));
    }

    private Set<EventStore> stores(Throwable thrown) {
        return Set.of(
                store(H2Database.INSTANCE, thrown),
                store(PostgreSqlDatabase.INSTANCE, thrown),
                new InMemoryEventStore(
                        new JacksonEventSerializer(LedgerEvent.types()),
                        AppendLimits.defaults(),
                        Clock.systemUTC(),
                        listener(thrown)));
    }

    private JdbcEventStore store(TestDatabase database, Throwable thrown) {
        return TestDatabase.builder(database.dataSource(), database.newTables())
                .appendListener(listener(thrown))
                .settlingPause(millis -> settlements.incrementAndGet())
                .build();
    }

    private AppendListener listener(Throwable thrown) {
        AppendListener throwing = new AppendListener() {
            @Override
            public void eventsCommitted() {
                throw ThrowingAppendListenerTest.<RuntimeException>sneaky(thrown);
            }

            @Override
            public void groupDecided(int appends, int events) {
                throw ThrowingAppendListenerTest.<RuntimeException>sneaky(thrown);
            }
        };
        return AppendListener.all(List.of(throwing, told::incrementAndGet));
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable failure) throws T {
        throw (T) failure;
    }
}
