package io.eventcore.internal;

import io.eventcore.StoredEvent;

/** A projection that takes events as they are stored, instead of decoded ones. */
public interface HandlesStored {
    /**
     * Applies an event.
     *
     * @throws Exception if it cannot; the projection's {@code onError} decides what happens then
     */
    void applyStored(StoredEvent event) throws Exception;
}
