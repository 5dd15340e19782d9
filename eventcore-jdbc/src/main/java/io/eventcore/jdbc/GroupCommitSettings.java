package io.eventcore.jdbc;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether and how appends that wait at the same time share a transaction.
 *
 * <p>Immutable.
 *
 * @since 0.1
 */
public final class GroupCommitSettings {
    private static final GroupCommitSettings DEFAULTS = new GroupCommitSettings(true, 512, 4L * 1024 * 1024);

    private final boolean enabled;
    private final int maxEvents;
    private final long maxBytes;

    private GroupCommitSettings(boolean enabled, int maxEvents, long maxBytes) {
        if (maxEvents < 1 || maxBytes < 1) {
            throw new IllegalArgumentException("The bounds of group commit must be at least 1, are %d events, %d bytes"
                    .formatted(maxEvents, maxBytes));
        }
        this.enabled = enabled;
        this.maxEvents = maxEvents;
        this.maxBytes = maxBytes;
    }

    /** On, with at most 512 events and 4 MiB in one transaction. */
    public static GroupCommitSettings defaults() {
        return DEFAULTS;
    }

    /** Every append is a transaction by itself. */
    public static GroupCommitSettings off() {
        return new GroupCommitSettings(false, DEFAULTS.maxEvents, DEFAULTS.maxBytes);
    }

    /** Whether appends share transactions at all. */
    public boolean enabled() {
        return enabled;
    }

    /** How many events share a transaction at most; a larger append goes alone. */
    public int maxEvents() {
        return maxEvents;
    }

    /** How many bytes of payload and metadata share a transaction at most; a larger append goes alone. */
    public long maxBytes() {
        return maxBytes;
    }

    /**
     * These settings with another number of events.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public GroupCommitSettings withMaxEvents(int events) {
        return new GroupCommitSettings(enabled, events, maxBytes);
    }

    /**
     * These settings with another number of bytes.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public GroupCommitSettings withMaxBytes(long bytes) {
        return new GroupCommitSettings(enabled, maxEvents, bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof GroupCommitSettings that
                && enabled == that.enabled
                && maxEvents == that.maxEvents
                && maxBytes == that.maxBytes;
    }

    @Override
    public int hashCode() {
        return Objects.hash(enabled, maxEvents, maxBytes);
    }

    @Override
    public String toString() {
        return enabled
                ? "at most %d events and %d bytes share a transaction".formatted(maxEvents, maxBytes)
                : "no appends share a transaction";
    }
}
