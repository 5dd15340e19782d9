package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Scenarios of events that hold personal data. */
class PersonalDataScenarioTest {
    private static final StreamId CUSTOMER = StreamId.of("customer-1");

    @EventType("customer.named")
    record Named(
            StreamId streamId,
            String subject,
            @PersonalData(subject = "subject") String name) implements Event {}

    record Greet(@Stream StreamId customer) implements Command<String, Named> {
        @Override
        public String initialState() {
            return "";
        }

        @Override
        public String apply(String name, Named event) {
            return event.name();
        }

        @Override
        public List<Named> handle(String name) {
            return List.of(new Named(customer, "ada", "Dear " + name));
        }
    }

    @Test
    void a_command_decides_on_personal_data() {
        CommandScenario.given(new Named(CUSTOMER, "ada", "Ada"))
                .when(new Greet(CUSTOMER))
                .then(new Named(CUSTOMER, "ada", "Dear Ada"));
    }

    @Test
    void the_serializer_of_the_application_protects_it() {
        PersonalDataProtection protection = PersonalDataProtection.of(new InMemorySubjectKeyStore());

        CommandScenario.given(new Named(CUSTOMER, "ada", "Ada"))
                .storedBy(new JacksonEventSerializer(
                        EventTypes.of(Named.class), EventJson.builder().build(), protection))
                .when(new Greet(CUSTOMER))
                .then(new Named(CUSTOMER, "ada", "Dear Ada"));
    }

    @Test
    void events_with_personal_data_are_well_formed_and_come_back() {
        EventCoreAssertions.assertWellFormed("io.eventcore.test.persons");
        EventCoreAssertions.assertRoundTrips("io.eventcore.test.persons");
    }

    @Test
    void personal_data_that_comes_back_different_is_found() {
        EventTypes types = EventTypes.of(Named.class);
        EventSerializer forgetful = new Forgetful(new JacksonEventSerializer(
                types, EventJson.builder().build(), PersonalDataProtection.of(new InMemorySubjectKeyStore())));

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertRoundTrips(types, forgetful))
                .withMessageContaining("comes back different: component 'name'");
    }

    /** Reads every name as another one. */
    private record Forgetful(EventSerializer serializer) implements EventSerializer {
        @Override
        public SerializedEvent serialize(Event event) {
            return serializer.serialize(event);
        }

        @Override
        public Event deserialize(SerializedEvent stored) {
            Named named = (Named) serializer.deserialize(stored);
            return new Named(named.streamId(), named.subject(), "another");
        }

        @Override
        public Set<String> storedNames(Class<? extends Event> type) {
            return serializer.storedNames(type);
        }
    }
}
