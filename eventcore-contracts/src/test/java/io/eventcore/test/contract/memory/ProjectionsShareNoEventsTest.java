package io.eventcore.test.contract.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a projection does to an event, by mistake or not, is seen neither by another projection nor by its own next attempt. */
class ProjectionsShareNoEventsTest {
    private static final StreamId CART = StreamId.of("cart-1");

    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(
            EventTypes.builder().register(Added.class, "added").build()));
    private final List<Integer> seenByOne = new CopyOnWriteArrayList<>();
    private final List<Integer> seenByTheOther = new CopyOnWriteArrayList<>();

    private record Added(StreamId streamId, List<String> items) implements Event {}

    @Test
    void what_one_projection_adds_to_an_event_is_not_seen_by_another() {
        ProjectionRunner runner = runner(
                Projection.named("one", Added.class)
                        .on(Added.class, event -> lookAndAdd(event.event(), seenByOne))
                        .build(),
                Projection.named("other", Added.class)
                        .on(Added.class, event -> lookAndAdd(event.event(), seenByTheOther))
                        .build());
        runner.start();
        try {
            for (int i = 1; i <= 5; i++) {
                int appended = i;
                events.appendEvents(StreamWrites.to(CART, ExpectedVersion.any(), new Added(CART, List.of("bread"))));
                Eventually.until(
                        "both have seen it", () -> Math.min(seenByOne.size(), seenByTheOther.size()) == appended);
            }
        } finally {
            runner.stop();
        }
        assertThat(seenByOne).containsOnly(1);
        assertThat(seenByTheOther).containsOnly(1);
    }

    @Test
    void what_an_attempt_that_failed_has_added_is_not_seen_by_the_next_one() {
        AtomicInteger attempts = new AtomicInteger();
        ProjectionRunner runner = runner(Projection.named("one", Added.class)
                .on(Added.class, event -> {
                    lookAndAdd(event.event(), seenByOne);
                    if (attempts.incrementAndGet() < 3) {
                        throw new IllegalStateException("not yet");
                    }
                })
                .onError(failure -> FailureDecision.RETRY)
                .build());
        events.appendEvents(StreamWrites.to(CART, ExpectedVersion.any(), new Added(CART, List.of("bread"))));
        runner.start();
        try {
            Eventually.until("it was applied", () -> attempts.get() == 3);
        } finally {
            runner.stop();
        }
        assertThat(seenByOne).containsExactly(1, 1, 1);
    }

    private static void lookAndAdd(Added event, List<Integer> seen) {
        seen.add(event.items().size());
        event.items().add("more");
    }

    private ProjectionRunner runner(Projection<?>... projections) {
        ProjectionRunner.Builder builder = ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5));
        for (Projection<?> projection : projections) {
            builder = builder.projection(projection);
        }
        return builder.build();
    }
}
