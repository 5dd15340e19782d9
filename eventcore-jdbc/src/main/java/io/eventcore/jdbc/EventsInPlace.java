package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.TransferConflictException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Events to import whose places in their streams are taken: by the same events, or by different ones. Not safe for
 * concurrent use.
 */
final class EventsInPlace {
    /** How many rows a driver fetches at once, if it can: stored metadata may be larger than expected. */
    private static final int FETCH = 50;

    /** What a database may count in addition to the bytes of a payload. */
    private static final int SIZE_TOLERANCE = 64;

    private final Dialect dialect;
    private final String select;

    /** By the key of the stream and the version. */
    private final Map<Long, SortedMap<Long, ExportedEvent>> expected = new LinkedHashMap<>();

    EventsInPlace(Dialect dialect) {
        this.dialect = dialect;
        this.select = dialect.names()
                .in("SELECT " + EventRow.columnsIf("1 = 0")
                        + " FROM eventcore_event e WHERE e.stream_key = ? AND e.version BETWEEN ? AND ?"
                        + dialect.expressions().andNotFromCache());
    }

    /** Adds an event whose place in the stream with this key is taken. */
    void add(long streamKey, ExportedEvent event) {
        expected.computeIfAbsent(streamKey, key -> new TreeMap<>())
                .put(event.version().value(), event);
    }

    /**
     * Compares all added events with the stored ones, byte by byte. Holds no more payload than the added events have.
     *
     * @throws TransferConflictException if the store holds a different event in one of these places
     */
    void compare(Connection connection) throws SQLException {
        Map<Long, ExportedEvent> byPosition = new HashMap<>();
        for (Map.Entry<Long, SortedMap<Long, ExportedEvent>> stream : expected.entrySet()) {
            compareRows(connection, stream.getKey(), stream.getValue(), byPosition);
        }
        Map<Long, Long> sizes = dialect.lookups().payloadSizes(connection, List.copyOf(byPosition.keySet()));
        List<Long> alike = new ArrayList<>();
        byPosition.forEach((position, event) -> {
            // Does not fetch a stored payload that is much larger than the expected one.
            if (sizes.getOrDefault(position, 0L) <= event.payload().length + SIZE_TOLERANCE) {
                alike.add(position);
            }
        });
        Map<Long, byte[]> payloads = dialect.lookups().payloads(connection, alike);
        byPosition.forEach((position, event) -> {
            byte[] payload = payloads.getOrDefault(position, new byte[0]);
            check(event, stored(event, position, payload));
        });
    }

    /** Compares everything but the payloads. */
    private void compareRows(
            Connection connection,
            long streamKey,
            SortedMap<Long, ExportedEvent> events,
            Map<Long, ExportedEvent> byPosition)
            throws SQLException {
        SortedMap<Long, ExportedEvent> missing = new TreeMap<>(events);
        try (PreparedStatement query = connection.prepareStatement(select)) {
            query.setFetchSize(FETCH);
            query.setLong(1, streamKey);
            query.setLong(2, events.firstKey());
            query.setLong(3, events.lastKey());
            try (ResultSet result = query.executeQuery()) {
                while (result.next()) {
                    EventRow row = new EventRow(result, 1, dialect.types());
                    ExportedEvent event = missing.remove(row.version());
                    if (event != null) {
                        check(event, row.with(event.payload()).exported(event.streamId()));
                        byPosition.put(row.position(), event);
                    }
                }
            }
        }
        if (!missing.isEmpty()) {
            ExportedEvent event = missing.values().iterator().next();
            throw new TransferConflictException(
                    event.streamId(), event.version(), "the store says that an event is there, but has none");
        }
    }

    private static ExportedEvent stored(ExportedEvent event, long position, byte[] payload) {
        return ExportedEvent.of(
                GlobalPosition.of(position),
                event.streamId(),
                event.version(),
                event.id(),
                event.typeName(),
                event.recordedAt(),
                event.metadata(),
                payload);
    }

    private static void check(ExportedEvent event, ExportedEvent there) {
        // No index finds the tags of one event; an import compares them when it reads the stored events.
        if (!there.withTags(event.tags()).equalsButPosition(event)) {
            throw TransferConflictException.otherEvent(event, there);
        }
    }
}
