package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Two instances of an application that tell each other of new events. */
class PostgreSqlNotificationsTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration NEVER = Duration.ofDays(1);

    private final String prefix = DATABASE.newTables();
    private final WatchedDataSource here = new WatchedDataSource(DATABASE.dataSource());
    private final AppendSignal signalHere = new AppendSignal();
    private final AppendSignal signalThere = new AppendSignal();
    private final EventStore events =
            TestDatabase.builder(here, prefix).appendListener(signalHere).build();
    private final PostgreSqlNotifications notifyingHere = new PostgreSqlNotifications(here, prefix, signalHere);
    private final PostgreSqlNotifications notifyingThere =
            new PostgreSqlNotifications(DATABASE.dataSource(), prefix, signalThere);
    private final List<Long> applied = new CopyOnWriteArrayList<>();
    private final ProjectionRunner runnerThere = ProjectionRunner.builder(
                    DATABASE.store(prefix), DATABASE.projectionStore(prefix))
            .poll(NEVER, NEVER)
            .wokenBy(signalThere)
            .projection(Projection.named("applied", LedgerEvent.class)
                    .on(LedgerEvent.class, event -> applied.add(event.version().value()))
                    .atLeastOnce()
                    .build())
            .build();

    @BeforeEach
    void start() {
        notifyingHere.start();
        notifyingThere.start();
        runnerThere.start();
        Eventually.until("both listen", () -> notifyingHere.isListening() && notifyingThere.isListening());
        Eventually.until(
                "the projection has caught up",
                () -> runnerThere.status().get(0).partitions().get(0).state() == ProjectionState.LIVE);
    }

    @AfterEach
    void stop() {
        runnerThere.stop();
        notifyingHere.stop();
        notifyingThere.stop();
    }

    @Test
    void a_projection_that_never_polls_follows_what_another_instance_appends() {
        for (int i = 1; i <= 20; i++) {
            int expected = i;
            deposit();

            Eventually.until("the event is applied", () -> applied.size() == expected);
        }
    }

    @Test
    void commits_that_come_while_a_notification_is_under_way_share_the_next_one() throws InterruptedException {
        CountDownLatch underWay = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        here.beforeEach(sql -> {
            if (sql.contains("pg_notify")) {
                underWay.countDown();
                await(goOn);
            }
        });

        deposit();
        assertThat(underWay.await(60, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 100; i++) {
            deposit();
        }
        assertThat(here.sent("pg_notify")).isEqualTo(1);
        goOn.countDown();

        Eventually.until("all is applied", () -> applied.size() == 101);
        assertThat(here.sent("pg_notify")).isEqualTo(2);
    }

    @Test
    void nothing_is_sent_by_the_thread_that_appends_and_nothing_for_what_is_rolled_back() {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        here.beforeEach(sql -> {
            if (sql.contains("pg_notify")) {
                threads.add(Thread.currentThread().getName());
            }
        });
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(here));

        transaction.executeWithoutResult(status -> {
            deposit();
            status.setRollbackOnly();
        });
        assertThat(here.sent("pg_notify")).isZero();
        transaction.executeWithoutResult(status -> {
            deposit();
            deposit();
            assertThat(here.sent("pg_notify")).isZero();
        });

        Eventually.until("all is applied", () -> applied.size() == 2);
        assertThat(threads).containsExactly("eventcore-notify");
        assertThat(here.sent("pg_notify")).isEqualTo(1);
    }

    @Test
    void an_instance_does_not_hear_itself() {
        AtomicInteger toldHere = new AtomicInteger();
        signalHere.addReceiver(toldHere::incrementAndGet);

        for (int i = 1; i <= 20; i++) {
            int expected = i;
            deposit();
            // A store that heard itself would have heard most of these by the end.
            Eventually.until("the other one has heard of it", () -> applied.size() == expected);
        }

        assertThat(toldHere).hasValue(20);
        signalThere.eventsCommitted();
        Eventually.until("it hears the other one", () -> toldHere.get() == 21);
    }

    @Test
    void a_lost_connection_is_replaced_and_what_was_appended_meanwhile_is_not_missed() {
        JdbcClient superuser = JdbcClient.create(DATABASE.superusersDataSource());
        for (int i = 1; i <= 3; i++) {
            int expected = i;
            superuser
                    .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN " + prefix
                            + "%'")
                    .query(Boolean.class)
                    .list();

            deposit();

            Eventually.until("the event is applied", () -> applied.size() == expected);
            Eventually.until("both listen", () -> notifyingHere.isListening() && notifyingThere.isListening());
        }
    }

    @Test
    void a_connection_that_comes_back_listens_no_more() {
        notifyingHere.stop();
        notifyingThere.stop();

        assertThat(notifyingThere.isListening()).isFalse();
        assertThat(JdbcClient.create(DATABASE.dataSource())
                        .sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN " + prefix + "%'")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void it_is_supported_on_one_postgresql_only() {
        assertThat(notifyingHere.isSupported()).isTrue();
        assertThat(new PostgreSqlNotifications(H2Database.INSTANCE.dataSource(), signalHere).isSupported())
                .isFalse();
    }

    private void deposit() {
        events.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, 1)));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
