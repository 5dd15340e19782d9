package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.ShownEvents.Reading;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.Upcaster;
import io.eventcore.serialization.Upcaster.Part;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of an event. */
class ShownEventsTest {
    private static final StreamId NOTES = StreamId.of("notes");

    private final EventTypes types = EventTypes.builder()
            .register(Praised.class)
            .register(Blamed.class)
            .upcaster(Upcaster.from("judged")
                    .toParts(
                            Set.of("praised", "blamed"),
                            event -> event.json().at("/well").asBoolean()
                                    ? List.of(new Part("praised", event.json()))
                                    : List.of(new Part("blamed", event.json()))))
            .build();

    @Test
    void while_payloads_are_hidden_no_class_tells_what_is_in_them() {
        StoredEvent well = judged("{\"streamId\":\"notes\",\"well\":true}");
        StoredEvent badly = judged("{\"streamId\":\"notes\",\"well\":false}");
        StoredEvent unreadable = judged("{\"streamId\":7,\"well\":true}");

        ShownEvents hidden = shown(false);
        assertThat(hidden.reading(well)).isEqualTo(hidden.reading(badly)).isEqualTo(new Reading("an upcaster", null));
        assertThat(hidden.reading(unreadable)).isEqualTo(new Reading(null, "The payload does not fit its class"));
        assertThat(hidden.reading(praised())).isEqualTo(new Reading(Praised.class.getName(), null));

        ShownEvents all = shown(true);
        assertThat(all.reading(well)).isEqualTo(new Reading(Praised.class.getName(), null));
        assertThat(all.reading(badly)).isEqualTo(new Reading(Blamed.class.getName(), null));
        assertThat(all.reading(unreadable).why()).startsWith("The payload does not fit its class: ");
    }

    @Test
    void an_event_whose_key_cannot_be_fetched_is_not_the_fault_of_its_class() {
        StoredEvent event = stored("praised", "{}", unused -> {
            throw new EventStoreUnavailableException("no keys", null);
        });

        assertThat(shown(false).reading(event))
                .isEqualTo(new Reading(
                        null, "It cannot be read at the moment: " + EventStoreUnavailableException.class.getName()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"amount\":1e9999999999999}", "[", "{\"a\":1}}", "\u0000", ""})
    void a_payload_that_cannot_be_shown_is_left_out(String payload) {
        assertThat(ShownJson.payload(stored("praised", payload, unused -> List.of())))
                .isEmpty();
    }

    @Test
    void a_payload_too_deep_for_mappers_is_left_out_and_one_that_is_not_is_shown() {
        assertThat(ShownJson.payload(deep(600))).isEmpty();
        assertThat(ShownJson.payload(deep(470))).isPresent();
    }

    private static StoredEvent deep(int levels) {
        return stored("praised", "[".repeat(levels) + "]".repeat(levels), unused -> List.of());
    }

    private ShownEvents shown(boolean payloads) {
        return new ShownEvents(new EventCoreProperties.Endpoint(false, payloads, false), types);
    }

    /** An event of the upcaster's name, as a store reads it. */
    private StoredEvent judged(String payload) {
        StoredEvent one = praised();
        return one.as(0, "judged", payload.getBytes(StandardCharsets.UTF_8));
    }

    private StoredEvent praised() {
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(types));
        long position = store.appendEvents(StreamWrites.empty()
                        .registerStream(NOTES, ExpectedVersion.any())
                        .append(new Praised(NOTES, true)))
                .events()
                .get(0)
                .position()
                .value();
        return ShownEvent.find(store, position).orElseThrow();
    }

    private static StoredEvent stored(String name, String payload, StoredEvent.Decoder decoder) {
        return StoredEvent.of(
                NOTES,
                StreamVersion.of(1),
                GlobalPosition.of(1),
                new UUID(0, 1),
                Instant.EPOCH,
                name,
                payload.getBytes(StandardCharsets.UTF_8),
                new byte[0],
                decoder);
    }

    @EventType("praised")
    record Praised(StreamId streamId, boolean well) implements Event {}

    @EventType("blamed")
    record Blamed(StreamId streamId, boolean well) implements Event {}
}
