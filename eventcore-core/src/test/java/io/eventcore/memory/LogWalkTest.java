package io.eventcore.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The walk through the log that {@link io.eventcore.EventReader#forEachEvent} makes of pages. */
class LogWalkTest {
    @EventType("walk.counted")
    record Counted(StreamId streamId, long number) implements Event {}

    private final EventStore store = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Counted.class)));
    private final List<Long> seen = new ArrayList<>();

    @Test
    void it_gives_each_event_of_all_pages_in_order_and_goes_on_from_its_end() {
        count(0, 2_500);

        GlobalPosition end = walk(EventFilter.all(), GlobalPosition.START);

        assertThat(seen).isEqualTo(LongStream.range(0, 2_500).boxed().toList());
        assertThat(end).isEqualTo(store.lastPosition());

        seen.clear();
        assertThat(walk(EventFilter.all(), end)).isEqualTo(end);
        assertThat(seen).isEmpty();

        count(2_500, 3);
        walk(EventFilter.all(), end);
        assertThat(seen).containsExactly(2_500L, 2_501L, 2_502L);
    }

    @Test
    void it_gives_what_the_filter_wants_and_passes_over_the_rest() {
        count(0, 20);

        GlobalPosition end = walk(EventFilter.prefix(StreamPrefix.of("counter-3")), GlobalPosition.START);

        assertThat(seen).containsExactly(3L, 13L);
        assertThat(end).isEqualTo(store.lastPosition());
    }

    @Test
    void what_the_action_throws_ends_it() {
        count(0, 5);

        assertThatIllegalStateException()
                .isThrownBy(() -> store.forEachEvent(EventFilter.all(), GlobalPosition.START, Counted.class, event -> {
                    seen.add(event.event().number());
                    if (event.event().number() == 2) {
                        throw new IllegalStateException("enough");
                    }
                }))
                .withMessage("enough");
        assertThat(seen).containsExactly(0L, 1L, 2L);
    }

    private GlobalPosition walk(EventFilter filter, GlobalPosition after) {
        return store.forEachEvent(
                filter, after, Counted.class, event -> seen.add(event.event().number()));
    }

    private void count(int from, int events) {
        IntStream.range(from, from + events).forEach(number -> {
            StreamId stream = StreamId.of("counter-" + number % 10);
            store.appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), new Counted(stream, number)));
        });
    }
}
