package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.internal.EventDecoder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
