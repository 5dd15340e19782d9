package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The tables of projections are restored under a running one, as they were a moment ago: with the same checkpoint and the
 * same lease, but with other parked streams than the instance has in memory.
 */
class RestoredParkedStreamsTest {
    private static final ProjectionPartition PARTITION = new ProjectionPartition("seen", 0);
    private static final StreamId A = StreamId.of("a");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @EventType("restored.seen")
    record Seen(StreamId streamId) implements Event {}

    private final AtomicLong sinceStart = new AtomicLong();
    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class)));
    private final InMemoryProjectionStore store = new InMemoryProjectionStore();
    private final List<Long> applied = new CopyOnWriteArrayList<>();
    private final AtomicLong looks = new AtomicLong();
    private volatile boolean broken;

    private final ProjectionRunner runner = ProjectionRunner.builder(events, watched())
            .transactionManager(new InMemoryTransactionManager())
            .poll(Duration.ofMillis(2), Duration.ofMillis(5))
            .lease(Duration.ofHours(10))
            .nanoTime(() -> System.nanoTime() + sinceStart.get())
            .projection(Projection.named("seen", Seen.class)
                    .on(Seen.class, event -> {
                        if (broken) {
                            throw new IllegalStateException("broken");
                        }
                        applied.add(event.position().value());
                    })
                    .onError(failure -> FailureDecision.PARK)
                    .build())
            .build();

    @AfterEach
    void stop() {
        runner.stop();
    }

    @Test
    void a_stream_that_is_parked_again_is_noticed_at_the_next_check_and_no_event_of_it_counts_twice() {
        long first = append();
        runner.start();
        awaitReached(first);

        change(new ParkedChange.Parked(parked(first)));
        long before = looks.get();
        sinceStart.addAndGet(RunnerSettings.VERIFY_EVERY.toNanos() + 1);
        until(() -> looks.get() > before);
        long second = append();
        until(() -> waiting() == 2 || applied.contains(second));

        assertThat(applied).containsExactly(first);
        assertThat(waiting()).isEqualTo(2);
    }

    @Test
    void a_stream_that_is_not_parked_any_more_is_noticed_when_its_next_event_comes() {
        broken = true;
        long first = append();
        runner.start();
        until(() -> waiting() == 1);
        broken = false;

        change(new ParkedChange.Released(store.parkedStreams("seen").get(0)));
        long second = append();

        until(() -> applied.contains(second));
        assertThat(applied).doesNotContain(first);
        assertThat(store.parkedStreams("seen")).isEmpty();
    }

    /** Counts how often it is asked for the ids of parked streams. */
    private ProjectionStore watched() {
        return (ProjectionStore) Proxy.newProxyInstance(
                ProjectionStore.class.getClassLoader(),
                new Class<?>[] {ProjectionStore.class},
                (proxy, method, args) -> {
                    try {
                        Object answer = method.invoke(store, args);
                        if (method.getName().equals("parkedIds")) {
                            looks.incrementAndGet();
                        }
                        return answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** As if it had always been so: under the lease that the instance holds. */
    private void change(ParkedChange change) {
        PartitionState state = store.partitions("seen").get(0);
        Lease lease = new Lease(PARTITION, state.owner(), state.token());
        assertThat(store.advance(lease, state.checkpoint(), state.checkpoint(), List.of(change)))
                .isTrue();
    }

    private static ParkedStream parked(long position) {
        return new ParkedStream(
                PARTITION,
                A,
                GlobalPosition.of(position),
                "restored.seen",
                "java.lang.IllegalStateException",
                1,
                ParkedStream.Request.NONE);
    }

    private long append() {
        return events.appendEvents(StreamWrites.to(A, ExpectedVersion.any(), new Seen(A)))
                .lastPosition()
                .value();
    }

    private void awaitReached(long position) {
        assertThat(runner.awaitPosition("seen", GlobalPosition.of(position), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    private long waiting() {
        return store.parkedStreams("seen").stream()
                .mapToLong(ParkedStream::waiting)
                .sum();
    }

    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
