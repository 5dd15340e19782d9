package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.ForwardingProjectionStore;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.Race;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * Two instances, each with a pool of five connections, while twelve threads of each keep all of them busy for longer than
 * anything waits for one: a lease can neither be used nor given back. Another projection keeps its lease meanwhile, inside an
 * {@code apply} that needs no connection. Afterwards the first one goes on.
 *
 * <p>The clock is the library's own: leases are renewed four times in their length, so the number of renewals since the pools
 * are free again tells how much time there was.
 */
class ExhaustedPoolLeaseTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final int CONNECTIONS = 5;
    private static final int BUSY_THREADS = 12;
    private static final int CONNECTION_TIMEOUT_MILLIS = 300;
    private static final Duration BEYOND_LEASE = Duration.ofSeconds(2);

    private final String prefix = DATABASE.newTables();
    private final AppendSignal signal = new AppendSignal();
    private final EventStore outside = DATABASE.store(prefix, signal);
    private final Set<Long> seen = ConcurrentHashMap.newKeySet();
    private final CountDownLatch slowBegun = new CountDownLatch(1);
    private final CountDownLatch slowMayEnd = new CountDownLatch(1);

    /** How often each instance has renewed its leases since the pools are free. */
    private final Map<ProjectionStore, AtomicInteger> renewals = new ConcurrentHashMap<>();

    private final List<ProjectionRunner> runners = new ArrayList<>();
    private final List<HikariDataSource> pools = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        slowMayEnd.countDown();
        threads.shutdownNow();
        runners.forEach(ProjectionRunner::stop);
        pools.forEach(HikariDataSource::close);
    }

    @Test
    void a_projection_goes_on_when_its_lease_could_not_be_given_back() {
        exhaust(Duration.ofSeconds(1), Duration.ofMillis(900), store -> store);
    }

    @Test
    @Tag("faults")
    void with_the_leases_and_the_outage_that_were_measured_it_goes_on_too() {
        exhaust(Duration.ofSeconds(5), Duration.ofMillis(2_700), store -> store);
    }

    /** The test sees the fault: leases that memory has forgotten, and that are renewed with all others of their owner. */
    @Test
    @Tag("faults")
    void where_returns_are_forgotten_and_rows_renewed_by_their_owner_it_stands_still() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> exhaust(Duration.ofSeconds(5), Duration.ofMillis(2_700), ByOwner::new))
                .withMessageContaining("stands still");
    }

    private void exhaust(Duration lease, Duration outage, UnaryOperator<ProjectionStore> leases) {
        ProjectionRunner first = start(lease, leases);
        Eventually.until("the first instance runs both", () -> runsBoth(first));
        long before = deposit(ADA);
        Eventually.until("it follows", () -> seen.contains(before));
        deposit(BOB);
        Holder.await(slowBegun);
        start(lease, leases);

        List<Future<?>> busy = new ArrayList<>();
        for (HikariDataSource pool : pools) {
            IntStream.range(0, BUSY_THREADS).forEach(i -> busy.add(threads.submit(() -> hold(pool, outage))));
        }
        Eventually.until(
                "no connection is left",
                () -> pools.stream()
                        .allMatch(pool -> pool.getHikariPoolMXBean().getActiveConnections() == CONNECTIONS));
        deposit(ADA);
        busy.forEach(future -> Race.elsewhere(future::get));
        long last = deposit(ADA);
        renewals.clear();

        long allowed = 4 * lease.plus(BEYOND_LEASE).toMillis() / lease.toMillis();
        Eventually.until(
                "the projection goes on, or there was time enough",
                () -> seen.contains(last) || renewals.values().stream().anyMatch(count -> count.get() > allowed));
        assertThat(seen).as("the projection stands still").contains(last);
    }

    /** Keeps a connection of the pool, if it gets one, until the outage is over. */
    private static void hold(HikariDataSource pool, Duration outage) {
        JdbcTemplate database = new JdbcTemplate(pool);
        long end = System.nanoTime() + outage.toNanos();
        for (long left = outage.toNanos(); left > 0; left = end - System.nanoTime()) {
            try {
                database.execute("SELECT pg_sleep(" + left / 1e9 + ")");
            } catch (CannotGetJdbcConnectionException exhausted) {
                assertThat(exhausted).hasMessageContaining("Failed to obtain JDBC Connection");
            }
        }
    }

    private ProjectionRunner start(Duration lease, UnaryOperator<ProjectionStore> leases) {
        HikariConfig config = DATABASE.appConfig();
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        ProjectionStore store =
                leases.apply(new Counting(TestDatabase.jdbc(pool, prefix).projectionStore()));
        ProjectionRunner runner = ProjectionRunner.builder(TestDatabase.store(pool, prefix), store)
                .transactionManager(new JdbcTransactionManager(pool))
                .lease(lease)
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .wokenBy(signal)
                .projection(Projection.named("busy", LedgerEvent.class)
                        .filter(EventFilter.prefix(StreamPrefix.of(ADA.value())))
                        .on(
                                LedgerEvent.class,
                                event -> seen.add(event.position().value()))
                        .onError(failure -> FailureDecision.RETRY)
                        .build())
                .projection(Projection.named("slow", LedgerEvent.class)
                        .filter(EventFilter.prefix(StreamPrefix.of(BOB.value())))
                        .atLeastOnce()
                        .on(LedgerEvent.class, event -> {
                            slowBegun.countDown();
                            Holder.await(slowMayEnd);
                        })
                        .build())
                .build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    private static boolean runsBoth(ProjectionRunner runner) {
        return runner.status().stream()
                .map(ProjectionStatus::partitions)
                .allMatch(parts -> parts.get(0).state() == ProjectionState.LIVE);
    }

    private long deposit(StreamId account) {
        return outside.appendEvents(
                        StreamWrites.to(account, ExpectedVersion.any(), new LedgerEvent.Deposited(account, 1)))
                .lastPosition()
                .value();
    }

    private final class Counting extends ForwardingProjectionStore {
        Counting(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public boolean renew(List<Lease> leases, Duration length) {
            boolean all = super.renew(leases, length);
            renewals.computeIfAbsent(this, store -> new AtomicInteger()).incrementAndGet();
            return all;
        }
    }

    /**
     * As it was: one owner for a whole instance, whose rows are all renewed as long as it holds one, who does not take its own
     * again, and who believes that what it gives back is given back.
     */
    private static final class ByOwner extends ForwardingProjectionStore {
        private final String owner = UUID.randomUUID().toString();

        ByOwner(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public Optional<Lease> acquire(ProjectionPartition partition, int partitions, String worker, Duration length) {
            boolean taken = partitions().stream()
                    .filter(state -> state.partition().equals(partition))
                    .anyMatch(state -> !state.free());
            return taken ? Optional.empty() : super.acquire(partition, partitions, owner, length);
        }

        @Override
        public boolean renew(List<Lease> leases, Duration length) {
            List<Lease> rows = partitions().stream()
                    .filter(state -> state.owner().equals(owner))
                    .map(state -> new Lease(state.partition(), owner, state.token()))
                    .toList();
            super.renew(rows, length);
            return true;
        }

        @Override
        public void release(Lease lease) {
            try {
                super.release(lease);
            } catch (RuntimeException forgotten) {
                assertThat(forgotten).isInstanceOf(EventStoreException.class);
            }
        }
    }
}
