package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Settings of a runner that make no sense are refused by name, and a wait may be as long as a duration can be. */
class ImpossibleSettingsTest {
    private static final Duration ENDLESS = Duration.ofSeconds(Long.MAX_VALUE);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final StreamId A = StreamId.of("a");

    @EventType("settings.seen")
    record Seen(StreamId streamId) implements Event {}

    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class)));

    @Test
    void an_endless_interval_is_refused() {
        assertRefused(builder -> builder.lease(ENDLESS), "lease must not be longer than 3650 days");
        assertRefused(builder -> builder.poll(SECOND, ENDLESS), "pollMax must not be longer than 3650 days");
        assertRefused(builder -> builder.retryPause(SECOND, ENDLESS), "retryMax must not be longer than 3650 days");
        assertRefused(builder -> builder.maxStandstill(ENDLESS), "maxStandstill must not be longer than 3650 days");
    }

    @Test
    void a_longest_pause_below_the_first_is_refused() {
        assertRefused(
                builder -> builder.retryPause(SECOND, SECOND.dividedBy(2)), "retryMax must not be below retryMin");
        assertRefused(builder -> builder.poll(SECOND, SECOND.dividedBy(2)), "pollMax must not be below pollMin");
    }

    @Test
    void a_lease_that_runs_out_while_it_is_renewed_is_refused() {
        assertRefused(builder -> builder.lease(Duration.ZERO), "lease must be positive");
        assertRefused(
                builder -> builder.lease(Duration.ofNanos(1)), "lease must be at least 100 ms, is PT0.000000001S");
        assertRefused(builder -> builder.lease(Duration.ofMillis(100).minusNanos(1)), "lease must be at least 100 ms");
        builder().lease(Duration.ofMillis(100)).build();
    }

    @Test
    void every_projection_would_stand_still_at_once() {
        assertRefused(builder -> builder.maxStandstill(Duration.ZERO), "maxStandstill must be positive");
    }

    private void assertRefused(UnaryOperator<ProjectionRunner.Builder> setting, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.apply(builder()).build())
                .withMessageStartingWith(message);
    }

    @Test
    void the_longest_settings_that_are_accepted_work_and_a_position_may_be_awaited_for_ever() {
        Duration longest = Duration.ofDays(3650);
        ProjectionRunner runner = builder()
                .lease(longest)
                .retryPause(SECOND, longest)
                .maxStandstill(longest)
                .projection(Projection.named("seen", Seen.class)
                        .on(Seen.class, event -> {})
                        .build())
                .build();
        runner.start();
        try {
            GlobalPosition last = events.appendEvents(StreamWrites.to(A, ExpectedVersion.any(), new Seen(A)))
                    .events()
                    .get(0)
                    .position();

            assertThat(runner.awaitPosition("seen", last, ENDLESS)).isEqualTo(AwaitOutcome.REACHED);
        } finally {
            runner.stop();
        }
    }

    private ProjectionRunner.Builder builder() {
        return ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager());
    }
}
