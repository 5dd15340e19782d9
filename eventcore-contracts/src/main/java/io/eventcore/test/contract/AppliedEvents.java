package io.eventcore.test.contract;

import io.eventcore.RecordedEvent;
import java.util.List;

/**
 * The read model of the projection contracts: a list of the applied events, duplicates included. It takes part in its
 * caller's transaction, and shows only what is committed.
 *
 * @since 0.1
 */
public interface AppliedEvents {
    /** Adds an event. */
    void add(RecordedEvent<?> event);

    /** The positions of the added and committed events, in ascending order; twice if an event was added twice. */
    List<Long> positions();

    /** Removes everything. */
    void clear();
}
