package io.eventcore.jdbc.axon;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An event as Axon Framework has stored it, for mappings and converters of the user. Immutable if its bytes are not
 * modified.
 *
 * @since 0.1
 */
public final class AxonEvent {
    /** Stands for null. */
    private static final String NONE = "null";

    private final long globalIndex;
    private final String identifier;
    private final @Nullable String aggregateType;
    private final String aggregateIdentifier;
    private final long sequenceNumber;
    private final String payloadType;
    private final @Nullable String revision;
    private final String timestamp;
    private final byte[] payload;
    private final byte[] metadata;
    private final Optional<String> missing;

    AxonEvent(
            long globalIndex,
            @Nullable String identifier,
            @Nullable String aggregateType,
            @Nullable String aggregateIdentifier,
            long sequenceNumber,
            @Nullable String payloadType,
            @Nullable String revision,
            @Nullable String timestamp,
            byte[] payload,
            byte[] metadata) {
        this.globalIndex = globalIndex;
        this.identifier = Objects.requireNonNullElse(identifier, NONE);
        this.aggregateType = aggregateType == null || aggregateType.isEmpty() ? null : aggregateType;
        this.aggregateIdentifier = aggregateIdentifier == null ? this.identifier : aggregateIdentifier;
        this.sequenceNumber = sequenceNumber;
        this.payloadType = Objects.requireNonNullElse(payloadType, NONE);
        this.revision = revision == null || revision.isEmpty() ? null : revision;
        this.timestamp = Objects.requireNonNullElse(timestamp, NONE);
        this.payload = Objects.requireNonNull(payload, "payload");
        this.metadata = Objects.requireNonNull(metadata, "metadata");
        this.missing = identifier == null
                ? Optional.of("identifier")
                : payloadType == null
                        ? Optional.of("payload type")
                        : timestamp == null ? Optional.of("time stamp") : Optional.empty();
    }

    /** The first column that is null although Axon always writes it. A mapping must see nothing else of that event. */
    Optional<String> missing() {
        return missing;
    }

    /** Its place in Axon's order of all events. */
    public long globalIndex() {
        return globalIndex;
    }

    /** Its id, which need not be a UUID. */
    public String identifier() {
        return identifier;
    }

    /** The type of its aggregate; empty for an event that belongs to none. */
    public Optional<String> aggregateType() {
        return Optional.ofNullable(aggregateType);
    }

    /** The id of its aggregate; the id of the event if it belongs to none. */
    public String aggregateIdentifier() {
        return aggregateIdentifier;
    }

    /** Its place in its aggregate, 0 for the first event. */
    public long sequenceNumber() {
        return sequenceNumber;
    }

    /** The type of its payload: a class name in Axon 4, the name of a message in Axon 5. */
    public String payloadType() {
        return payloadType;
    }

    /** The revision (Axon 4) or version (Axon 5) of its payload, if it has one. */
    public Optional<String> revision() {
        return Optional.ofNullable(revision);
    }

    /**
     * When Axon recorded it.
     *
     * @throws java.time.format.DateTimeParseException if the stored text is not an ISO 8601 time
     */
    public Instant timestamp() {
        return Instant.parse(timestamp);
    }

    /** Its payload as stored: JSON, XML, or what the serializer of the application writes. Shared, not to be modified. */
    public byte[] payload() {
        return payload;
    }

    /** Its metadata as stored. Shared, not to be modified. */
    public byte[] metadata() {
        return metadata;
    }

    /** Its place and type, not its content. */
    @Override
    public String toString() {
        return "%s%s at global index %d"
                .formatted(payloadType, revision == null ? "" : ", revision " + revision, globalIndex);
    }
}
