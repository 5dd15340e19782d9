package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.List;
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
}
