package io.eventcore.jdbc;

import io.eventcore.Boundary.Guard;
import io.eventcore.ExpectedVersion;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.serialization.internal.SerializedAppend.TagRow;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event with tags, as most appends with tags are, as the arguments of {@code eventcore_append_tagged_event}.
 *
 * <p>The function compares versions and never looks at events. So it may refuse an append that a look would accept;
 * then the general function decides.
 */
final class PostgreSqlTaggedEvent {
    /** The version of a row about which the append believes nothing. */
    private static final long ANY = -1;

    private PostgreSqlTaggedEvent() {}

    /**
     * Whether the append is one event that carries all the tags it rests on, to a stream of which the append knows all
     * or nothing.
     */
    static boolean fits(SerializedAppend append) {
        if (append.entries().size() != 1 || append.participants().size() != 1) {
            return false;
        }
        Participant stream = append.participants().get(0);
        List<TagRow> tags = append.tagRows();
        return !(stream.expected() instanceof ExpectedVersion.StreamExists)
                && stream.guards().isEmpty()
                && !tags.isEmpty()
                && tags.stream().allMatch(tag -> tag.events() == 1 && isSeenAtOneVersion(tag));
    }

    /** Two boundaries may have read a tag at different times. */
    private static boolean isSeenAtOneVersion(TagRow tag) {
        return tag.guards().stream()
                        .mapToLong(guard -> guard.seen().version())
                        .distinct()
                        .count()
                <= 1;
    }

    static void bind(PreparedStatement call, SerializedAppend append, boolean waits) throws SQLException {
        Participant stream = append.participants().get(0);
        Entry entry = append.entries().get(0);
        List<TagRow> tags = append.tagRows();
        String[] rows = new String[tags.size()];
        long[] seen = new long[tags.size()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = tags.get(i).rowId();
            List<Guard> guards = tags.get(i).guards();
            seen[i] = guards.isEmpty() ? ANY : guards.get(0).seen().version();
        }
        call.setString(1, stream.id().value());
        call.setLong(2, PostgreSqlAppends.expected(stream.expected()));
        call.setString(3, entry.event().id().toString());
        call.setString(4, entry.stored().typeName());
        call.setString(5, PostgreSqlAppends.text(entry));
        call.setString(6, append.metadata(entry).orElse(null));
        call.setObject(7, rows);
        call.setObject(8, seen);
        call.setBoolean(9, waits);
    }

    /** The result of the append; null if a row is not as expected. */
    static @Nullable AppendResult outcome(ResultSet answer, SerializedAppend append) throws SQLException {
        answer.next();
        Array written = answer.getArray(1);
        if (written == null) {
            return null;
        }
        Long[] positionAndVersion = (Long[]) written.getArray();
        return new AppendResult.Written(
                append.slice(new long[] {positionAndVersion[1] - 1}, new long[] {positionAndVersion[0]}));
    }
}
