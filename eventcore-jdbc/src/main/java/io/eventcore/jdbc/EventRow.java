package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.internal.MetadataJson;
import io.eventcore.transfer.ExportedEvent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An event as a row of a result; its payload may still have to be fetched. */
final class EventRow {
    /** The columns of an event, in the order in which they are read here. */
    static final String COLUMNS = columns("e.payload");

    private static final byte[] NO_METADATA = {};

    private final long version;
    private final long position;
    private final UUID id;
    private final String typeName;
    private final byte @Nullable [] payload;
    private final byte[] metadata;
    private final Instant recordedAt;

    /**
     * The columns, with the payload only if a condition holds, so that the database does not send a large one unasked.
     */
    static String columnsIf(String condition) {
        return columns("CASE WHEN " + condition + " THEN e.payload END");
    }

    private static String columns(String payload) {
        return "e.version, e.position, e.event_id, e.type, " + payload + ", e.metadata, e.recorded_at";
    }

    /** Reads {@link #COLUMNS}; the first column has this number. */
    EventRow(ResultSet row, int first, SqlTypes types) throws SQLException {
        this.version = row.getLong(first);
        this.position = row.getLong(first + 1);
        this.id = types.uuid(row, first + 2);
        this.typeName = row.getString(first + 3);
        this.payload = types.utf8OrNull(row, first + 4);
        byte[] json = types.utf8OrNull(row, first + 5);
        this.metadata = json == null ? NO_METADATA : json;
        this.recordedAt = types.instant(row, first + 6);
    }

    private EventRow(EventRow row, byte[] payload) {
        this.version = row.version;
        this.position = row.position;
        this.id = row.id;
        this.typeName = row.typeName;
        this.payload = payload;
        this.metadata = row.metadata;
        this.recordedAt = row.recordedAt;
    }

    /** This row with a payload that was fetched later. */
    EventRow with(byte[] fetched) {
        return new EventRow(this, fetched);
    }

    /** Whether the row holds its payload. */
    boolean isWhole() {
        return payload != null;
    }

    long version() {
        return version;
    }

    long position() {
        return position;
    }

    String typeName() {
        return typeName;
    }

    /** Adds the payload to the list, if it is there. */
    void addPayload(List<byte[]> payloads) {
        if (payload != null) {
            payloads.add(payload);
        }
    }

    /** How many bytes of payload and metadata the row holds. */
    long bytes() {
        return (payload == null ? 0L : payload.length) + metadata.length;
    }

    /**
     * The event, as an event of this stream.
     *
     * @throws IllegalStateException if the payload is missing
     */
    StoredEvent of(StreamId streamId, StoredEvent.Decoder decoder) {
        return StoredEvent.of(
                streamId,
                StreamVersion.of(version),
                GlobalPosition.of(position),
                id,
                recordedAt,
                typeName,
                wholePayload(),
                metadata,
                decoder);
    }

    /** Like {@link #of}, for an export. */
    ExportedEvent exported(StreamId streamId) {
        return ExportedEvent.of(
                GlobalPosition.of(position),
                streamId,
                StreamVersion.of(version),
                id,
                typeName,
                recordedAt,
                MetadataJson.read(metadata),
                wholePayload());
    }

    private byte[] wholePayload() {
        if (payload == null) {
            throw new IllegalStateException("The payload of the event at position " + position + " was not fetched");
        }
        return payload;
    }
}
