package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.memory.PassThroughEventSerializer;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
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

    // tag::roundtrips[]
    @Test
    void every_event_comes_back_as_it_was() {
        EventCoreAssertions.assertRoundTrips("io.eventcore.test.wellformed");
    }
    // end::roundtrips[]

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
    void every_event_that_does_not_come_back_is_named_with_its_component() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertRoundTrips("io.eventcore.test.malformed"))
                .withMessageContaining("Mistakes$Paid cannot be stored: ")
                .withMessageContaining("Mistakes$Flagged would come back different: component 'flags'")
                .withMessageContaining("Mistakes$Nameless has no stored name: add @EventType(\"mistakes.nameless\")")
                .withMessageContaining("No sample can be made of io.eventcore.test.malformed.Mistakes$Picky: pass one")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("@Snapshot"));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertRoundTrips("io.eventcore.nowhere"))
                .withMessageContaining("no event class in package io.eventcore.nowhere");
    }

    @EventType("roundtrips.rated")
    record Rated(StreamId streamId, String stars) implements Event {
        Rated {
            if (!stars.startsWith("*")) {
                throw new IllegalArgumentException("no stars");
            }
        }
    }

    /** Equal by its number, whatever else it has. */
    @EventType("roundtrips.numbered")
    record Numbered(int number, String text) implements Event {
        @Override
        public boolean equals(Object other) {
            return other instanceof Numbered that && number == that.number;
        }

        @Override
        public int hashCode() {
            return number;
        }
    }

    @Test
    void what_a_serializer_loses_is_found_although_it_does_not_notice() {
        EventTypes types = EventTypes.of(Numbered.class, TicketEvent.class);
        JacksonEventSerializer sound = new JacksonEventSerializer(types);
        EventSerializer losing = new EventSerializer() {
            @Override
            public SerializedEvent serialize(Event event) {
                return sound.serialize(event);
            }

            @Override
            public Event deserialize(SerializedEvent stored) {
                Event event = sound.deserialize(stored);
                return event instanceof Numbered numbered ? new Numbered(numbered.number(), "lost") : event;
            }

            @Override
            public Set<String> storedNames(Class<? extends Event> type) {
                return types.namesOf(type);
            }
        };

        EventCoreAssertions.assertRoundTrips(types, sound);
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertRoundTrips(types, losing))
                .withMessageContaining("Numbered comes back different: component 'text'");
    }

    @Test
    void samples_that_are_given_are_tried_too() {
        EventTypes types = EventTypes.of(Rated.class);
        EventSerializer serializer = new JacksonEventSerializer(types);
        StreamId stream = StreamId.of("film-1");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertRoundTrips(types, serializer))
                .withMessageContaining("No sample can be made of");
        EventCoreAssertions.assertRoundTrips(types, serializer, new Rated(stream, "***"));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertRoundTrips(
                        types, serializer, new Rated(stream, "***"), new TicketEvent.Sold(stream, 1)))
                .withMessageContaining("A sample of " + TicketEvent.Sold.class.getName());
    }

    @Test
    void a_package_without_commands_is_taken_for_a_mistake() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed("io.eventcore.nowhere"))
                .withMessageContaining("no command in package io.eventcore.nowhere");
    }
}
