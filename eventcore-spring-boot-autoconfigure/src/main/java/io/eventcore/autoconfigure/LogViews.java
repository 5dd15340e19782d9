package io.eventcore.autoconfigure;

import io.eventcore.autoconfigure.EventCoreEndpoint.Hidden;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the views of the log and of streams answer, as JSON. A value that is hidden is null. */
final class LogViews {
    private LogViews() {}

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
     * @param readBy the classes of the events that it is read as, while payloads are hidden by the name alone; null if it cannot be read
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

    /**
     * One event.
     *
     * @param payload as it is stored; of personal data only the placeholders
     * @param tags what it carries, as its class says today
     * @param unreadable why it cannot be read; null if it can
     * @param story the events of its conversation around it, by position; null if it has none
     * @param storyScanned how many events were looked at for it
     */
    public record EventDetails(
            Event event,
            @Nullable Object payload,
            @Nullable Map<String, String> metadata,
            @Nullable List<String> tags,
            @Nullable String unreadable,
            @Nullable List<Node> story,
            int storyScanned,
            Hidden hidden) {}

    /**
     * An event of a story.
     *
     * @param parent the position of the event that has caused it, if that is in the story
     * @param readBy the projections, reactions and relays that want it
     */
    public record Node(
            long position,
            String eventId,
            String type,
            int revision,
            Instant recordedAt,
            long version,
            @Nullable String stream,
            @Nullable String prefix,
            @Nullable String correlation,
            @Nullable String causation,
            @Nullable Long parent,
            List<String> readBy) {}

    /**
     * A stream of a list, with its last event.
     *
     * @param version how many events it has
     */
    public record Stream(
            String stream,
            long version,
            @Nullable Long lastPosition,
            @Nullable String type,
            @Nullable Instant recordedAt) {}

    /**
     * Streams.
     *
     * @param more after which id to ask on; null if nothing is left
     */
    public record Streams(List<Stream> streams, @Nullable String more, Hidden hidden) {}

    /**
     * A stream.
     *
     * @param version how many events it has
     * @param shownVersion up to which version its events are shown
     * @param events the newest first
     * @param more up to which version to ask on; null if nothing is left
     * @param states its state at that version, by the folds of command classes; null if payloads are hidden
     * @param previousStates the same before its last event
     * @param statesLeftOut why there is no state, or not every one
     */
    public record StreamDetails(
            @Nullable String stream,
            long version,
            long shownVersion,
            List<Event> events,
            @Nullable Long more,
            @Nullable List<State> states,
            @Nullable List<State> previousStates,
            @Nullable String statesLeftOut,
            List<Snapshot> snapshots,
            Hidden hidden) {}

    /**
     * A state.
     *
     * @param command the class of commands whose fold it is
     * @param of the type of the state
     * @param state as JSON; null if the fold gives that
     */
    public record State(String command, String of, @Nullable Object state) {}

    /**
     * A snapshot of a stream.
     *
     * @param command the class of commands whose state it is
     * @param version up to which version of the stream its events are part of the state
     * @param current whether the class would go on from it today
     */
    public record Snapshot(String command, long version, boolean current) {}
}
