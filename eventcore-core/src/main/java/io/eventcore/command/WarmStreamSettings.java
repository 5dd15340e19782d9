package io.eventcore.command;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How much of recently used streams an executor remembers, so that a command on them needs no read.
 *
 * <p>It does not change what is stored or returned, only how often streams are read. Immutable.
 *
 * @since 0.1
 */
public final class WarmStreamSettings {
    private static final int SHARE_OF_HEAP = 16;

    private static final Duration DEFAULT_CHECK = Duration.ofSeconds(1);
    private static final WarmStreamSettings OFF = new WarmStreamSettings(0, DEFAULT_CHECK);

    private final long maxBytes;
    private final Duration logCheckedWithin;

    private WarmStreamSettings(long maxBytes, Duration logCheckedWithin) {
        this.maxBytes = maxBytes;
        this.logCheckedWithin = logCheckedWithin;
    }

    /** A sixteenth of the maximum heap of the process; the log is checked within a second. */
    public static WarmStreamSettings defaults() {
        return new WarmStreamSettings(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP, DEFAULT_CHECK);
    }

    /** Nothing is remembered: every command reads its streams. */
    public static WarmStreamSettings off() {
        return OFF;
    }

    /**
     * With another bound on what is remembered.
     *
     * @param bytes upper limit for the estimated bytes of the events: 256 for each event plus its stored size; 0
     *     switches warm streams off
     * @throws IllegalArgumentException if it is negative
     */
    public WarmStreamSettings withMaxBytes(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("maxBytes must not be negative, is " + bytes);
        }
        return new WarmStreamSettings(bytes, logCheckedWithin);
    }

    /**
     * With another time within which the executor notices that the log was set back. A database may be restored from a
     * backup while an application runs. So the executor reads the newest remembered event again that often, and when a
     * command comes after a pause.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public WarmStreamSettings withLogCheckedWithin(Duration time) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("logCheckedWithin must be positive, is " + time);
        }
        return new WarmStreamSettings(maxBytes, time);
    }

    /** Whether anything is remembered. */
    public boolean enabled() {
        return maxBytes > 0;
    }

    /** How many bytes the remembered events take at most. */
    public long maxBytes() {
        return maxBytes;
    }

    /** The time within which the executor notices that the log was set back. */
    public Duration logCheckedWithin() {
        return logCheckedWithin;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WarmStreamSettings that
                && maxBytes == that.maxBytes
                && logCheckedWithin.equals(that.logCheckedWithin);
    }

    @Override
    public int hashCode() {
        return Objects.hash(maxBytes, logCheckedWithin);
    }

    @Override
    public String toString() {
        return enabled()
                ? "streams are remembered in %d bytes, and the log is checked within %s"
                        .formatted(maxBytes, logCheckedWithin)
                : "no stream is remembered";
    }
}
