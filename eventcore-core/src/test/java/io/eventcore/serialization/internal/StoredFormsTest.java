package io.eventcore.serialization.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.NewEvent;
import io.eventcore.PersonalData;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** An event that is encoded for its round trip and for its append is encoded once, if nothing can tell the difference. */
class StoredFormsTest {
    private static final StreamId NOTES = StreamId.of("notes");

    private final AtomicInteger encoded = new AtomicInteger();
    private final EventSerializer json = new JacksonEventSerializer(
            EventTypes.of(Noted.class, Listed.class, Invited.class, Remembering.class),
            EventJson.builder().build(),
            PersonalDataProtection.of(new InMemorySubjectKeyStore()));
    private final EventSerializer counting = new EventSerializer() {
        @Override
        public SerializedEvent serialize(Event event) {
            encoded.incrementAndGet();
            return json.serialize(event);
        }

        @Override
        public Event deserialize(SerializedEvent stored) {
            return json.deserialize(stored);
        }

        @Override
        public Set<String> storedNames(Class<? extends Event> type) {
            return json.storedNames(type);
        }
    };
    private final StoredForms forms = new StoredForms(counting);
    private final SerializerRoundTrip roundTrip = new SerializerRoundTrip(forms, new EventDecoder(counting));

    @Test
    void an_event_is_encoded_once_for_its_append_and_its_round_trip_in_either_order() {
        roundTrip.encode(event(new Noted(NOTES, "wakes it")));
        encoded.set(0);

        NewEvent appendedFirst = event(new Noted(NOTES, "a"));
        SerializedEvent form = forms.of(List.of(appendedFirst)).get(0);
        assertThat(payload(roundTrip.encode(appendedFirst))).isEqualTo(new String(form.payload(), UTF_8));
        assertThat(encoded).hasValue(1);

        NewEvent appendedLast = event(new Noted(NOTES, "b"));
        StoredEvent stored = roundTrip.encode(appendedLast);
        assertThat(new String(forms.of(List.of(appendedLast)).get(0).payload(), UTF_8))
                .isEqualTo(payload(stored));
        assertThat(encoded).hasValue(2);
    }

    @Test
    void an_event_that_can_change_is_encoded_as_it_is_now() {
        List<String> names = new ArrayList<>(List.of("a"));
        NewEvent event = event(new Listed(NOTES, names));
        assertThat(payload(roundTrip.encode(event))).contains("[\"a\"]");

        names.add("b");

        assertThat(new String(forms.of(List.of(event)).get(0).payload(), UTF_8)).contains("[\"a\",\"b\"]");
    }

    @Test
    void another_event_under_the_same_id_is_not_taken_for_it() {
        NewEvent event = event(new Noted(NOTES, "a"));
        roundTrip.encode(event);

        NewEvent other = new NewEvent(event.id(), NOTES, new Noted(NOTES, "b"));

        assertThat(new String(forms.of(List.of(other)).get(0).payload(), UTF_8)).contains("\"b\"");
    }

    @Test
    void a_large_event_is_not_kept() {
        NewEvent event = event(new Noted(NOTES, "a".repeat(5_000)));
        roundTrip.encode(event);

        forms.of(List.of(event));

        assertThat(encoded).hasValue(2);
    }

    @Test
    void personal_data_is_sealed_each_time_and_never_kept() {
        StoredForms sealing = new StoredForms(json);
        NewEvent event = event(new Invited(NOTES, "g-1", "a name"));
        assertThat(payload(new SerializerRoundTrip(sealing, new EventDecoder(json)).encode(event)))
                .contains("a name");

        byte[] first = sealing.of(List.of(event)).get(0).payload();
        assertThat(PersonalDataProtection.isSealed(first)).isTrue();
        assertThat(sealing.of(List.of(event)).get(0).payload()).isNotEqualTo(first);
    }

    @Test
    void what_was_read_back_when_an_event_was_written_is_not_read_again() {
        SerializerRoundTrip own = new SerializerRoundTrip(new StoredForms(json), new EventDecoder(json));
        NewEvent event = event(new Remembering(NOTES, "a", "what JSON leaves out"));

        StoredEvent stored = own.encode(event);

        Event first = only(stored);
        assertThat(first).isSameAs(only(stored)).isEqualTo(new Remembering(NOTES, "a", ""));
        assertThat(((Remembering) first).aside()).isNull();
    }

    @Test
    void of_an_event_that_can_change_each_reader_gets_its_own() {
        StoredEvent stored = new SerializerRoundTrip(new StoredForms(json), new EventDecoder(json))
                .encode(event(new Listed(NOTES, new ArrayList<>(List.of("a")))));

        ((Listed) only(stored)).names().add("b");

        assertThat(((Listed) only(stored)).names()).containsExactly("a");
    }

    @Test
    void what_one_serializer_has_read_back_is_nothing_to_another() {
        SerializedEvent form = json.serialize(new Noted(NOTES, "a"));
        EventSerializer other = new JacksonEventSerializer(EventTypes.of(OtherNoted.class));

        assertThat(other.deserialize(form)).isEqualTo(new OtherNoted(NOTES, "a"));
    }

    private static Event only(StoredEvent stored) {
        return stored.decode(Event.class).get(0).event();
    }

    private static NewEvent event(Event event) {
        return new NewEvent(UUID.randomUUID(), NOTES, event);
    }

    private static String payload(StoredEvent stored) {
        return new String(stored.payload(), UTF_8);
    }

    @EventType("noted")
    record Noted(StreamId streamId, String text) implements Event {}

    @EventType("noted")
    record OtherNoted(StreamId streamId, String text) implements Event {}

    /** Equal to an event without what is put aside, which no JSON holds. */
    @EventType("remembering")
    record Remembering(
            StreamId streamId,
            String text,
            @Nullable @JsonIgnore String aside) implements Event {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Remembering that && streamId.equals(that.streamId) && text.equals(that.text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }
    }

    @EventType("listed")
    record Listed(StreamId streamId, List<String> names) implements Event {}

    @EventType("invited")
    record Invited(
            StreamId streamId,
            String guest,
            @PersonalData(subject = "guest") String name) implements Event {}
}
