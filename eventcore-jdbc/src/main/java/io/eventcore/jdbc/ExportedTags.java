package io.eventcore.jdbc;

import io.eventcore.EventTag;
import io.eventcore.TagsIncompleteException;
import io.eventcore.transfer.ExportedEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tags of the events of an export.
 *
 * <p>The table of tags is in the order of tags, but an export reads by position. An index for that would cost every
 * append. So one statement scans the table and returns the entries of a long stretch of the log: 200,000 of them, about
 * 20 MB if the driver holds all rows of a statement at once. They serve all pages that lie within the stretch. This
 * class keeps a stretch only if nothing more can be added to it.
 *
 * <p>Safe for any number of threads; but a thread that reads elsewhere makes the class read another stretch.
 */
final class ExportedTags {
    private static final int MAX_ENTRIES = 200_000;

    private final int maxEntries;
    private final String selectEntries;
    private final String selectIncomplete;
    private final String selectTags;
    private volatile Stretch stretch = Stretch.NONE;

    ExportedTags(Dialect dialect) {
        this(dialect, MAX_ENTRIES);
    }

    ExportedTags(Dialect dialect, int maxEntries) {
        this.maxEntries = maxEntries;
        TableNames names = dialect.names();
        String fresh = dialect.expressions().andNotFromCache();
        this.selectEntries =
                names.in("SELECT position, tag_key FROM eventcore_event_tag WHERE position > ? AND position <= ?")
                        + fresh + " ORDER BY position LIMIT ";
        this.selectIncomplete = names.in("SELECT name FROM eventcore_tag_name WHERE complete = FALSE") + fresh;
        this.selectTags = names.in("SELECT stream_key, stream_id FROM eventcore_stream WHERE stream_key");
    }

    /** Entries in the order of their positions. */
    private static final class Stretch {
        static final Stretch NONE = new Stretch(0, 0, new long[0], new long[0]);

        /** The stretch begins after this position. */
        private final long after;

        /** The last position of the stretch. */
        private final long upTo;

        private final long[] positions;
        private final long[] keys;

        Stretch(long after, long upTo, long[] positions, long[] keys) {
            this.after = after;
            this.upTo = upTo;
            this.positions = positions;
            this.keys = keys;
        }

        boolean covers(long from, long last) {
            return after <= from && last <= upTo;
        }
    }

    /** Whether the stretch has the tags of these events; the beginning of the log is always read again. */
    boolean cover(long after, long last) {
        return after > 0 && stretch.covers(after, last);
    }

    /** Forgets the stretch, because of a write. */
    void forget() {
        stretch = Stretch.NONE;
    }

    /**
     * Reads what a page needs, and more.
     *
     * @param settled the position up to which nothing more can be added
     */
    void load(Connection connection, long after, long last, long settled) throws SQLException {
        List<String> incomplete = Statements.list(connection, selectIncomplete, row -> row.getString(1));
        if (!incomplete.isEmpty()) {
            throw new TagsIncompleteException(incomplete.get(0));
        }
        if (settled >= last) {
            stretch = read(connection, after, settled);
        }
    }

    private Stretch read(Connection connection, long after, long upTo) throws SQLException {
        long[] positions = new long[1024];
        long[] keys = new long[1024];
        int entries = 0;
        try (PreparedStatement query = connection.prepareStatement(selectEntries + (maxEntries + 1))) {
            query.setLong(1, after);
            query.setLong(2, upTo);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    if (entries == positions.length) {
                        positions = Arrays.copyOf(positions, 2 * entries);
                        keys = Arrays.copyOf(keys, 2 * entries);
                    }
                    positions[entries] = row.getLong(1);
                    keys[entries++] = row.getLong(2);
                }
            }
        }
        // The last event may have more tags than fit.
        long covered = entries > maxEntries ? positions[entries - 1] - 1 : upTo;
        return new Stretch(after, covered, Arrays.copyOf(positions, entries), Arrays.copyOf(keys, entries));
    }

    /** These events with their tags. */
    List<ExportedEvent> of(Connection connection, long after, List<ExportedEvent> page) throws SQLException {
        long last = page.get(page.size() - 1).position().value();
        Stretch known = stretch;
        if (!known.covers(after, last)) {
            known = read(connection, after, last);
            if (!known.covers(after, last)) {
                return inParts(connection, after, page);
            }
        }
        Map<Long, List<Long>> keys = new HashMap<>();
        Set<Long> all = new HashSet<>();
        int first = Arrays.binarySearch(known.positions, after + 1);
        first = first < 0 ? -first - 1 : first;
        while (first > 0 && known.positions[first - 1] > after) {
            first--;
        }
        for (int i = first; i < known.positions.length && known.positions[i] <= last; i++) {
            keys.computeIfAbsent(known.positions[i], position -> new ArrayList<>())
                    .add(known.keys[i]);
            all.add(known.keys[i]);
        }
        Map<Long, EventTag> tags = tags(connection, all);
        List<ExportedEvent> tagged = new ArrayList<>(page.size());
        for (ExportedEvent event : page) {
            Set<EventTag> carried = new HashSet<>();
            for (Long key : keys.getOrDefault(event.position().value(), List.of())) {
                EventTag tag = tags.get(key);
                if (tag == null) {
                    throw new SQLException(
                            "The event at position %s carries a tag with key %d, which does not exist"
                                    .formatted(event.position(), key),
                            "55000");
                }
                carried.add(tag);
            }
            tagged.add(event.withTags(carried));
        }
        return tagged;
    }

    /** Reads a page with more entries than are held at once. */
    private List<ExportedEvent> inParts(Connection connection, long after, List<ExportedEvent> page)
            throws SQLException {
        if (page.size() == 1) {
            throw new IllegalStateException("An event carries more tags than the export reads at once");
        }
        int half = page.size() / 2;
        List<ExportedEvent> tagged = new ArrayList<>(of(connection, after, page.subList(0, half)));
        long middle = page.get(half - 1).position().value();
        tagged.addAll(of(connection, middle, page.subList(half, page.size())));
        return tagged;
    }

    private Map<Long, EventTag> tags(Connection connection, Set<Long> keys) throws SQLException {
        Map<Long, EventTag> tags = new HashMap<>();
        List<Long> all = List.copyOf(keys);
        for (int from = 0; from < all.size(); from += 1_000) {
            List<Long> part = all.subList(from, Math.min(all.size(), from + 1_000));
            try (PreparedStatement query = connection.prepareStatement(selectTags + Statements.in(part.size()))) {
                for (int i = 0; i < part.size(); i++) {
                    query.setLong(i + 1, part.get(i));
                }
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        tags.put(row.getLong(1), EventTag.ofRow(row.getString(2)));
                    }
                }
            }
        }
        return tags;
    }
}
