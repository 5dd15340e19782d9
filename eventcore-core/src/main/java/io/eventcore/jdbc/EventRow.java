package io.eventcore.jdbc;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.UndecodedEvent;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.EventDecoder;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An event as a row of a result, not decoded yet. */
final class EventRow {
    /** The columns of an event, in the order in which they are read here. */
    static final String COLUMNS = "e.version, e.position, e.event_id, e.type, e.payload, e.metadata, e.recorded_at";

    private final long version;
    private final long position;
    private final UUID id;
    private final SerializedEvent stored;
    private final byte @Nullable [] metadata;
    private final Instant recordedAt;

    /** Reads {@link #COLUMNS}, the first of which has this number. */
    EventRow(ResultSet row, int first, Dialect dialect) throws SQLException {
        this.version = row.getLong(first);
        this.position = row.getLong(first + 1);
        this.id = dialect.uuid(row, first + 2);
        this.stored = SerializedEvent.of(row.getString(first + 3), dialect.utf8(row, first + 4));
        this.metadata = dialect.utf8OrNull(row, first + 5);
        this.recordedAt = dialect.instant(row, first + 6);
    }

    long version() {
        return version;
    }

    long position() {
        return position;
    }

    int bytes() {
        return stored.payload().length;
    }

    /** The event, which is one of this stream. */
    <E extends Event> RecordedEvent<E> decode(StreamId streamId, EventDecoder<E> decoder) {
        return decoder.decode(
                stored, id, streamId, StreamVersion.of(version), GlobalPosition.of(position), metadata, recordedAt);
    }

    /** The event, which is one of this stream, to be decoded later. */
    UndecodedEvent undecoded(StreamId streamId, EventDecoder<Event> decoder) {
        return UndecodedEvent.at(
                streamId,
                StreamVersion.of(version),
                GlobalPosition.of(position),
                stored.typeName(),
                id,
                recordedAt,
                () -> decode(streamId, decoder));
    }
}
