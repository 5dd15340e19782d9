package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;

/**
 * What a projection does about events besides its read model: sends a mail, calls another system.
 *
 * <p>It has a lease and a checkpoint of its own, which neither a reset nor a new version of the projection touches: what
 * was done is not done again because a read model is built anew. It begins at the end of the log when the projection is
 * first started with side effects. An event comes when the read model of the active version has dealt with it, whether
 * that has applied it, skipped it or set its stream aside; in the order of the log, one at a time, on the instances that
 * have the active version. What fails goes to the projection's {@code onError} and does not hold up the read model.
 *
 * <p>At least once: after a crash between the effect and its checkpoint it comes again. Recognise it by
 * {@link RecordedEvent#deduplicationId()}, or make repeating harmless.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
@FunctionalInterface
public interface SideEffects<E extends Event> {
    /**
     * Does what is to be done about an event.
     *
     * @throws Exception if it cannot be done; {@link Projection#onError} decides what happens then
     */
    void perform(RecordedEvent<E> event) throws Exception;
}
