package io.eventcore.jdbc;

import io.eventcore.Boundary.Guard;
import io.eventcore.ConflictException;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.serialization.internal.SerializedAppend.TagRow;
import java.util.ArrayList;
import java.util.List;

/**
 * A row that an append locks: that of a stream, or of a tag.
 *
 * @param id the id of the row
 * @param isTag whether the row is that of a tag
 * @param expected the expected version of a stream; {@code any} for a tag
 * @param events how many events of the append count for it; 0 if the append only relies on it
 * @param guards what must not have come to the row, according to the boundaries that the append rests on
 */
record AppendRow(String id, boolean isTag, ExpectedVersion expected, int events, List<Guard> guards) {
    /** The rows of an append in the order in which it locks them: its tags, then its streams. */
    static List<AppendRow> of(SerializedAppend append) {
        List<AppendRow> rows =
                new ArrayList<>(append.tagRows().size() + append.participants().size());
        for (TagRow tag : append.tagRows()) {
            rows.add(new AppendRow(tag.rowId(), true, ExpectedVersion.any(), tag.events(), tag.guards()));
        }
        for (Participant stream : append.participants()) {
            rows.add(new AppendRow(stream.id().value(), false, stream.expected(), stream.events(), stream.guards()));
        }
        return rows;
    }

    /** Whether the row is a tag that only counts events, so that other appends may count theirs at the same time. */
    boolean isShared() {
        return isTag && events > 0 && guards.isEmpty();
    }

    /** The conflict of a stream whose version is not the expected one. */
    ConflictException conflict(long actual) {
        return new VersionConflictException(StreamId.of(id), expected, StreamVersion.of(actual));
    }
}
