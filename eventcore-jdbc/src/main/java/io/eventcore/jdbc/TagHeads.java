package io.eventcore.jdbc;

import io.eventcore.Boundary.Seen;
import io.eventcore.EventTag;
import io.eventcore.StreamId;
import io.eventcore.jdbc.TagQueries.CutRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads tags and streams with one statement, and so in one snapshot: how far each has come, and its events after a
 * place if they are few.
 *
 * <p>All events of a tag or stream come, or none. What a decision rests on mostly fits. A part of a larger tag would
 * save no statement, because each page brings a thousand.
 */
class TagHeads {
    /** Up to this number of tags and streams, one statement brings events. */
    static final int MAX_KEYS = 64;

    /** About how many events one statement brings at most, of all together. */
    static final int MAX_ROWS = 1_024;

    /** A tag or stream with more events than this comes without. */
    static final int LARGEST = 256;

    private static final int SMALLEST = 16;

    private final SqlTypes types;
    private final String selectTag;
    private final String selectStream;
    private final String selectIncomplete;

    TagHeads(TableNames names, SqlExpressions expressions, SqlTypes types) {
        this.types = types;
        // The condition on the number is a part of the range: the server must know it before it looks at an entry.
        String after = "> CASE WHEN s.version - ? BETWEEN 1 AND ? THEN ? ELSE " + Long.MAX_VALUE + " END";
        String columns = EventRow.columnsIf(expressions.payloadBytes() + " * (s.version - ?) <= ?");
        this.selectTag = names.in("""
                SELECT s.stream_id, s.stream_key, s.version,
                       CASE WHEN e.position IS NULL THEN
                           (SELECT MAX(m.position) FROM eventcore_event_tag m WHERE m.tag_key = s.stream_key) END,
                       h.stream_id, e.stream_key, %s
                FROM eventcore_stream s
                LEFT JOIN eventcore_event_tag t ON t.tag_key = s.stream_key AND t.position %s
                LEFT JOIN eventcore_event e ON e.position = t.position
                LEFT JOIN eventcore_stream h ON h.stream_key = e.stream_key
                WHERE s.stream_id = ?%s
                """.formatted(columns, after, expressions.andNotFromCache()));
        this.selectStream = names.in("""
                SELECT s.stream_id, s.stream_key, s.version, 0, s.stream_id, e.stream_key, %s
                FROM eventcore_stream s
                LEFT JOIN eventcore_event e ON e.stream_key = s.stream_key AND e.version %s
                WHERE s.stream_id = ?%s
                """.formatted(columns, after, expressions.andNotFromCache()));
        this.selectIncomplete = names.in("""
                 UNION ALL SELECT n.name, %d, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                FROM eventcore_tag_name n WHERE n.complete = FALSE
                """.formatted(TagQueries.INCOMPLETE));
    }

    /**
     * An event and its home.
     *
     * @param row with its payload
     */
    record HomeRow(StreamId home, EventRow row) {}

    /**
     * What one statement has seen of a tag or a stream.
     *
     * @param row how far it has come
     * @param events those after the place asked for, in the order of their positions; empty if they did not come
     * @param complete false while a backfill gives old events tags of its name
     */
    record Head(CutRow row, Optional<List<HomeRow>> events, boolean complete) {}

