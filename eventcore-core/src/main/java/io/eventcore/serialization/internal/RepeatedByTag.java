package io.eventcore.serialization.internal;

import io.eventcore.Boundary;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.TagRow;
import java.util.OptionalLong;

/** Where an append is looked for that no version of a stream, but a boundary refuses the second time: it may be stored. */
public final class RepeatedByTag {
    private RepeatedByTag() {}

    /**
     * How many events of a tag are looked through. Before the append was accepted at most {@link MovedGuards#MAX_LOOK} events
     * of others came to a guard, and about half as many may share a transaction with it.
     */
    public static int limit(SerializedAppend append) {
        return 2 * MovedGuards.MAX_LOOK + append.entries().size();
    }

    /** The highest position that the decision has seen, below all that it wrote; empty if it rests on no boundary. */
    public static OptionalLong after(SerializedAppend append) {
        return append.writes().boundaries().stream()
                .flatMap(boundary -> boundary.guards().stream())
                .map(Boundary.Guard::seen)
                .mapToLong(Boundary.Seen::lastPosition)
                .max();
    }

    /** The row of the tag by which an event is looked for: any other than a guard may have come to many events since. */
    public static String rowOf(SerializedAppend append, Entry entry) {
        for (int tag : entry.tags()) {
            TagRow row = append.tagRows().get(tag);
            if (!row.guards().isEmpty()) {
                return row.rowId();
            }
        }
        return append.tagRows().get(entry.tags().get(0)).rowId();
    }
}
