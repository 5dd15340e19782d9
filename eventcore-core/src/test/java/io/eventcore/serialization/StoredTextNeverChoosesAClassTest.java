package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.eventcore.Event;
import io.eventcore.EventType;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.DefaultTyping;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

/** An application may have opened its own mapper to every class there is; stored events stay closed. */
class StoredTextNeverChoosesAClassTest {
    @EventType("loose")
    record Loose(Object anything) implements Event {}

    @EventType("annotated")
    record Annotated(
            @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS) Object anything) implements Event {}

    /** What an attacker would like to see created. */
    public static final class Gadget {
        private static final AtomicBoolean CREATED = new AtomicBoolean();

        public Gadget() {
            CREATED.set(true);
        }
    }

    private final JsonMapper open = JsonMapper.builder()
            .activateDefaultTyping(
                    BasicPolymorphicTypeValidator.builder()
                            .allowIfBaseType(Object.class)
                            .build(),
                    DefaultTyping.NON_FINAL)
            .build();

    @BeforeEach
    void nothingWasCreatedYet() {
        Gadget.CREATED.set(false);
    }

    @Test
    void the_open_mapper_would_create_it() {
        open.readValue("[\"%s\",{}]".formatted(Gadget.class.getName()), Object.class);

        assertThat(Gadget.CREATED).isTrue();
    }

    @Test
    void default_typing_of_the_applications_mapper_is_switched_off() {
        JacksonEventSerializer serializer = new JacksonEventSerializer(EventTypes.of(Loose.class), open);

        Event event = serializer.deserialize(stored("loose", "{\"anything\":[\"%s\",{}]}"));

        assertThat(event).isInstanceOf(Loose.class);
        assertThat(Gadget.CREATED).isFalse();
        assertThat(new String(serializer.serialize(new Loose("x")).payload(), StandardCharsets.UTF_8))
                .isEqualTo("{\"anything\":\"x\"}");
    }

    @Test
    void a_class_name_is_refused_even_where_an_annotation_asks_for_one() {
        JacksonEventSerializer serializer = new JacksonEventSerializer(EventTypes.of(Annotated.class), open);

        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> serializer.deserialize(stored("annotated", "{\"anything\":{\"@class\":\"%s\"}}")));

        assertThat(Gadget.CREATED).isFalse();
    }

    private static SerializedEvent stored(String type, String json) {
        return SerializedEvent.of(type, json.formatted(Gadget.class.getName()).getBytes(StandardCharsets.UTF_8));
    }
}
