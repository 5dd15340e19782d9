package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.internal.SharedEvent;
import java.util.Iterator;
import java.util.List;
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
record DecodedEvents<E extends Event>(List<SharedEvent> events, Class<E> eventType, Consumer<DecideAgainException> told)
        implements Iterable<RecordedEvent<E>> {
    @Override
    public Iterator<RecordedEvent<E>> iterator() {
        Iterator<SharedEvent> kept = events.iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return kept.hasNext();
            }

            @Override
            public RecordedEvent<E> next() {
                return decode(kept.next());
            }
        };
    }

    @SuppressWarnings("unchecked") // The event is checked.
    private RecordedEvent<E> decode(SharedEvent kept) {
        RecordedEvent<Event> event;
        try {
            event = kept.decode();
        } catch (RuntimeException notToBeReadBack) {
            throw decideAlone();
        }
        if (!eventType.isInstance(event.event())) {
            throw decideAlone();
        }
        return (RecordedEvent<E>) (RecordedEvent<?>) event;
    }

    private DecideAgainException decideAlone() {
        DecideAgainException alone = new DecideAgainException(true);
        told.accept(alone);
        return alone;
    }
}
