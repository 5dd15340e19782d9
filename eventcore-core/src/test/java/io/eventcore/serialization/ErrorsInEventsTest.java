package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventSerializationException;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.internal.EventDecoder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.util.StdConverter;

/** An event whose class throws an error cannot be read, like one whose class throws an exception. */
class ErrorsInEventsTest {
    private static final String SECRET = "s3cr3t";
    private static final StreamId ADA = StreamId.of("account-ada");

    @EventType("event.asserting")
    record Asserting(String text) implements Event {
        Asserting {
            throw new AssertionError(text);
        }
    }

    @EventType("event.unusable")
    record Unusable(String text) implements Event {
        private static final int NUMBER = fail();

        Unusable {
            text = text + NUMBER;
        }

        private static int fail() {
            throw new IllegalStateException(SECRET);
        }
    }

    @EventType("event.endless")
    record Endless(String text) implements Event {
        Endless {
            text = deeper(text);
        }

        private static String deeper(String text) {
            return text.isEmpty() ? text : deeper(text + "1") + "2";
        }
    }

    @EventType("event.exhausting")
    record Exhausting(String text) implements Event {
        Exhausting {
            throw new OutOfMemoryError(text);
        }
    }

    private final EventDecoder decoder = new EventDecoder(new JacksonEventSerializer(
            EventTypes.of(Asserting.class, Unusable.class, Endless.class, Exhausting.class)));

    @ParameterizedTest
    @ValueSource(strings = {"event.asserting", "event.unusable", "event.unusable", "event.endless"})
    void an_error_names_the_place_and_quotes_nothing(String type) {
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> decode(type))
                .satisfies(failure -> {
                    StringWriter text = new StringWriter();
                    failure.printStackTrace(new PrintWriter(text));
                    assertThat(text.toString()).doesNotContain(SECRET);
                    assertThat(failure.position()).isEqualTo(GlobalPosition.of(7));
                    assertThat(failure.getCause()).isNotNull();
                });
    }

    @Test
    void memory_that_runs_out_is_no_fault_of_the_event() {
        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> decode("event.exhausting"));
    }

    @EventType("event.told")
    record Told(Throwing text) implements Event {}

    /** What is thrown when it is written. */
    @JsonSerialize(using = Thrower.class)
    record Throwing(Error error) {}

    static final class Thrower extends ValueSerializer<Throwing> {
        @Override
        public void serialize(Throwing value, JsonGenerator generator, SerializationContext context) {
            throw value.error();
        }
    }

    /** Jackson reads its elements by a converter that it looks for without end. */
    @EventType("event.converted")
    record Converted(
            @JsonSerialize(contentConverter = ToMap.class) @JsonDeserialize(contentConverter = FromMap.class)
            List<Element> elements)
            implements Event {}

    record Element(String text) {}

    static final class ToMap extends StdConverter<Element, Map<String, String>> {
        @Override
        public Map<String, String> convert(Element element) {
            return Map.of("text", element.text());
        }
    }

    static final class FromMap extends StdConverter<Map<String, String>, Element> {
        @Override
        public Element convert(Map<String, String> map) {
            return new Element(String.valueOf(map.get("text")));
        }
    }

    private final InMemoryEventStore store =
            new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Told.class, Converted.class)));

    @Test
    void an_event_that_throws_an_error_when_it_is_written_is_refused_and_not_quoted() {
        for (Event event : List.of(
                new Converted(List.of(new Element(SECRET))), new Told(new Throwing(new AssertionError(SECRET))))) {
            assertThatExceptionOfType(EventSerializationException.class)
                    .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), event)))
                    .satisfies(failure -> {
                        StringWriter text = new StringWriter();
                        failure.printStackTrace(new PrintWriter(text));
                        assertThat(text.toString()).doesNotContain(SECRET);
                        assertThat(failure.getCause()).isNotNull();
                    });
        }
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void memory_that_runs_out_when_an_event_is_written_is_no_fault_of_the_event() {
        Told told = new Told(new Throwing(new OutOfMemoryError("none")));

        assertThatExceptionOfType(OutOfMemoryError.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), told)));
    }

    private void decode(String type) {
        byte[] payload = ("{\"text\":\"" + SECRET + "\"}").getBytes(StandardCharsets.UTF_8);
        StoredEvent.of(
                        ADA,
                        StreamVersion.of(1),
                        GlobalPosition.of(7),
                        UUID.randomUUID(),
                        Instant.EPOCH,
                        type,
                        payload,
                        new byte[0],
                        decoder)
                .decode(Event.class);
    }
}
