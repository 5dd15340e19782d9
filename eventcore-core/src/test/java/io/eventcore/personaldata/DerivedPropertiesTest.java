package io.eventcore.personaldata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.eventcore.Event;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.annotation.JsonAppend;

/** What a class tells besides its components could repeat personal data where no erasure reaches it. */
class DerivedPropertiesTest {
    private static final String CANARY = "Ada Lovelace 1815";

    private interface InOneStream extends Event {
        @Override
        default StreamId streamId() {
            return StreamId.of("customer-1");
        }
    }

    record Getter(
            String customer,
            @PersonalData(subject = "customer") String name) implements InOneStream {
        public String getFull() {
            return "Dr " + name;
        }
    }

    record Flag(
            String customer,
            @PersonalData(subject = "customer") String name) implements InOneStream {
        public boolean isLong() {
            return name.length() > 9;
        }
    }

    record Named(
            String customer,
            @PersonalData(subject = "customer") String name) implements InOneStream {
        @JsonProperty("greeting")
        public String greeting() {
            return "Hi " + name;
        }
    }

    record Others(
            String customer,
            @PersonalData(subject = "customer") String name) implements InOneStream {
        @JsonAnyGetter
        public Map<String, Object> others() {
            return Map.of("other", name);
        }
    }

    @JsonAppend(attrs = @JsonAppend.Attr("appended"))
    record Appended(
            String customer,
            @PersonalData(subject = "customer") String name) implements InOneStream {}

    interface Shown {
        String name();

        default String getShown() {
            return name();
        }
    }

    record ByInterface(
            String customer,
            @PersonalData(subject = "customer") String name) implements InOneStream, Shown {}

    record Part(
            String customer,
            @PersonalData(subject = "customer") String name) {}

    record Around(Part part) implements InOneStream {
        public String getName() {
            return part.name();
        }
    }

    record DerivedPart(
            String customer,
            @PersonalData(subject = "customer") String name) {
        public String getFull() {
            return "Dr " + name;
        }
    }

    record AroundDerived(List<DerivedPart> parts) implements InOneStream {}

    static class Bean implements InOneStream {
        private @Nullable String customer;

        @PersonalData(subject = "customer")
        private @Nullable String name;

        public @Nullable String getCustomer() {
            return customer;
        }

        public void setCustomer(String customer) {
            this.customer = customer;
        }

        public @Nullable String getName() {
            return name;
        }

        public void setName(String name) {
            this.name = name;
        }

        public String getFull() {
            return "Dr " + name;
        }
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                Getter.class,
                Flag.class,
                Named.class,
                Others.class,
                Appended.class,
                ByInterface.class,
                Around.class,
                AroundDerived.class,
                Bean.class
            })
    void a_class_that_tells_more_than_its_components_beside_personal_data_is_refused(Class<? extends Event> type) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> serializer(type))
                .withMessageContaining("is not a component, and would be stored beside @PersonalData")
                .withMessageContaining("mark it @JsonIgnore");
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = AnyPart.class, name = "any"),
        @JsonSubTypes.Type(value = NoPart.class, name = "none")
    })
    interface Anything {}

    record AnyPart(
            String customer,
            @PersonalData(subject = "customer") String name) implements Anything {}

    record NoPart(int number) implements Anything {}

    record Open(Anything part) implements InOneStream {
        public String getText() {
            return Objects.toString(part);
        }
    }

    @Test
    void where_only_the_object_tells_whether_there_is_personal_data_the_object_is_looked_at() {
        JacksonEventSerializer serializer = serializer(Open.class);

        assertThatIllegalStateException()
                .isThrownBy(() -> serializer.serialize(new Open(new AnyPart("c", CANARY))))
                .withMessageContaining("'text' of " + Open.class.getName())
                .withMessageNotContaining(CANARY);
        assertThat(stored(serializer, new Open(new NoPart(1)))).contains("\"text\"");
    }

    record Sound(
            String customer,
            @PersonalData(subject = "customer") String name) implements InOneStream {
        @JsonIgnore
        public String getFull() {
            return "Dr " + name;
        }

        public String full() {
            return "Dr " + name;
        }
    }

    record Renamed(
            @JsonProperty("who") String customer,

            @PersonalData(subject = "customer") @JsonProperty("called")
            String name)
            implements InOneStream {}

    @Test
    void a_method_that_is_not_stored_may_tell_what_it_likes() {
        String sound = stored(serializer(Sound.class), new Sound("c", CANARY));
        String renamed = stored(serializer(Renamed.class), new Renamed("c", CANARY));

        assertThat(sound).contains("customer", "name").doesNotContain("Dr ", "full", CANARY);
        assertThat(renamed).contains("who", "called").doesNotContain(CANARY);
    }

    private static String stored(JacksonEventSerializer serializer, Event event) {
        SerializedEvent stored = serializer.serialize(event);
        return new String(
                stored instanceof PersonalEvent personal ? personal.payloadWithPlaceholders() : stored.payload(),
                StandardCharsets.UTF_8);
    }

    private static JacksonEventSerializer serializer(Class<? extends Event> type) {
        EventTypes.Builder types = EventTypes.builder();
        types.register(type, "event");
        return new JacksonEventSerializer(
                types.build(), EventJson.builder().build(), PersonalDataProtection.of(new InMemorySubjectKeyStore()));
    }
}
