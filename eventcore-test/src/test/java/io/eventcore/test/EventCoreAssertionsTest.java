package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.serialization.EventTypes;
import io.eventcore.test.wellformed.Tickets.TicketEvent;
import org.junit.jupiter.api.Test;

class EventCoreAssertionsTest {
    // tag::wellformed[]
    @Test
    void commands_and_events_are_well_formed() {
        EventCoreAssertions.assertWellFormed("io.eventcore.test.wellformed");
    }
    // end::wellformed[]

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
                .withMessageContaining("Mistakes$First")
                .withMessageContaining("have one name: give one of them another in @Snapshot")
                .withMessageContaining("@Retry on io.eventcore.test.malformed.Mistakes$Hopeless");
    }

    @Test
    void registered_events_are_enough_wherever_they_live() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed(
                        "io.eventcore.test.malformed", EventTypes.of(TicketEvent.class)))
                .satisfies(e -> org.assertj.core.api.Assertions.assertThat(e.getMessage())
                        .doesNotContain("UnnamedEvents"));
    }

    @Test
    void a_package_without_commands_is_taken_for_a_mistake() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertWellFormed("io.eventcore.nowhere"))
                .withMessageContaining("no command in package io.eventcore.nowhere");
    }
}
