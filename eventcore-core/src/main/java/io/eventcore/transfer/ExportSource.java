package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.util.List;

/**
 * What an export reads: a log whose beginning no longer changes.
 *
 * <p>A {@link StoredLog} is one; for another event store, implement only this interface. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public interface ExportSource {
    /**
     * The position of the last event before which no other can still appear: an export that begins now ends there.
     * Appends in flight do not delay the answer; their events, and later ones, are left to the next export.
     *
     * @return the position; {@link GlobalPosition#START} if there is no event
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    GlobalPosition settledEnd();

    /**
     * The next events, in stored form.
     *
     * @param after the position to continue after
     * @param upTo the last position wanted
     * @param limit how many events at most; fewer if they are large, but one at least if there is one
     * @return the events in position order; none if there is none up to that position
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit);

    /**
     * Whether events come with their tags: an event without any then carries none. By default false, for a source
     * without tags.
     *
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    default boolean tellsTags() {
        return false;
    }
}
