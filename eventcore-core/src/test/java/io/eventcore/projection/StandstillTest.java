package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A projection that is behind and makes no step is noticed, whatever state it believes to be in. */
class StandstillTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration LONG = Duration.ofMinutes(5);

    @EventType("account.seen")
    record Seen(StreamId streamId) implements Event {}

    /** By how much the clock of the runner is ahead. */
    private final AtomicLong ahead = new AtomicLong();

    private static final Logger LOG = (Logger) LoggerFactory.getLogger(StandstillWatch.class);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

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
                .lease(Duration.ofHours(1))
                .batchSize(1)
                .maxStandstill(LONG.dividedBy(2))
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

    @BeforeEach
    void listen() {
        LOG.setLevel(Level.INFO);
        log.start();
        LOG.addAppender(log);
    }

    @AfterEach
    void stop() {
        LOG.detachAppender(log);
        LOG.setLevel(null);
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

    @Test
    void a_standstill_is_told_once_in_the_log_and_so_is_its_end() {
        runner.start();
        until(() -> state(runner) == ProjectionState.LIVE);
        append();
        until(() -> status(runner).lag().compareTo(Duration.ZERO) > 0);
        assertThat(told()).isEmpty();

        ahead.addAndGet(LONG.toNanos());

        until(() -> !told().isEmpty());
        assertThat(told().get(0))
                .startsWith("WARN Projection 'seen/0' has made no progress for 30")
                .contains("It is live at position 0");
        goOn.countDown();
        until(() -> told().size() > 1);
        assertThat(told()).hasSize(2);
        assertThat(told().get(1)).startsWith("INFO Projection 'seen/0' makes progress again");
    }

    /** Each event takes a minute, and six of them are read at once. */
    @Test
    void what_is_committed_of_a_page_that_takes_long_is_a_step() {
        List<Duration> standstills = new CopyOnWriteArrayList<>();
        CompletableFuture<ProjectionRunner> slow = new CompletableFuture<>();
        for (int i = 0; i < 6; i++) {
            append();
        }
        ProjectionRunner other = runner(() -> {
            ahead.addAndGet(Duration.ofMinutes(1).toNanos());
            standstills.add(status(slow.join()).standstill());
        });
        slow.complete(other);
        other.start();
        try {
            until(() -> standstills.size() >= 6);

            assertThat(standstills).allMatch(standstill -> standstill.compareTo(Duration.ofMinutes(2)) < 0);
        } finally {
            other.stop();
        }
    }

    private List<String> told() {
        return log.list.stream()
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .toList();
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
