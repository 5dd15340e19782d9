package io.eventcore.transfer;

import io.eventcore.EventMetadata;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * An event in stored form, with its tags: its payload is bytes, so the class of the event is not needed.
 *
 * <p>Two are equal if everything stored of them is equal, byte for byte. Immutable, if its payload is not modified.
 *
 * @since 0.1
 */
public final class ExportedEvent {
    /** How many code points the name of a type may have: what every database keeps. */
    private static final int MAX_TYPE_NAME = 255;

    /** What every database keeps. */
    private static final Instant EARLIEST = Instant.parse("1000-01-01T00:00:00Z");

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    /** What an event takes besides its texts and its payload. */
    private static final int PER_EVENT = 200;

    /** What an entry of metadata takes besides its texts, in characters. */
    private static final int PER_ENTRY = 32;

    private final GlobalPosition position;
    private final StreamId streamId;
    private final StreamVersion version;
    private final UUID id;
    private final String typeName;
    private final Instant recordedAt;
    private final EventMetadata metadata;
    private final byte[] payload;
    private final SortedSet<EventTag> tags;

    private ExportedEvent(
            GlobalPosition position,
            StreamId streamId,
            StreamVersion version,
            UUID id,
            String typeName,
            Instant recordedAt,
            EventMetadata metadata,
            byte[] payload,
            Set<EventTag> tags) {
        this.position = Objects.requireNonNull(position, "position");
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.version = Objects.requireNonNull(version, "version");
        this.id = Objects.requireNonNull(id, "id");
        this.typeName = checkTypeName(Objects.requireNonNull(typeName, "typeName"));
        this.recordedAt = checkRecordedAt(Objects.requireNonNull(recordedAt, "recordedAt"));
        this.metadata = Objects.requireNonNull(metadata, "metadata");
        this.payload = Objects.requireNonNull(payload, "payload");
        this.tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
        if (tags.size() > EventTag.MAX_PER_EVENT) {
            throw new IllegalArgumentException(
                    "An event carries at most %d tags, has %d".formatted(EventTag.MAX_PER_EVENT, tags.size()));
        }
        if (position.value() < 1) {
            throw new IllegalArgumentException("The position of an event is at least 1, is " + position);
        }
        if (version.value() < 1 || version.value() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "The version of an event is from 1 to %d, is %s".formatted(Integer.MAX_VALUE, version));
        }
    }

    /**
     * An event as it is stored.
     *
     * @param position its place in the log, 1 or more
     * @param version its place in the stream, 1 for the first event
     * @param typeName the stored name of its type; 1 to 255 code points, no control characters
     * @param recordedAt when it was recorded, in microseconds; in the years 1000 to 9999
     * @param payload JSON in UTF-8, as databases require; shared, not to be modified
     * @throws IllegalArgumentException if one of these breaks its rule
     */
    public static ExportedEvent of(
            GlobalPosition position,
            StreamId streamId,
            StreamVersion version,
            UUID id,
            String typeName,
            Instant recordedAt,
            EventMetadata metadata,
            byte[] payload) {
        return new ExportedEvent(position, streamId, version, id, typeName, recordedAt, metadata, payload, Set.of());
    }

    /**
     * This event with other tags.
     *
     * @throws IllegalArgumentException if there are more than one event carries
     */
    public ExportedEvent withTags(Set<EventTag> carried) {
        return tags.equals(carried)
                ? this
                : new ExportedEvent(position, streamId, version, id, typeName, recordedAt, metadata, payload, carried);
    }

    private static String checkTypeName(String name) {
        boolean wellFormed = name.codePoints()
                .noneMatch(c ->
                        Character.isISOControl(c) || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
        if (name.isEmpty() || !wellFormed || name.codePointCount(0, name.length()) > MAX_TYPE_NAME) {
            throw new IllegalArgumentException(
                    "The name of a type has 1 to %d characters and no control characters".formatted(MAX_TYPE_NAME));
        }
        return name;
    }

    private static Instant checkRecordedAt(Instant time) {
        if (time.isBefore(EARLIEST) || time.isAfter(LATEST) || !time.equals(time.truncatedTo(ChronoUnit.MICROS))) {
            throw new IllegalArgumentException(
                    "The time of an event lies in the years 1000 to 9999 and has no more than microseconds, is "
                            + time);
        }
        return time;
    }

    /** Its place in the log it comes from. */
    public GlobalPosition position() {
        return position;
    }

    /** Its stream. */
    public StreamId streamId() {
        return streamId;
    }

    /** Its place in the stream. */
    public StreamVersion version() {
        return version;
    }

    /** Its id. */
    public UUID id() {
        return id;
    }

    /** The name it is stored under. */
    public String typeName() {
        return typeName;
    }

    /** When it was recorded. */
    public Instant recordedAt() {
        return recordedAt;
    }

    /** Its metadata. */
    public EventMetadata metadata() {
        return metadata;
    }

    /** Its payload. Shared, not to be modified. */
    public byte[] payload() {
        return payload;
    }

    /** The tags that it was appended with, in order; none at first. */
    public SortedSet<EventTag> tags() {
        return tags;
    }

    /**
     * The approximate number of bytes it takes in memory and in a database: payload, metadata and names. Limits for
     * events that are held or sent at once use it.
     */
    public long bytes() {
        long characters = streamId.value().length() + (long) typeName.length();
        for (Map.Entry<String, String> entry : metadata.entries().entrySet()) {
            characters += entry.getKey().length() + (long) entry.getValue().length() + PER_ENTRY;
        }
        for (EventTag tag : tags) {
            characters += tag.name().length() + (long) tag.value().length() + PER_ENTRY;
        }
        return payload.length + 2 * characters + PER_EVENT;
    }

    /**
     * What the two differ in, apart from the position: {@code "stream"}, {@code "version"}, {@code "id"},
     * {@code "type"}, {@code "recordedAt"}, {@code "metadata"}, {@code "tags"}, {@code "payload"}, in this order. Empty
     * if all is equal.
     */
    public List<String> differencesFrom(ExportedEvent other) {
        List<String> different = new ArrayList<>();
        note(different, "stream", streamId.equals(other.streamId));
        note(different, "version", version.equals(other.version));
        note(different, "id", id.equals(other.id));
        note(different, "type", typeName.equals(other.typeName));
        note(different, "recordedAt", recordedAt.equals(other.recordedAt));
        note(different, "metadata", metadata.equals(other.metadata));
        note(different, "tags", tags.equals(other.tags));
        note(different, "payload", Arrays.equals(payload, other.payload));
        return different;
    }

    private static void note(List<String> different, String what, boolean equal) {
        if (!equal) {
            different.add(what);
        }
    }

    /**
     * How deeply objects and arrays lie in each other in the payload; 0 for a single value, -1 if it is not JSON in UTF-8.
     * Reads the payload.
     */
    public int jsonDepth() {
        return LogLines.jsonDepth(payload);
    }

    /** Whether all but the position is equal. */
    public boolean equalsButPosition(ExportedEvent other) {
        return streamId.equals(other.streamId)
                && version.equals(other.version)
                && id.equals(other.id)
                && typeName.equals(other.typeName)
                && recordedAt.equals(other.recordedAt)
                && metadata.equals(other.metadata)
                && tags.equals(other.tags)
                && Arrays.equals(payload, other.payload);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ExportedEvent event && position.equals(event.position) && equalsButPosition(event);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** Its place and type, not its content. */
    @Override
    public String toString() {
        return "%s at position %s (stream '%s', version %s)".formatted(typeName, position, streamId, version);
    }
}
