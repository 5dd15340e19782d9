package io.eventcore.internal;

import io.eventcore.StoredEvent;

/** A projection that takes events as they are stored, instead of decoded ones. */
public interface HandlesStored {
    /**
     * Events are about to be applied on this thread, from the checkpoint on. What is left of events that were applied before
     * and never {@linkplain io.eventcore.projection.Projection#flush flushed}, because an error ended that, must neither
     * fail nor overtake these: its events come again.
     *
     * @throws InterruptedException if the thread was interrupted while it waited; nothing was applied
     */
    void begin() throws InterruptedException;

    /**
     * Applies an event, as it is stored, or a part of one in the form that it would be stored in today.
     *
     * @throws Exception if it fails; the projection's {@code onError} decides what happens then
     */
    void applyStored(StoredEvent event) throws Exception;
}
