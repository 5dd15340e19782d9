package io.eventcore.autoconfigure;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the views of the log and of streams answer, as JSON. A value that is hidden is null, and left out. */
final class LogViews {
    private LogViews() {}

    /**
     * What is not shown.
     *
     * @param streamIds whether ids of streams and tags are hidden
     * @param payloads whether payloads, and states made of them, are hidden
     * @param metadata whether metadata is hidden
     */
    public record Hidden(boolean streamIds, boolean payloads, boolean metadata) {}

    /** An event without its content. */
    public record Event(
            long position,
            String eventId,
            String type,
            int revision,
            Instant recordedAt,
            long version,
            @Nullable String stream,
            @Nullable String prefix,
            @Nullable String correlation,
            @Nullable String causation) {}

    /**
     * Events of the log.
     *
     * @param events newest first if the question was about those before a position, oldest first otherwise
     * @param scanned how many rows were looked at
     * @param more where to ask on; null if nothing is left
     * @param next after which position later events come, if the question was about those after one
     * @param lastPosition how far the log reaches
     */
    public record Events(
            List<Event> events,
            int scanned,
            @Nullable Long more,
            @Nullable Long next,
            long lastPosition,
            Hidden hidden) {}

    /**
     * A name that events are stored under.
     *
     * @param type the name, with its revision
     * @param name the name without it
     * @param count how many there are in the slice
     * @param lastSeen when the last of them was recorded
     * @param lastPosition its position
     * @param sample the position of an event to look at
     * @param readBy the classes of the events that it is read as; null if it cannot be read
     * @param unreadable whether the last of them cannot be read
     * @param why the reason for that
     */
    public record Type(
            String type,
            String name,
            int revision,
            long count,
            Instant lastSeen,
            long lastPosition,
            long sample,
            @Nullable String readBy,
            boolean unreadable,
            @Nullable String why) {}

    /** The names of a slice of the log, those of the newest events first. */
    public record Types(
            List<Type> types, int scanned, @Nullable Long more, long lastPosition, Hidden hidden) {}
}
