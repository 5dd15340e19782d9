package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a projection tells about itself while one event in the middle of a page is tried again for ever. */
class RetriedForEverTest {
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final StreamId A = StreamId.of("a");

    @EventType("retried.seen")
    record Seen(StreamId streamId, int number) implements Event {}

    private volatile Instant now = BEGIN;
    private final EventStore events = new InMemoryEventStore(
            new JacksonEventSerializer(EventTypes.of(Seen.class)),
            AppendLimits.defaults(),
            new TestClock(),
            new AppendSignal());
    private final CountDownLatch tried = new CountDownLatch(3);

    private final ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
            .transactionManager(new InMemoryTransactionManager())
            .clock(new TestClock())
            .retryPause(Duration.ofMillis(1), Duration.ofMillis(2))
            .projection(Projection.named("seen", Seen.class)
                    .on(Seen.class, event -> {
                        if (event.event().number() == 3) {
                            throw new IllegalStateException("never");
                        }
                    })
                    .onError(failure -> {
                        tried.countDown();
                        return FailureDecision.RETRY;
                    })
                    .build())
            .build();

    @AfterEach
    void stop() {
        runner.stop();
    }

    @Test
    void its_lag_is_that_of_the_event_and_no_time_is_told() throws InterruptedException {
        GlobalPosition second = GlobalPosition.START;
        for (int number = 1; number <= 5; number++) {
            now = BEGIN.plusSeconds(number);
            GlobalPosition last = events.appendEvents(StreamWrites.to(A, ExpectedVersion.any(), new Seen(A, number)))
                    .lastPosition();
            second = number == 2 ? last : second;
        }
        now = BEGIN.plusSeconds(100);

        runner.start();
        assertThat(tried.await(60, TimeUnit.SECONDS)).isTrue();

        ProjectionStatus.Partition status = runner.status().get(0).partitions().get(0);
        assertThat(status.state()).isEqualTo(ProjectionState.RETRYING);
        assertThat(status.position()).isEqualTo(second);
        assertThat(status.lagInEvents()).isEqualTo(3);
        assertThat(status.lag()).isEqualTo(Duration.ofSeconds(97));
        assertThat(status.estimatedTimeLeft()).isEmpty();
        assertThat(runner.awaitPosition("seen", second, Duration.ofSeconds(60))).isEqualTo(AwaitOutcome.REACHED);
    }

    private final class TestClock extends Clock {
        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
