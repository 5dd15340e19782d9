package io.eventcore.jdbc;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.test.contract.ForwardingEventStore;
import io.eventcore.test.contract.LedgerEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A broken store for PostgreSQL: it reads several streams in pages of one query each, in the order of positions, and goes
 * on after the last position.
 */
final class PagingByPosition extends ForwardingEventStore {
    private static final int PAGE = 100;

    private final TableNames names;
    private final EventDecoder decoder = new EventDecoder(new JacksonEventSerializer(LedgerEvent.types()));

    PagingByPosition(EventStore sound, String prefix) {
        super(sound);
        this.names = new TableNames("", prefix);
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        Map<StreamId, StreamVersion> versions =
                super.readStreams(streamsAfter, eventType).versions();
        return EventStreamReader.ofStored(versions, () -> new Pages(streamsAfter.keySet()), eventType);
    }

    private final class Pages implements Iterator<StoredEvent> {
        private final Set<StreamId> streams;
        private Iterator<StoredEvent> page;
        private long last;

        Pages(Set<StreamId> streams) {
            this.streams = streams;
            this.page = page(streams, 0).iterator();
        }

        @Override
        public boolean hasNext() {
            if (!page.hasNext()) {
                page = page(streams, last).iterator();
            }
            return page.hasNext();
        }

        @Override
        public StoredEvent next() {
            StoredEvent event = page.next();
            last = event.position().value();
            return event;
        }
    }

    private List<StoredEvent> page(Set<StreamId> streams, long after) {
        String sql = names.in("""
                SELECT s.stream_id, %s
                FROM eventcore_event e
                JOIN eventcore_stream s ON s.stream_key = e.stream_key
                WHERE s.stream_id = ANY (?) AND e.position > ?
                ORDER BY e.position
                LIMIT ?
                """.formatted(EventRow.COLUMNS));
        List<StoredEvent> page = new ArrayList<>();
        try (Connection connection = PostgreSqlDatabase.INSTANCE.dataSource().getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            query.setObject(1, streams.stream().map(StreamId::value).toArray(String[]::new));
            query.setLong(2, after);
            query.setInt(3, PAGE);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    page.add(new EventRow(rows, 2, SqlTypes.POSTGRESQL).of(StreamId.of(rows.getString(1)), decoder));
                }
            }
            return page;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
