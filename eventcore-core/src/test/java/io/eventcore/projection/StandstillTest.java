package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A projection that is behind and makes no step is noticed, whatever state it believes to be in. */
class StandstillTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration LONG = Duration.ofMinutes(5);

    @EventType("account.seen")
    record Seen(StreamId streamId) implements Event {}

    /** By how much the clock of the runner is ahead. */
    private final AtomicLong ahead = new AtomicLong();

    private final CountDownLatch goOn = new CountDownLatch(1);
    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class)));
    private final ProjectionStore store = new InMemoryProjectionStore(this::now);
    private final ProjectionRunner runner = runner(goOn::await);

    /** What a projection does about an event. */
    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    private ProjectionRunner runner(Action action) {
        return ProjectionRunner.builder(events, store)
                .transactionManager(new InMemoryTransactionManager())
                .lease(Duration.ofSeconds(30))
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .nanoTime(this::now)
                .projection(Projection.named("seen", Seen.class)
                        .on(Seen.class, event -> action.run())
                        .build())
                .build();
    }

    private long now() {
        return System.nanoTime() + ahead.get();
    }

    @AfterEach
    void stop() {
        goOn.countDown();
        runner.stop();
    }

    @Test
    void an_apply_that_does_not_return_is_a_standstill_until_it_does() {
        runner.start();
        until(() -> state(runner) == ProjectionState.LIVE);
        append();
        until(() -> status(runner).lag().compareTo(Duration.ZERO) > 0);

        ahead.addAndGet(LONG.toNanos());

        assertThat(status(runner).standstill()).isBetween(LONG.minusSeconds(30), LONG.plusSeconds(60));
        goOn.countDown();
        until(() -> status(runner).standstill().isZero() && status(runner).lagInEvents() == 0);
    }

    @Test
    void a_projection_that_has_nothing_to_do_does_not_stand_still() {
        runner.start();
        until(() -> state(runner) == ProjectionState.LIVE);

        ahead.addAndGet(LONG.toNanos());

        assertThat(status(runner).standstill()).isZero();
    }

    @Test
    void an_instance_that_stands_by_is_not_blamed_for_the_other_one() {
        runner.start();
        until(() -> state(runner) == ProjectionState.LIVE);
        ProjectionRunner other = runner(() -> {});
        other.start();
        try {
            append();
            until(() -> status(runner).lag().compareTo(Duration.ZERO) > 0);

            ahead.addAndGet(Duration.ofSeconds(20).toNanos());
            until(() -> status(other).standstill().isZero() && state(other) == ProjectionState.STANDBY);

            assertThat(status(runner).standstill()).isPositive();
        } finally {
            other.stop();
        }
    }

    private void append() {
        events.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Seen(ADA)));
    }

    private static ProjectionState state(ProjectionRunner of) {
        return status(of).state();
    }

    private static ProjectionStatus.Partition status(ProjectionRunner of) {
        return of.status().get(0).partitions().get(0);
    }

    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("time left").isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }
}
