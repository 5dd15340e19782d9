package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.time.Duration;

/**
 * How far an export or an import has come. Immutable.
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

    /** What is being done. */
    public Step step() {
        return step;
    }

    /** For how many events that is done. */
    public long events() {
        return events;
    }

    /** The position of the last of these, in the log that was exported. */
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

    /** For people, on one line. */
    @Override
    public String toString() {
        return "%s: %d events, position %s of %s, %d events/s"
                .formatted(step, events, position, end, eventsPerSecond());
    }
}
