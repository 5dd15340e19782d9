package io.eventcore.memory;

import io.eventcore.Event;
import io.eventcore.internal.PersonalComponents;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.SerializedEvent;
import java.util.Set;

/**
 * Keeps events as they are, for an in-memory store as fast as memory.
 *
 * <p>It encodes nothing, so it checks nothing: it silently stores an event that a database could not return; an event
 * that is changed afterwards changes in the store too; and neither the payload limit nor the byte limits of reads
 * apply. Use it for speed, and let a test check the JSON of the events ({@code EventCoreAssertions.assertRoundTrips} of
 * {@code eventcore-test}); the in-memory store of Spring Boot and of the test slice uses JSON. Safe for any number of
 * threads if the events are immutable.
 *
 * @since 0.1
 */
public final class PassThroughEventSerializer implements EventSerializer {
    private static final byte[] NO_BYTES = {};

    private final EventTypes types;

    /**
     * A serializer for these types.
     *
     * @throws IllegalArgumentException if one of them holds {@link io.eventcore.PersonalData}: events that are kept as
     *     they are cannot be erased
     */
    public PassThroughEventSerializer(EventTypes types) {
        types.types().forEach(type -> {
            if (!PersonalComponents.declaredBy(type).isEmpty()) {
                throw new IllegalArgumentException(type.getName()
                        + " holds @PersonalData, which could not be erased from events that are kept as they are");
            }
        });
        this.types = types;
    }

    @Override
    public SerializedEvent serialize(Event event) {
        return new Kept(types.nameOf(event.getClass()), event);
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        if (stored instanceof Kept kept) {
            return kept.event;
        }
        throw new IllegalArgumentException("the event was not stored by a PassThroughEventSerializer");
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        return types.namesOf(type);
    }

    private record Kept(String typeName, Event event) implements SerializedEvent {
        @Override
        public byte[] payload() {
            return NO_BYTES;
        }
    }
}
