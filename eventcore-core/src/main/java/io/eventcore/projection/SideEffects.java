package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;

/**
 * What a projection does with events besides its read model: for example sends a mail, or calls another system.
 *
 * <p>Side effects have their own lease and checkpoint, which neither a reset nor a new version of the projection
 * changes: rebuilding a read model does not repeat them. They begin at the end of the log when the projection is first
 * started with side effects. They receive an event after the read model of the active version has processed it, whether
 * it applied the event, skipped it or parked its stream; in the order of the log, one at a time, on instances that have
 * the active version. A failure goes to the projection's {@code onError} and does not hold up the read model.
 *
 * <p>They run at least once: after a crash between the effect and its checkpoint, the event comes again. Recognise it
 * by {@link RecordedEvent#deduplicationId()}, or make repetition harmless.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
@FunctionalInterface
public interface SideEffects<E extends Event> {
    /**
     * Performs the side effect of an event.
     *
     * @throws Exception if it fails; {@link Projection#onError} decides what happens then
     */
    void perform(RecordedEvent<E> event) throws Exception;
}
