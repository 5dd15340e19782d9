package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong says what the reader of the message can do. */
class ProjectionMessagesTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    @EventType("account.seen")
    record Seen(StreamId streamId) implements Event {}

    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class)));
    private final ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
            .poll(Duration.ofMillis(2), Duration.ofMillis(20))
            .projection(Projection.named("balances", Seen.class)
                    .atLeastOnce()
                    .on(Seen.class, event -> {
                        throw new IllegalStateException("s3cr3t");
                    })
                    .onError(failure -> FailureDecision.FAIL)
                    .build())
            .build();

    @AfterEach
    void stop() {
        runner.stop();
    }

    @Test
    void a_projection_that_has_stopped_says_how_it_goes_on() {
        events.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Seen(ADA)));
        runner.start();

        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (part().state() != ProjectionState.FAILED) {
            assertThat(System.nanoTime() - end).as("time left").isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }

        assertThat(part().lastFailure())
                .startsWith("java.lang.IllegalStateException at position 1 (type 'account.seen')")
                .contains("onError returned FAIL", "fix the cause and resume the projection", "SKIP", "PARK")
                .doesNotContain("s3cr3t");
        assertThat(part().estimatedTimeLeft()).isEmpty();
    }

    @Test
    void a_projection_of_functions_that_cannot_be_reset_is_named_and_says_what_it_lacks() {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> runner.reset("balances"))
                .withMessageContaining("'balances'")
                .withMessageContaining("clearedBy(...)");
    }

    @Test
    void a_projection_of_its_own_class_that_cannot_be_reset_is_named_and_says_what_it_lacks() {
        Projection<Seen> projection = new Projection<>() {
            @Override
            public String name() {
                return "totals";
            }

            @Override
            public Class<Seen> eventType() {
                return Seen.class;
            }

            @Override
            public void apply(io.eventcore.RecordedEvent<Seen> event) {}
        };

        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(projection::clear)
                .withMessageContaining("'totals'")
                .withMessageContaining("clear()");
    }

    private ProjectionStatus.Partition part() {
        return runner.status().get(0).partitions().get(0);
    }
}
