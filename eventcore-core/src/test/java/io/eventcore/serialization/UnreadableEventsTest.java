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

/** Whatever stands in the database: one typed error, which names the place and quotes nothing. */
class UnreadableEventsTest {
    private static final String SECRET = "s3cr3t";
    private static final StreamId ADA = StreamId.of("account-ada");

    @EventType("bank.opened")
    record Opened(String owner, long cents, Instant since) implements Event {
        Opened {
            if (cents < 0) {
                throw new IllegalArgumentException("negative for " + owner);
            }
        }
    }

    @EventType("bank.closed")
    record Closed() implements Event {}

    private final EventDecoder decoder =
            new EventDecoder(new JacksonEventSerializer(EventTypes.of(Opened.class, Closed.class)));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "s3cr3t",
                "\"s3cr3t\"",
                "[\"s3cr3t\"]",
                "{\"owner\":\"s3cr3t\"",
                "{\"owner\":\"s3cr3t\",\"cents\":\"s3cr3t\"}",
                "{\"owner\":\"s3cr3t\",\"cents\":null}",
                "{\"owner\":{\"s3cr3t\":1},\"cents\":1}",
                "{\"owner\":\"s3cr3t\",\"cents\":1,\"since\":\"s3cr3t\"}",
                "{\"owner\":\"s3cr3t\",\"cents\":-1}",
                "{\"owner\":\"s3cr3t\",\"cents\":99999999999999999999999}",
                "{\"owner\":\"s3cr3t\",\"cents\":1} s3cr3t",
                "{\"owner\":\"s3cr3t\u0000",
                "{\"owner\":\"\\uD83Ds3cr3t\",\"cents\":",
            })
    void a_corrupted_payload_is_one_error_that_names_the_place_and_quotes_nothing(String json) {
        assertThat(assertUnreadable("bank.opened", json.getBytes(StandardCharsets.UTF_8)))
                .hasMessageEndingWith("read as " + Opened.class.getName());
    }

    @Test
    void bytes_that_are_no_text_are_such_an_error_too() {
        assertUnreadable("bank.opened", new byte[] {'{', '"', (byte) 0xC3, (byte) 0x28, 's', '3', 'c', 'r', '3', 't'});
        assertUnreadable("bank.opened", new byte[] {0, 0, 0});
    }

    @Test
    void json_that_is_nested_without_end_is_such_an_error_too() {
        String nested = "{\"owner\":" + "[".repeat(100_000);

        assertUnreadable("bank.opened", nested.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void an_unknown_type_is_such_an_error() {
        EventDeserializationException failure =
                assertUnreadable("bank.renamed", "{\"owner\":\"s3cr3t\"}".getBytes(StandardCharsets.UTF_8));

        assertThat(failure)
                .hasMessageContaining("'bank.renamed'")
                .hasMessageContaining("no event class is registered under this name")
                .hasMessageContaining("aliases of its @EventType")
                .hasMessageContaining("restore it while such events are stored");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "java.lang.ProcessBuilder",
                "javax.naming.InitialContext",
                "com.sun.rowset.JdbcRowSetImpl",
                "io.eventcore.serialization.UnreadableEventsTest$Opened",
                "io.eventcore.serialization.UnreadableEventsTest.Opened",
                "Opened",
                "bank.OPENED",
                "bank.opened ",
                "../bank.opened",
            })
    void a_stored_name_chooses_a_class_only_through_the_registry(String typeName) {
        assertUnreadable(typeName, "{\"owner\":\"s3cr3t\",\"cents\":1}".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void an_event_of_another_type_than_asked_for_is_such_an_error() {
        EventDeserializationException failure = assertUnreadable("bank.closed", "{}".getBytes(StandardCharsets.UTF_8));

        assertThat(failure).hasMessageContaining(Closed.class.getName()).hasMessageContaining(Opened.class.getName());
    }

    private EventDeserializationException assertUnreadable(String typeName, byte[] payload) {
        EventDeserializationException[] caught = new EventDeserializationException[1];
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> StoredEvent.of(
                                ADA,
                                StreamVersion.of(3),
                                GlobalPosition.of(42),
                                new UUID(0, 1),
                                Instant.EPOCH,
                                typeName,
                                payload,
                                new byte[0],
                                decoder)
                        .decode(Opened.class))
                .satisfies(failure -> {
                    assertThat(failure.streamId()).isEqualTo(ADA);
                    assertThat(failure.version()).isEqualTo(StreamVersion.of(3));
                    assertThat(failure.position()).isEqualTo(GlobalPosition.of(42));
                    assertThat(failure.typeName()).isEqualTo(typeName);
                    assertThat(failure)
                            .hasMessageContaining("'" + typeName + "'")
                            .hasMessageContaining("position 42");
                    assertThat(everythingIn(failure)).doesNotContain(SECRET);
                    caught[0] = failure;
                });
        return caught[0];
    }

    /** Message, causes, suppressed exceptions: all that a log would show. */
    private static String everythingIn(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
