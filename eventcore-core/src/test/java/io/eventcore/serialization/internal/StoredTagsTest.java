package io.eventcore.serialization.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.eventcore.Event;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.PersonalData;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class StoredTagsTest {
    @EventType("invited")
    record Invited(
            String guest, @PersonalData(subject = "guest") String name) implements Event {
        @Override
        public Set<EventTag> eventTags() {
            return Set.of(EventTag.of("guest", guest), EventTag.of("called", name));
        }
    }

    @EventType("moody")
    record Moody(String secret) implements Event {
        @Override
        public Set<EventTag> eventTags() {
            failFor("tags");
            return Set.of(EventTag.of("guest", "g-1"));
        }

        @JsonProperty
        String worn() {
            failFor("json");
            return "";
        }

        private void failFor(String reason) {
            if (secret.equals(reason)) {
                throw new IllegalStateException(secret);
            }
        }
    }

    private final StoredTags tags = new StoredTags(new JacksonEventSerializer(
            EventTypes.of(Invited.class, Moody.class),
            EventJson.builder().build(),
            PersonalDataProtection.of(new InMemorySubjectKeyStore())));

    private StoredEvent stored(String type, String json) {
        return StoredEvent.of(
                StreamId.of("guests"),
                StreamVersion.of(1),
                GlobalPosition.of(1),
                UUID.randomUUID(),
                Instant.EPOCH,
                type,
                json.getBytes(UTF_8),
                "{}".getBytes(UTF_8),
                tags.decoder());
    }

    @Test
    void a_tag_that_tells_what_is_personal_is_not_told_unless_nobody_wants_it() throws Exception {
        StoredEvent event = stored("invited", "{\"guest\":\"g-1\",\"name\":\"Ada Lovelace\"}");

        assertThatExceptionOfType(StoredTags.UntoldException.class)
                .isThrownBy(() -> tags.of(event, tag -> true))
                .withMessageContaining("'called'")
                .withMessageNotContaining("Ada");
        assertThat(tags.of(event, tag -> tag.name().equals("guest"))).containsExactly(EventTag.of("guest", "g-1"));
    }

    @Test
    void what_cannot_be_read_says_no_tags() {
        assertThatExceptionOfType(StoredTags.UntoldException.class)
                .isThrownBy(() -> tags.of(stored("unheard-of", "{}"), tag -> true))
                .withMessage("its type is not known here");
        assertThatExceptionOfType(StoredTags.UntoldException.class)
                .isThrownBy(() -> tags.of(stored("invited", "[]"), tag -> true))
                .withMessage("it cannot be read");
    }

    @Test
    void what_users_have_written_may_fail_and_quotes_nothing() {
        assertThatExceptionOfType(StoredTags.UntoldException.class)
                .isThrownBy(() -> tags.of(stored("moody", "{\"secret\":\"tags\"}"), tag -> true))
                .withMessage("its eventTags() fails")
                .withStackTraceContaining("IllegalStateException")
                .satisfies(e ->
                        assertThat(e).hasStackTraceContaining("Moody").cause().hasMessageNotContaining("tags"));
        assertThatExceptionOfType(StoredTags.UntoldException.class)
                .isThrownBy(() -> tags.of(stored("moody", "{\"secret\":\"json\"}"), tag -> true))
                .withMessage("it cannot be serialized")
                .satisfies(e -> assertThat(e.getCause()).isNotNull().hasMessageNotContaining("json"));
    }
}
