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
 * Events that several commands fold, as one of them reads them: each is decoded while it is iterated, so that no command
 * gets an object that another one can change.
 *
 * <p>Iterating throws {@link DecideAgainException} if an event is not of the type asked for, or cannot be decoded: alone,
 * the command is told by the store which event it is.
 *
 * @param told is told of what is thrown before it is
 */
record DecodedEvents<E extends Event>(
        Iterable<SharedEvent> events, Class<E> eventType, Consumer<DecideAgainException> told) {
    /** What a command reads, of streams in these versions. */
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
        // By index: this runs for each event of each command, and an iterator is what it would spend most on.
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
