package io.eventcore.command;

import io.eventcore.EventTag;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.internal.SharedEvent;
import java.util.Set;

/**
 * An event that was decided and is not stored yet.
 *
 * @param appended the event as it is appended
 * @param encoded the event as it will be stored, except for its place
 */
record PendingEvent(NewEvent appended, SharedEvent encoded) {
    StreamId streamId() {
        return appended.streamId();
    }

    Set<EventTag> tags() {
        return appended.tags();
    }

    String typeName() {
        return encoded.stored().typeName();
    }

    /** How many bytes it counts for in a cache. */
    long bytes() {
        return CacheBudget.bytes(encoded.stored());
    }
}
