package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * An instance whose projection calls something slow: 100 ms for each event, and for the fifth one longer than the lease.
 *
 * <p>Says every other second how much of the heap is in use after a collection, and ends after a while.
 */
final class SlowProjectionNode {
    static final String HEAP = "HEAP ";
    static final String PROJECTION = "slow";
    static final Duration LEASE = Duration.ofSeconds(2);
    static final int SAMPLES = 30;

    private static final Duration FOR_AN_EVENT = Duration.ofMillis(100);
    private static final Duration LONGER_THAN_THE_LEASE = LEASE.multipliedBy(2);
    private static final Duration BETWEEN_SAMPLES = Duration.ofSeconds(2);

    private SlowProjectionNode() {}

    /** Arguments: URL, user and password of the database, prefix of the tables. */
    public static void main(String[] args) throws InterruptedException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(4);
        HikariDataSource pool = new HikariDataSource(config);
        EventStore events =
                TestDatabase.jdbc(pool, args[3]).eventStore(new JacksonEventSerializer(LedgerEvent.types()));
        AtomicInteger count = new AtomicInteger();
        ProjectionRunner.builder(events, TestDatabase.jdbc(pool, args[3]).projectionStore())
                .lease(LEASE)
                .projection(Projection.named(PROJECTION, LedgerEvent.class)
                        .on(LedgerEvent.class, event -> {
                            boolean fifth = count.incrementAndGet() == 5;
                            work(fifth ? LONGER_THAN_THE_LEASE : FOR_AN_EVENT);
                        })
                        .atLeastOnce()
                        .build())
                .build()
                .start();
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; i < SAMPLES; i++) {
            if (never.await(BETWEEN_SAMPLES.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException();
            }
            System.out.println(HEAP + heapAfterCollection());
        }
        Runtime.getRuntime().halt(0);
    }

    private static void work(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static long heapAfterCollection() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
