package io.eventcore.jdbc;

import io.eventcore.Event;
import io.eventcore.EventStoreException;
import io.eventcore.EventStreamReader;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIntegrityException;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.internal.EventDecoder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads streams as one consistent cut.
 *
 * <p>The first statement brings the version of every stream and its first events, all from one snapshot. Every later
 * page belongs to one stream and ends at that version; pages of several streams are merged by position. So nothing that
 * is committed meanwhile can slip in, wherever its position lies, and each event is fetched once.
 */
final class StreamReads {
    /** How many rows the first statement brings about at most, of all streams together. */
    private static final int FIRST_ROWS = 1_024;

    private static final int LARGEST_FIRST_PAGE = 256;
    private static final int SMALLEST_PAGE = 16;
    private static final int LARGEST_PAGE = 1_000;

    /** About how many bytes of payload a page may bring: the events may be large. */
    private static final long PAGE_BYTES = 4 * 1024 * 1024;

    /** How long a read waits for one that takes it along: a few statements' time, so that a slow one delays nobody. */
    private static final Duration PATIENCE = Duration.ofMillis(20);

    private final Dialect dialect;
    private final Connections connections;
    private final boolean sharing;
    private final SharedReads<Beginning> shared;

    /**
     * Reads by these connections.
     *
     * @param sharing whether one thread may read what another asks for
     */
    StreamReads(Dialect dialect, Connections connections, boolean sharing) {
        this.dialect = dialect;
        this.connections = connections;
        this.sharing = sharing;
        this.shared = new SharedReads<>(
                dialect.readsBeforeSharing(),
                streams -> connections.own(connection -> beginnings(connection, streams)));
    }

    <E extends Event> EventStreamReader<E> read(Map<StreamId, StreamVersion> streamsAfter, EventDecoder<E> decoder)
            throws SQLException {
        Map<StreamId, Beginning> beginnings = streamsAfter.isEmpty() ? Map.of() : readBeginnings(streamsAfter);
        Map<StreamId, StreamVersion> versions = new HashMap<>();
        streamsAfter
                .keySet()
                .forEach(id -> versions.put(
                        id, beginnings.containsKey(id) ? beginnings.get(id).version() : StreamVersion.NONE));
        List<Beginning> streams = List.copyOf(beginnings.values());
        return EventStreamReader.of(versions, () -> new Merge<>(cursors(streams, streamsAfter), decoder));
    }

    private Map<StreamId, Beginning> readBeginnings(Map<StreamId, StreamVersion> streamsAfter) throws SQLException {
        return sharing && !connections.inCallersTransaction()
                ? shared.read(streamsAfter, PATIENCE)
                : connections.joinOrOwn(connection -> beginnings(connection, streamsAfter));
    }

    private Map<StreamId, Beginning> beginnings(Connection connection, Map<StreamId, StreamVersion> streamsAfter)
            throws SQLException {
        int limit = Math.max(SMALLEST_PAGE, Math.min(LARGEST_FIRST_PAGE, FIRST_ROWS / streamsAfter.size()));
        Map<StreamId, Beginning> beginnings = new HashMap<>();
        try (PreparedStatement query = dialect.selectStreams(connection, streamsAfter, limit);
                ResultSet rows = query.executeQuery()) {
            @Nullable Beginning beginning = null;
            while (rows.next()) {
                // Most rows belong to the stream of the row before: its id need not be read once more.
                if (beginning == null || beginning.key != rows.getLong(2)) {
                    beginning = beginning(StreamId.of(rows.getString(1)), rows, beginnings);
                }
                rows.getLong(4);
                if (!rows.wasNull()) {
                    beginning.rows.add(new EventRow(rows, 4, dialect));
                }
            }
        }
        // The statement orders each stream's events to choose the first; it need not return them so.
        beginnings.values().forEach(b -> b.rows.sort(Comparator.comparingLong(EventRow::version)));
        return beginnings;
    }

