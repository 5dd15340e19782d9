package io.eventcore.jdbc;

import io.eventcore.Event;
import io.eventcore.EventStreamReader;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads streams as one consistent cut.
 *
 * <p>The first statement brings the version of every stream, all from one snapshot, and, if there are not many streams,
 * their first events too. Later statements end at these versions, so nothing that is committed meanwhile can slip in,
 * whatever its position, and each event is fetched once.
 */
final class StreamReads {
    /** Up to this number of streams, the first statement brings events. */
    private static final int STREAMS_WITH_EVENTS = 64;

    /** About how many rows the first statement brings at most, of all streams together. */
    private static final int FIRST_ROWS = 1_024;

    private static final int LARGEST_FIRST_PAGE = 256;
    private static final int SMALLEST_FIRST_PAGE = 16;

    private final Dialect dialect;
    private final Connections connections;
    private final Payloads payloads;
    private final boolean sharing;
    private final Optional<Replica> replica;
    private final SharedReads<StreamId, StreamVersion, Beginning> shared;

    /**
     * Reads by these connections.
     *
     * @param payloads fetches the payloads of large events, and knows how many bytes a read may hold
     * @param sharing whether one thread may read what another thread asks for
     * @param replica where to read what does not come with the first statement; empty for the same database
     */
    StreamReads(
            Dialect dialect, Connections connections, Payloads payloads, boolean sharing, Optional<Replica> replica) {
        this.dialect = dialect;
        this.connections = connections;
        this.payloads = payloads;
        this.sharing = sharing;
        this.replica = replica;
        this.shared = new SharedReads<>(
                dialect.streams().readsBeforeSharing(),
                streams -> connections.own(connection -> beginnings(connection, streams)));
    }

    <E extends Event> EventStreamReader<E> read(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType, StoredEvent.Decoder decoder)
            throws SQLException {
        Map<StreamId, Beginning> beginnings = streamsAfter.isEmpty() ? Map.of() : readBeginnings(streamsAfter);
        Map<StreamId, StreamVersion> versions = new HashMap<>();
        streamsAfter
                .keySet()
                .forEach(id -> versions.put(
                        id, beginnings.containsKey(id) ? beginnings.get(id).version() : StreamVersion.NONE));
        List<Beginning> streams = List.copyOf(beginnings.values());
        return EventStreamReader.ofStored(
                versions,
                () -> new StreamMerge(dialect, connections, payloads, decoder, streams, streamsAfter, replica),
                eventType);
    }

    private Map<StreamId, Beginning> readBeginnings(Map<StreamId, StreamVersion> streamsAfter) throws SQLException {
        if (streamsAfter.size() > STREAMS_WITH_EVENTS) {
            return connections.joinOrOwn(connection -> cut(connection, streamsAfter.keySet()));
        }
        return sharing && !connections.inCallersTransaction()
                ? shared.read(streamsAfter, SharedReads.PATIENCE)
                : connections.joinOrOwn(connection -> beginnings(connection, streamsAfter));
    }

    private Map<StreamId, Beginning> cut(Connection connection, Set<StreamId> streams) throws SQLException {
        Map<StreamId, Beginning> beginnings = new HashMap<>();
        try (PreparedStatement query = dialect.streams().selectCut(connection, streams);
                ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                beginning(wanted(rows.getString(1), streams), rows, beginnings);
            }
        }
        return beginnings;
    }

    private Map<StreamId, Beginning> beginnings(Connection connection, Map<StreamId, StreamVersion> streamsAfter)
            throws SQLException {
        int streams = streamsAfter.size();
        int limit = Math.max(SMALLEST_FIRST_PAGE, Math.min(LARGEST_FIRST_PAGE, FIRST_ROWS / streams));
        Map<StreamId, Beginning> beginnings = new HashMap<>();
        try (PreparedStatement query =
                        dialect.streams().selectStreams(connection, streamsAfter, limit, payloads.budget() / streams);
                ResultSet rows = query.executeQuery()) {
            @Nullable Beginning beginning = null;
            while (rows.next()) {
                // Most rows belong to the same stream as the row before, so its id need not be read again.
                if (beginning == null || beginning.key() != rows.getLong(2)) {
                    beginning = beginning(wanted(rows.getString(1), streamsAfter.keySet()), rows, beginnings);
                }
                rows.getLong(4);
                if (!rows.wasNull()) {
                    beginning.rows().add(new EventRow(rows, 4, dialect.types()));
                }
            }
        }
        // The statement orders each stream's events to choose the first ones, but need not return them in that order.
        beginnings.values().forEach(b -> b.rows().sort(Comparator.comparingLong(EventRow::version)));
        return beginnings;
    }

    /** If an id came back as a different one, an existing stream would look absent. */
    private static StreamId wanted(String text, Set<StreamId> streams) throws SQLException {
        StreamId id = ForeignIds.read(text);
        if (!streams.contains(id)) {
            throw ForeignIds.found(id);
        }
        return id;
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

    /**
     * What the first statement found of a stream.
     *
     * @param version where the read ends
     * @param rows the first events after the version asked for, some of them perhaps without their payload
     */
    record Beginning(StreamId id, long key, StreamVersion version, List<EventRow> rows) {}
}
