package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.time.Duration;

/**
 * The progress of an export or an import. Immutable.
 *
 * @since 0.1
 */
public final class TransferProgress {
    private final Step step;
    private final long events;
    private final GlobalPosition position;
    private final GlobalPosition end;
    private final Duration elapsed;

    /**
     * What an export or an import is doing.
     *
     * @since 0.1
     */
    public enum Step {
        /** Writes the file. */
        EXPORT,

        /** Reads the whole file before anything is stored. */
        CHECK,

        /** Stores what the file holds. */
        IMPORT,

        /** Compares the store with the file. */
        VERIFY
    }

    TransferProgress(Step step, long events, GlobalPosition position, GlobalPosition end, Duration elapsed) {
        this.step = step;
        this.events = events;
        this.position = position;
        this.end = end;
        this.elapsed = elapsed;
    }

    /** The current step. */
    public Step step() {
        return step;
    }

    /** How many events the step has processed. */
    public long events() {
        return events;
    }

    /** The position of the last of them, in the exported log. */
    public GlobalPosition position() {
        return position;
    }

    /** The position at which this step ends. */
    public GlobalPosition end() {
        return end;
    }

    /** How long this step has taken so far. */
    public Duration elapsed() {
        return elapsed;
    }

    /** How many events a second, since this step began. */
    public long eventsPerSecond() {
        return Math.round(events / Math.max(1e-9, elapsed.toNanos() / 1e9));
    }

    /** A line for people. */
    @Override
    public String toString() {
        return "%s: %d events, position %s of %s, %d events/s"
                .formatted(step, events, position, end, eventsPerSecond());
    }
}
