package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * The connection of a projection is cut at a commit, and the server hears of that commit when the projection has long asked
 * what became of it. Each event counts once, whether or not the read model would notice.
 */
class LateCommitTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");

    private final String prefix = DATABASE.newTables();
    private final TableNames names = new TableNames("", prefix);
    private final EventStore store = DATABASE.store(prefix);
    private final TcpProxy proxy =
            new TcpProxy(DATABASE.unpooled(TestDatabase.APP).getPortNumbers()[0]);
    private final HikariDataSource pool = pool();
    private final JdbcClient application = JdbcClient.create(pool);
    private final JdbcClient beside = JdbcClient.create(DATABASE.dataSource());
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicReference<TcpProxy.Delay> late = new AtomicReference<>();
    private final CountDownLatch cut = new CountDownLatch(1);

    private volatile boolean broken;
    private volatile boolean cutting;

    private final ProjectionRunner runner = ProjectionRunner.builder(
                    store, TestDatabase.jdbc(pool, prefix).projectionStore())
            .transactionManager(new JdbcTransactionManager(pool))
            .poll(Duration.ofMillis(2), Duration.ofMillis(50))
            .retryPause(Duration.ofMillis(2), Duration.ofMillis(50))
            .projection(Projection.named("counted", Event.class)
                    .on(Event.class, this::apply)
                    .onError(failure -> {
                        asked.incrementAndGet();
                        return FailureDecision.PARK;
                    })
                    .build())
            .build();

    LateCommitTest() throws IOException {}

    private HikariDataSource pool() {
        PGSimpleDataSource proxied = DATABASE.unpooled(TestDatabase.APP);
        proxied.setPortNumbers(new int[] {proxy.port()});
        // So that every request names what it calls.
        proxied.setPrepareThreshold(0);
        HikariConfig config = new HikariConfig();
        config.setDataSource(proxied);
        config.setMaximumPoolSize(8);
        return new HikariDataSource(config);
    }

    @AfterEach
    void close() throws IOException {
        TcpProxy.Delay delay = late.get();
        if (delay != null) {
            delay.end();
        }
        runner.stop();
        pool.close();
        proxy.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_event_whose_commit_takes_effect_late_counts_once_and_is_not_put_to_onError(boolean readModelNotices) {
        createReadModel(readModelNotices);
        cutting = true;
        append();
        runner.start();

        letTheCommitThroughWhenTheProjectionAsksForIt();
        Eventually.until("the event counts", () -> count() == 1, runner::status);
        append();

        Eventually.until("the next event counts", () -> count() == 2, runner::status);
        assertThat(asked).hasValue(0);
        assertThat(runner.parkedStreams("counted")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void so_does_a_parked_event(boolean readModelNotices) {
        createReadModel(readModelNotices);
        broken = true;
        append();
        append();
        runner.start();
        Eventually.until("both events wait", () -> waiting() == 2, runner::status);

        broken = false;
        cutting = true;
        runner.retryParked("counted", ADA);
        letTheCommitThroughWhenTheProjectionAsksForIt();

        Eventually.until("the stream goes on", () -> waiting() == 0, runner::status);
        append();
        Eventually.until("the next event counts", () -> count() >= 3, runner::status);
        assertThat(count()).isEqualTo(3);
        assertThat(asked).hasValue(1);
    }

    private void createReadModel(boolean readModelNotices) {
        DATABASE.createTable(prefix + "counted", "position bigint" + (readModelNotices ? " PRIMARY KEY" : ""));
    }

    private void apply(RecordedEvent<Event> event) {
        if (broken) {
            throw new IllegalStateException("broken");
        }
        application
                .sql(names.in("INSERT INTO eventcore_counted VALUES (?)"))
                .param(event.position().value())
                .update();
        if (cutting) {
            cutting = false;
            late.set(proxy.lateAt("COMMIT"));
            cut.countDown();
        }
    }

    private void letTheCommitThroughWhenTheProjectionAsksForIt() {
        Holder.await(cut);
        TcpProxy.Delay delay = Objects.requireNonNull(late.get());
        delay.awaitHeld();
        JdbcClient superuser = JdbcClient.create(DATABASE.superusersDataSource());
        Eventually.until(
                "the projection waits for the end of its old transaction",
                () -> superuser
                                .sql("SELECT count(*) FROM pg_stat_activity"
                                        + " WHERE wait_event_type = 'Lock' AND query LIKE ?")
                                .param("%" + prefix + "%")
                                .query(Integer.class)
                                .single()
                        > 0,
                runner::status);
        delay.end();
    }

    private long count() {
        return beside.sql(names.in("SELECT count(*) FROM eventcore_counted"))
                .query(Long.class)
                .single();
    }

    private long waiting() {
        return runner.parkedStreams("counted").stream()
                .mapToLong(ParkedStream::waiting)
                .sum();
    }

    private void append() {
        store.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, 1)));
    }
}
