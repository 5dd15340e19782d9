package io.eventcore;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How large one append may be. Larger ones are refused before anything is sent to the database.
 *
 * <p>Immutable.
 *
 * @since 0.1
 */
public final class AppendLimits {
    private static final AppendLimits DEFAULTS = new AppendLimits(10_000, 1024 * 1024, 16 * 1024);

    /** Keeps every event exportable: a line of an export, in which a byte may need six, fits in an array. */
    private static final int MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

    private static final int MAX_METADATA_BYTES = 16 * 1024 * 1024;

    private final int events;
    private final int payloadBytes;
    private final int metadataBytes;

    private AppendLimits(int events, int payloadBytes, int metadataBytes) {
        if (events < 1 || payloadBytes < 1 || metadataBytes < 1) {
            throw new IllegalArgumentException(
                    "Append limits must be at least 1, are %d events, %d bytes of payload, %d bytes of metadata"
                            .formatted(events, payloadBytes, metadataBytes));
        }
        if (payloadBytes > MAX_PAYLOAD_BYTES || metadataBytes > MAX_METADATA_BYTES) {
            throw new IllegalArgumentException(
                    "Append limits are at most %d bytes of payload and %d bytes of metadata, are %d and %d"
                            .formatted(MAX_PAYLOAD_BYTES, MAX_METADATA_BYTES, payloadBytes, metadataBytes));
        }
        this.events = events;
        this.payloadBytes = payloadBytes;
        this.metadataBytes = metadataBytes;
    }

    /** 10,000 events, 1 MiB of payload, 16 KiB of metadata. */
    public static AppendLimits defaults() {
        return DEFAULTS;
    }

    /** How many events one append may hold. */
    public int events() {
        return events;
    }

    /** How many bytes the payload of one event may have. */
    public int payloadBytes() {
        return payloadBytes;
    }

    /** How many bytes the metadata of one append may have in its stored form. */
    public int metadataBytes() {
        return metadataBytes;
    }

    /**
     * These limits with another number of events.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public AppendLimits withEvents(int count) {
        return new AppendLimits(count, payloadBytes, metadataBytes);
    }

    /**
     * These limits with another size of payloads, up to 256 MiB.
     *
     * @throws IllegalArgumentException if it is less than 1 or more than 268,435,456
     */
    public AppendLimits withPayloadBytes(int bytes) {
        return new AppendLimits(events, bytes, metadataBytes);
    }

    /**
     * These limits with another size of metadata, up to 16 MiB.
     *
     * @throws IllegalArgumentException if it is less than 1 or more than 16,777,216
     */
    public AppendLimits withMetadataBytes(int bytes) {
        return new AppendLimits(events, payloadBytes, bytes);
    }

    /**
     * Checks the number of events of an append.
     *
     * @throws AppendLimitExceededException if there are too many
     */
    public void checkEvents(long actual) {
        check("events", events, actual);
    }

    /**
     * Checks the size of one payload.
     *
     * @throws AppendLimitExceededException if it is too large
     */
    public void checkPayloadBytes(long actual) {
        check("bytes of payload per event", payloadBytes, actual);
    }

    /**
     * Checks the size of the metadata.
     *
     * @throws AppendLimitExceededException if it is too large
     */
    public void checkMetadataBytes(long actual) {
        check("bytes of metadata", metadataBytes, actual);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AppendLimits that
                && events == that.events
                && payloadBytes == that.payloadBytes
                && metadataBytes == that.metadataBytes;
    }

    @Override
    public int hashCode() {
        return Objects.hash(events, payloadBytes, metadataBytes);
    }

    @Override
    public String toString() {
        return "at most %d events, %d bytes of payload, %d bytes of metadata"
                .formatted(events, payloadBytes, metadataBytes);
    }

    private static void check(String what, long limit, long actual) {
        if (actual > limit) {
            throw new AppendLimitExceededException(what, limit, actual);
        }
    }
}
