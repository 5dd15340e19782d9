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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BatchSizeTest {
    private static final StreamId A = StreamId.of("a");

    @EventType("batches.seen")
    record Seen(StreamId streamId, int number) implements Event {}

    @Test
    void it_grows_while_batches_are_quick_and_full() {
        BatchSize size = of(ProjectionMode.TRANSACTIONAL, 2_000);

        assertThat(size.next()).isEqualTo(500);
        size.took(499, 0);
        assertThat(size.next()).isEqualTo(500);
        size.took(500, BatchSize.QUICK_NANOS);
        assertThat(size.next()).isEqualTo(1_000);
        size.took(1_000, 0);
        assertThat(size.next()).isEqualTo(2_000);
        size.took(2_000, 0);
        assertThat(size.next()).isEqualTo(2_000);
    }

    @Test
    void it_is_small_again_after_a_batch_that_took_long_or_failed() {
        BatchSize size = of(ProjectionMode.TRANSACTIONAL, 2_000);

        size.took(500, 0);
        size.took(1_000, BatchSize.QUICK_NANOS + 1);
        assertThat(size.next()).isEqualTo(500);
        size.took(500, 0);
        size.failed();
        assertThat(size.next()).isEqualTo(500);
    }

    @ParameterizedTest
    @CsvSource({"TRANSACTIONAL, 1, 1", "TRANSACTIONAL, 700, 700", "AT_LEAST_ONCE, 2000, 500", "AT_LEAST_ONCE, 20, 20"})
    void it_never_exceeds_the_settings_nor_what_may_come_again(ProjectionMode mode, int set, int most) {
        BatchSize size = of(mode, set);

        for (int i = 0; i < 5; i++) {
            size.took(size.next(), 0);
        }

        assertThat(size.next()).isEqualTo(most);
    }

    @ParameterizedTest
    @EnumSource(ProjectionMode.class)
    void a_projection_that_catches_up_is_given_no_more(ProjectionMode mode) {
        EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class)));
        events.appendEvents(StreamWrites.to(
                A,
                ExpectedVersion.noStream(),
                IntStream.range(0, 900).mapToObj(i -> new Seen(A, i)).toArray(Event[]::new)));
        Queue<Integer> batches = new ConcurrentLinkedQueue<>();
        ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                .listener((partition, kind, given) -> {
                    batches.add(given.size());
                    return ProjectionListener.Batch.IGNORED;
                })
                .projection(projection(mode))
                .build();

        runner.start();
        AwaitOutcome outcome = runner.awaitPosition("seen", events.lastPosition(), Duration.ofMinutes(1));
        runner.stop();

        assertThat(outcome).isEqualTo(AwaitOutcome.REACHED);
        assertThat(batches).containsExactly(500, 400);
    }

    private static BatchSize of(ProjectionMode mode, int set) {
        RunnerSettings settings = new RunnerSettings(
                set,
                Duration.ofSeconds(10),
                Duration.ofMillis(5),
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                Duration.ofSeconds(30),
                Duration.ofMinutes(1));
        return BatchSize.of(projection(mode), settings);
    }

    private static Projection<Seen> projection(ProjectionMode mode) {
        ProjectionBuilder<Seen> builder = Projection.named("seen", Seen.class).on(Seen.class, event -> {});
        return (mode == ProjectionMode.AT_LEAST_ONCE ? builder.atLeastOnce() : builder).build();
    }
}
