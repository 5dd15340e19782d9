package io.eventcore.test.contract;

import io.eventcore.RecordedEvent;
import java.util.List;

/**
 * The read model of the projection contracts: a list of what was applied, duplicates and all. Takes part in the
 * transaction of its caller, and shows only what is committed.
 *
 * @since 0.1
 */
public interface AppliedEvents {
    /** Adds an event. */
    void add(RecordedEvent<?> event);

    /** The positions of the events added and committed, in the order of the positions; twice if added twice. */
    List<Long> positions();

    /** Removes everything. */
    void clear();
}
