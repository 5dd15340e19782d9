package io.eventcore.serialization;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventType;
import io.eventcore.PersonalData;
import io.eventcore.RawEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.projection.AppendSignal;
import io.eventcore.serialization.internal.ForwardingSerializer;
import java.time.Clock;
import org.junit.jupiter.api.Test;

/** Of what the application does not know, it does not know what is personal: nothing of it is opened. */
class UnknownPersonalDataTest {
    private static final StreamId STREAM = StreamId.of("person-1");

    @EventType("person.met")
    record Met(
            StreamId streamId,
            String person,
            @PersonalData(subject = "person") String name) implements Event {}

    @EventType("person.left")
    record Left(StreamId streamId) implements Event {}

    @Test
    void a_raw_event_has_placeholders() {
        assertThat(stored(new Forgetful(UnknownTypes.RAW)))
                .extracting(recorded -> recorded.event())
                .containsExactly(new RawEvent(
                        "person.met", "{\"streamId\":\"person-1\",\"person\":\"ada\",\"name\":\"[erased]\"}"));
    }

    private static EventStreamReader<Event> stored(EventSerializer serializer) {
        EventStore events =
                new InMemoryEventStore(serializer, AppendLimits.defaults(), Clock.systemUTC(), new AppendSignal());
        events.appendEvents(StreamWrites.to(STREAM, any(), new Met(STREAM, "ada", "Augusta Ada King")));
        return events.readStream(STREAM, Event.class);
    }

    /** Writes an event that it does not know any more. */
    private static final class Forgetful extends ForwardingSerializer {
        private final EventSerializer yesterday;

        private Forgetful(UnknownTypes unknown) {
            this(unknown, PersonalDataProtection.of(new InMemorySubjectKeyStore()));
        }

        private Forgetful(UnknownTypes unknown, PersonalDataProtection protection) {
            super(new JacksonEventSerializer(
                            EventTypes.of(Left.class), EventJson.builder().build(), protection)
                    .withUnknownTypes(unknown));
            this.yesterday = new JacksonEventSerializer(
                    EventTypes.of(Met.class), EventJson.builder().build(), protection);
        }

        @Override
        public SerializedEvent serialize(Event event) {
            return yesterday.serialize(event);
        }
    }
}
