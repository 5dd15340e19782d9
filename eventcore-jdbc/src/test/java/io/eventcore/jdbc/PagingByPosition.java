package io.eventcore.jdbc;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.RecordedEvent;
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

    PagingByPosition(EventStore sound, String prefix) {
        super(sound);
        this.names = new TableNames("", prefix);
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        EventDecoder<E> decoder = new EventDecoder<>(new JacksonEventSerializer(LedgerEvent.types()), eventType);
        Map<StreamId, StreamVersion> versions =
                super.readStreams(streamsAfter, eventType).versions();
        return EventStreamReader.of(versions, () -> new Pages<>(streamsAfter.keySet(), decoder));
    }

    private final class Pages<E extends Event> implements Iterator<RecordedEvent<E>> {
        private final Set<StreamId> streams;
        private final EventDecoder<E> decoder;
        private Iterator<RecordedEvent<E>> page;
        private long last;

        Pages(Set<StreamId> streams, EventDecoder<E> decoder) {
            this.streams = streams;
            this.decoder = decoder;
            this.page = page(streams, 0, decoder).iterator();
        }

        @Override
        public boolean hasNext() {
            if (!page.hasNext()) {
                page = page(streams, last, decoder).iterator();
            }
            return page.hasNext();
        }

        @Override
        public RecordedEvent<E> next() {
            RecordedEvent<E> event = page.next();
            last = event.position().value();
            return event;
        }
    }

    private <E extends Event> List<RecordedEvent<E>> page(Set<StreamId> streams, long after, EventDecoder<E> decoder) {
        String sql = names.in("""
                SELECT s.stream_id, %s
                FROM eventcore_event e
                JOIN eventcore_stream s ON s.stream_key = e.stream_key
                WHERE s.stream_id = ANY (?) AND e.position > ?
                ORDER BY e.position
                LIMIT ?
                """.formatted(EventRow.COLUMNS));
        List<RecordedEvent<E>> page = new ArrayList<>();
        try (Connection connection = PostgreSqlDatabase.INSTANCE.dataSource().getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            query.setObject(1, streams.stream().map(StreamId::value).toArray(String[]::new));
            query.setLong(2, after);
            query.setInt(3, PAGE);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    page.add(
                            new EventRow(rows, 2, SqlTypes.POSTGRESQL).decode(StreamId.of(rows.getString(1)), decoder));
                }
            }
            return page;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
