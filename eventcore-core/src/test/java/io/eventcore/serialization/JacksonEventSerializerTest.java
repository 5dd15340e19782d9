package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

class JacksonEventSerializerTest {
    @EventType(value = "everything", aliases = "all")
    record Everything(
            String text,
            long number,
            BigDecimal amount,
            Instant moment,
            LocalDate day,
            UUID id,
            Optional<String> maybe,
            List<String> several,
            Map<String, Long> counts,
            StreamId stream)
            implements Event {}

    @EventType("values")
    record Values(StreamPrefix prefix, StreamPattern pattern, StreamVersion version, GlobalPosition position)
            implements Event {}

    @EventType("person")
    record PersonNamed(String firstName) implements Event {}

    @EventType("nullable")
    record Remarked(@Nullable String remark, long cents) implements Event {}

    private final JacksonEventSerializer serializer = new JacksonEventSerializer(
            EventTypes.of(Everything.class, Values.class, PersonNamed.class, Remarked.class));

    @Property(tries = 500)
    void what_is_read_equals_what_was_written(
            @ForAll @StringLength(max = 30) String text,
            @ForAll long number,
            @ForAll BigDecimal amount,
            @ForAll long seconds,
            @ForAll @StringLength(max = 10) String maybe,
            @ForAll @Size(max = 5) List<@StringLength(max = 5) String> several,
            @ForAll @Size(max = 3) Map<@StringLength(max = 5) String, Long> counts) {
        Everything event = new Everything(
                text,
                number,
                amount,
                Instant.ofEpochSecond(seconds % 100_000_000_000L, 123_456_789),
                LocalDate.ofEpochDay(number % 1_000_000),
                new UUID(number, seconds),
                Optional.of(maybe).filter(value -> !value.isEmpty()),
                several,
                counts,
                StreamId.of("account-7"));

        assertThat(serializer.deserialize(serializer.serialize(event))).isEqualTo(event);
    }

    @Test
    void the_payload_is_json_in_utf_8_under_the_stable_name() {
        SerializedEvent stored = serializer.serialize(new PersonNamed("Zo\u00EB \uD83D\uDE00"));

        assertThat(stored.typeName()).isEqualTo("person");
        assertThat(new String(stored.payload(), StandardCharsets.UTF_8))
                .isEqualTo("{\"firstName\":\"Zo\u00EB \uD83D\uDE00\"}");
        assertThat(stored.toString()).isEqualTo("person (25 bytes)");
    }

    @Test
    void ids_and_versions_are_plain_values() {
        Values values =
                new Values(StreamPrefix.of("a-"), StreamPattern.of("a-*"), StreamVersion.of(3), GlobalPosition.of(4));

        SerializedEvent stored = serializer.serialize(values);

        assertThat(json(stored)).isEqualTo("{\"prefix\":\"a-\",\"pattern\":\"a-*\",\"version\":3,\"position\":4}");
        assertThat(serializer.deserialize(stored)).isEqualTo(values);
    }

    @Test
    void nothing_of_a_class_name_is_stored() {
        for (Event event : List.of(new PersonNamed("Ada"), new Remarked("x", 1))) {
            SerializedEvent stored = serializer.serialize(event);

            assertThat(stored.typeName() + json(stored))
                    .doesNotContain("io.eventcore")
                    .doesNotContain(event.getClass().getSimpleName())
                    .doesNotContain("streamId");
        }
    }

    @Test
    void a_field_that_a_newer_version_added_is_ignored() {
        assertThat(read("person", "{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\",\"more\":{\"deep\":[1,2]}}"))
                .isEqualTo(new PersonNamed("Ada"));
    }

    @Test
    void a_field_that_an_older_version_did_not_have_reads_as_nothing() {
        assertThat(read("nullable", "{\"cents\":5}")).isEqualTo(new Remarked(null, 5));
    }

    @Test
    void an_event_is_read_under_an_old_name() {
        Everything event = new Everything(
                "text",
                1,
                BigDecimal.ONE,
                Instant.EPOCH,
                LocalDate.EPOCH,
                new UUID(1, 2),
                Optional.empty(),
                List.of(),
                Map.of(),
                StreamId.of("a"));

        assertThat(serializer.deserialize(
                        SerializedEvent.of("all", serializer.serialize(event).payload())))
                .isEqualTo(event);
    }

    @Test
    void the_settings_of_the_applications_mapper_are_honoured_and_the_mapper_is_left_alone() {
        JsonMapper mapper = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build();
        JacksonEventSerializer snake = new JacksonEventSerializer(EventTypes.of(PersonNamed.class), mapper);

        SerializedEvent stored = snake.serialize(new PersonNamed("Ada"));

        assertThat(json(stored)).isEqualTo("{\"first_name\":\"Ada\"}");
        assertThat(snake.deserialize(stored)).isEqualTo(new PersonNamed("Ada"));
        assertThat(mapper.registeredModules()).noneMatch(EventCoreJacksonModule.class::isInstance);
    }

    @Test
    void an_event_of_a_class_that_is_not_registered_is_refused_by_its_class() {
        record Stranger() implements Event {}

        assertThatIllegalArgumentException()
                .isThrownBy(() -> serializer.serialize(new Stranger()))
                .withMessageContaining("Stranger");
    }

    @Test
    void the_stored_names_of_a_type_include_old_ones() {
        assertThat(serializer.storedNames(Everything.class)).containsExactlyInAnyOrder("everything", "all");
    }

    private Event read(String type, String json) {
        return serializer.deserialize(SerializedEvent.of(type, json.getBytes(StandardCharsets.UTF_8)));
    }

    private static String json(SerializedEvent stored) {
        return new String(stored.payload(), StandardCharsets.UTF_8);
    }
}