    /**
     * What there is of each tag and stream, including unused ones.
     *
     * @param rowsAfter their rows, each with what was seen of it before; {@link #MAX_KEYS} at most
     * @param budget how many bytes of payload the statement may bring
     */
    final Map<String, Head> read(Connection connection, Map<String, Seen> rowsAfter, long budget) throws SQLException {
        Map<String, Rows> found = new HashMap<>();
        Set<String> incompleteNames = new HashSet<>();
        Map<Long, StreamId> homes = new HashMap<>();
        try (PreparedStatement query = select(connection, rowsAfter, budget);
                ResultSet row = query.executeQuery()) {
            @Nullable Rows rows = null;
            while (row.next()) {
                long key = row.getLong(2);
                if (key == TagQueries.INCOMPLETE) {
                    incompleteNames.add(row.getString(1));
                    continue;
                }
                // Most rows belong to the same tag or stream as the row before, so its id need not be read again.
                if (rows == null || rows.key != key) {
                    String id = row.getString(1);
                    if (!rowsAfter.containsKey(id)) {
                        throw ForeignIds.found(id);
                    }
                    rows = found.computeIfAbsent(id, any -> new Rows(key));
                    rows.version = row.getLong(3);
                }
                rows.add(row, homes, types);
            }
        }
        Map<String, Head> heads = new HashMap<>();
        rowsAfter.forEach((id, after) -> {
            Rows rows = found.get(id);
            boolean complete = !EventTag.isRow(id)
                    || !incompleteNames.contains(EventTag.ofRow(id).name());
            heads.put(
                    id,
                    rows == null
                            ? new Head(CutRow.ABSENT, Optional.of(List.of()), complete)
                            : rows.head(after, complete));
        });
        return heads;
    }

    /** The rows of one tag or stream that have arrived. */
    private static final class Rows {
        private final long key;
        private final List<HomeRow> events = new ArrayList<>();
        private long version;
        private long lastPosition;

        private Rows(long key) {
            this.key = key;
        }

        private void add(ResultSet row, Map<Long, StreamId> homes, SqlTypes types) throws SQLException {
            long streamKey = row.getLong(6);
            if (row.wasNull()) {
                lastPosition = row.getLong(4);
                return;
            }
            EventRow event = new EventRow(row, 7, types);
            StreamId home = homes.get(streamKey);
            if (home == null) {
                String id = row.getString(5);
                if (id == null) {
                    throw TaggedEvents.withoutStream(event, streamKey);
                }
                home = ForeignIds.read(id);
                homes.put(streamKey, home);
            }
            lastPosition = Math.max(lastPosition, event.position());
            events.add(new HomeRow(home, event));
        }

        /**
         * As many events as the version counts; otherwise none of them help: they were too many, too large, or some are
         * lost.
         */
        private Head head(Seen after, boolean complete) {
            boolean all = events.size() == Math.max(0, version - after.version())
                    && events.stream().allMatch(event -> event.row().isWhole());
            events.sort(Comparator.comparingLong(event -> event.row().position()));
            return new Head(
                    new CutRow(key, version, lastPosition),
                    all ? Optional.of(List.copyOf(events)) : Optional.empty(),
                    complete);
        }
    }

    /**
     * Rows of a row id, its key and its version. If none of its events come, one row with the position of the tag's
     * last event. Otherwise a row for each event, which holds, behind one column without meaning, the id and the key of
     * the event's stream and {@link EventRow#columns}. Also rows of the incomplete names, each with
     * {@link TagQueries#INCOMPLETE} as its key.
     */
    PreparedStatement select(Connection connection, Map<String, Seen> rowsAfter, long budget) throws SQLException {
        int limit = Math.max(SMALLEST, Math.min(LARGEST, MAX_ROWS / rowsAfter.size()));
        String sql = rowsAfter.keySet().stream()
                .map(id -> EventTag.isRow(id) ? selectTag : selectStream)
                .collect(Collectors.joining(" UNION ALL ", "", selectIncomplete));
        PreparedStatement statement = connection.prepareStatement(sql);
        int parameter = 0;
        for (Map.Entry<String, Seen> row : rowsAfter.entrySet()) {
            Seen after = row.getValue();
            statement.setLong(++parameter, after.version());
            statement.setLong(++parameter, budget / rowsAfter.size());
            statement.setLong(++parameter, after.version());
            statement.setInt(++parameter, limit);
            statement.setLong(++parameter, EventTag.isRow(row.getKey()) ? after.lastPosition() : after.version());
            statement.setString(++parameter, row.getKey());
        }
        return statement;
    }
}
