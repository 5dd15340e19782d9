package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.memory.PassThroughEventSerializer;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.test.wellformed.Tickets.TicketEvent;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EventCoreAssertionsTest {
    // tag::wellformed[]
    @Test
    void commands_and_events_are_well_formed() {
        EventCoreAssertions.assertWellFormed("io.eventcore.test.wellformed");
    }
    // end::wellformed[]

    // tag::compatible[]
    @Test
    void events_are_read_as_what_they_were() {
        EventCoreAssertions.assertCompatible("io.eventcore.test.wellformed");
    }
    // end::compatible[]

    @Test
    void every_mistake_is_named_with_its_class_and_what_to_do() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed("io.eventcore.test.malformed"))
                .withMessageContaining("Nowhere declares no stream: mark a record component")
                .withMessageContaining("WrongComponent.ticket must mark a StreamId")
                .withMessageContaining("OpenEvents does not say which events it reads: name them")
                .withMessageContaining("UnnamedEvents reads " + TicketEvent.class.getName() + ", but event class "
                        + TicketEvent.Sold.class.getName() + " has no stored name: register it")
                .withMessageContaining("Mistakes$Nameless has no stored name: add @EventType(\"mistakes.nameless\")")
                .withMessageContaining("Mistakes$Paid cannot be stored: ")
                .withMessageContaining("Mistakes$Flagged cannot be stored: ")
                .withMessageContaining("Mistakes$Flagged would come back different: component 'flags'")
                .withMessageContaining("Mistakes$First")
                .withMessageContaining("have one name: give one of them another in @Snapshot")
                .withMessageContaining("@Retry on io.eventcore.test.malformed.Mistakes$Hopeless");
    }

    @Test
    void registered_events_are_enough_wherever_they_live() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed(
                        "io.eventcore.test.malformed", EventTypes.of(TicketEvent.class)))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("UnnamedEvents"));
    }

    @Test
    void an_event_that_refuses_every_sample_is_left_to_the_store() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed("io.eventcore.test.malformed"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("Picky"));
    }

    @Test
    void the_json_is_that_of_the_application() {
        EventTypes types = EventTypes.of(TicketEvent.class);
        PassThroughEventSerializer unread = new PassThroughEventSerializer(types);
        EventSerializer broken = new EventSerializer() {
            @Override
            public SerializedEvent serialize(Event event) {
                return unread.serialize(event);
            }

            @Override
            public Event deserialize(SerializedEvent stored) {
                throw new IllegalStateException("a module is missing");
            }

            @Override
            public Set<String> storedNames(Class<? extends Event> type) {
                return types.namesOf(type);
            }
        };

        EventCoreAssertions.assertWellFormed("io.eventcore.test.wellformed", types, unread);
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed("io.eventcore.test.wellformed", types, broken))
                .withMessageContaining("Sold cannot be stored: a module is missing");
    }

    @Test
    void a_package_without_commands_is_taken_for_a_mistake() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed("io.eventcore.nowhere"))
                .withMessageContaining("no command in package io.eventcore.nowhere");
    }
}
