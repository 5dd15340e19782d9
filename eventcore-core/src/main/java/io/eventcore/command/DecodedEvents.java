package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStreamReader;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.SharedEvent;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Events that several commands fold, as one of them reads them: each event is decoded during the iteration, so that no
 * command gets an object that another one can change.
 *
 * <p>Iterating throws {@link DecideAgainException} if an event is not of the requested type, or cannot be decoded: if
 * the command decides alone, the store's exception says which event it is.
 *
 * @param told hears of an exception before it is thrown
 */
record DecodedEvents<E extends Event>(
        Iterable<SharedEvent> events, Class<E> eventType, Consumer<DecideAgainException> told) {
    /** What a command reads of streams in these versions. */
    EventStreamReader<E> readAt(Map<StreamId, StreamVersion> versions) {
        return EventStreamReader.ofParts(versions, events, SharedEvent::stored, this::decode);
    }

    @SuppressWarnings("unchecked") // The events are checked.
    private List<RecordedEvent<E>> decode(SharedEvent kept) {
        List<RecordedEvent<Event>> parts;
        try {
            parts = kept.decode();
        } catch (RuntimeException notToBeReadBack) {
            throw decideAlone();
        }
        // By index: this runs for each event of each command, and an iterator would be the largest cost.
        for (int i = 0; i < parts.size(); i++) {
            if (!eventType.isInstance(parts.get(i).event())) {
                throw decideAlone();
            }
        }
        return (List<RecordedEvent<E>>) (List<?>) parts;
    }

    private DecideAgainException decideAlone() {
        DecideAgainException alone = new DecideAgainException(true);
        told.accept(alone);
        return alone;
    }
}