    private static Beginning beginning(StreamId id, ResultSet row, Map<StreamId, Beginning> beginnings)
            throws SQLException {
        Beginning known = beginnings.get(id);
        if (known != null) {
            return known;
        }
        Beginning found = new Beginning(id, row.getLong(2), StreamVersion.of(row.getLong(3)), new ArrayList<>());
        beginnings.put(id, found);
        return found;
    }

    private List<Cursor> cursors(List<Beginning> beginnings, Map<StreamId, StreamVersion> streamsAfter) {
        List<Cursor> cursors = new ArrayList<>(beginnings.size());
        for (Beginning beginning : beginnings) {
            StreamVersion after = streamsAfter.getOrDefault(beginning.id, StreamVersion.NONE);
            cursors.add(new Cursor(beginning, after.value()));
        }
        return cursors;
    }

    /**
     * What the first statement found of a stream.
     *
     * @param version where the read ends
     */
    private record Beginning(StreamId id, long key, StreamVersion version, List<EventRow> rows) {}

    /** The events of one stream, page by page. */
    private final class Cursor {
        private final Beginning stream;
        private List<EventRow> page;
        private int next;
        private long lastVersion;

        private Cursor(Beginning stream, long after) {
            this.stream = stream;
            this.page = stream.rows;
            this.lastVersion = after;
        }

        /** Whether there is another event; fetches the next page if need be. */
        boolean advance() {
            if (lastVersion >= stream.version.value()) {
                return false;
            }
            if (next == page.size()) {
                page = fetch();
                next = 0;
            }
            if (next == page.size() || page.get(next).version() != lastVersion + 1) {
                throw new StreamIntegrityException(stream.id, StreamVersion.of(lastVersion + 1));
            }
            lastVersion++;
            next++;
            return true;
        }

        EventRow current() {
            return page.get(next - 1);
        }

        long position() {
            return current().position();
        }

        private List<EventRow> fetch() {
            try {
                return connections.joinOrOwn(connection -> {
                    List<EventRow> rows = new ArrayList<>();
                    try (PreparedStatement query = dialect.selectStreamPage(
                                    connection, stream.key, lastVersion, stream.version.value(), pageSize());
                            ResultSet result = query.executeQuery()) {
                        while (result.next()) {
                            rows.add(new EventRow(result, 1, dialect));
                        }
                    }
                    return rows;
                });
            } catch (SQLException e) {
                throw failed(e);
            }
        }

        private EventStoreException failed(SQLException e) {
            return dialect.classify(e).toException("Reading stream '" + stream.id + "'", e);
        }

        /** As many events as fit the byte budget, judged by the page before. */
        private int pageSize() {
            long bytes = 0;
            for (EventRow row : page) {
                bytes += row.bytes();
            }
            long average = page.isEmpty() ? 1 : Math.max(1, bytes / page.size());
            return (int) Math.max(SMALLEST_PAGE, Math.min(LARGEST_PAGE, PAGE_BYTES / average));
        }
    }

    /** Merges the streams by position. */
    private static final class Merge<E extends Event> implements Iterator<RecordedEvent<E>> {
        private final PriorityQueue<Cursor> cursors = new PriorityQueue<>(Comparator.comparingLong(Cursor::position));
        private final EventDecoder<E> decoder;

        private Merge(List<Cursor> streams, EventDecoder<E> decoder) {
            this.decoder = decoder;
            for (Cursor cursor : streams) {
                if (cursor.advance()) {
                    cursors.add(cursor);
                }
            }
        }

        @Override
        public boolean hasNext() {
            return !cursors.isEmpty();
        }

        @Override
        public RecordedEvent<E> next() {
            Cursor cursor = cursors.poll();
            if (cursor == null) {
                throw new NoSuchElementException("The read has ended");
            }
            RecordedEvent<E> event = cursor.current().decode(cursor.stream.id, decoder);
            if (cursor.advance()) {
                cursors.add(cursor);
            }
            return event;
        }
    }
}
