package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which event objects the commands of a hot stream fold: shared ones only if no command can change them. */
class HotStreamEventsTest {
    private static final StreamId CART = StreamId.of("cart-1");

    private final EventStore store = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.builder()
            .register(Added.class, "added")
            .register(Noted.class, "noted")
            .build()));
    private final CommandExecutor executor = CommandExecutor.builder(store).build();

    sealed interface CartEvent extends Event {}

    /** Its list can be changed by those who have the event. */
    record Added(StreamId streamId, List<String> items) implements CartEvent {}

    /** Nothing in it can be changed. */
    record Noted(StreamId streamId, List<String> notes) implements CartEvent {
        Noted {
            notes = List.copyOf(notes);
        }
    }

    @BeforeEach
    void heatUp() {
        AtomicInteger decisions = new AtomicInteger();
        executor.execute(Decision.over(CartEvent.class, CART)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .deciding(count -> {
                    if (decisions.incrementAndGet() == 1) {
                        store.appendEvents(StreamWrites.to(CART, ExpectedVersion.any(), added("first")));
                    }
                    return List.of(added("second"));
                }));
    }

    @Test
    void a_state_that_is_part_of_an_event_is_seen_by_one_command_alone() {
        List<Integer> seen = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            executor.execute(Decision.over(CartEvent.class, CART)
                    .startingWith(List.<String>of())
                    .applying(HotStreamEventsTest::asCarelessCode)
                    .deciding(items -> {
                        seen.add(items.size());
                        return List.of(added("more"));
                    }));
        }

        assertThat(seen).containsExactly(2, 3, 4, 5);
    }

    /** Right as long as each command has events of its own, as it has on a stream that is not hot. */
    private static List<String> asCarelessCode(List<String> items, CartEvent event) {
        List<String> more = ((Added) event).items();
        if (items.isEmpty()) {
            return more;
        }
        items.addAll(more);
        return items;
    }

    @Test
    void an_event_that_cannot_be_changed_is_decoded_once_for_all_commands() {
        Set<CartEvent> folded = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < 4; i++) {
            executor.execute(Decision.over(CartEvent.class, CART)
                    .startingWith(0)
                    .applying((count, event) -> {
                        if (event instanceof Noted) {
                            folded.add(event);
                        }
                        return count + 1;
                    })
                    .deciding(count -> List.of(new Noted(CART, List.of("note")))));
        }

        assertThat(folded).as("events of the first three commands").hasSize(3);
    }

    private static Added added(String item) {
        return new Added(CART, List.of(item));
    }
}
