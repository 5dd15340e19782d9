package io.eventcore.autoconfigure;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.autoconfigure.LogSlices.Slice;
import io.eventcore.projection.ProjectionRunner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One event as the endpoint shows it, with its content and its story as far as they are shown. */
final class ShownEvent {
    private final EventStore store;
    private final @Nullable ProjectionRunner runner;
    private final LogSlices slices;
    private final ShownEvents events;

    ShownEvent(EventStore store, @Nullable ProjectionRunner runner, ShownEvents events) {
        this.store = store;
        this.runner = runner;
        // The event itself is a row as well.
        this.slices = new LogSlices(store, (LogSlices.MAX_ROWS - 1) / 2);
        this.events = events;
    }

    /** The event at a position, if there is one that readers can see. */
    static Optional<StoredEvent> find(EventStore store, long position) {
        if (store.lastPosition().value() < position) {
            return Optional.empty();
        }
        return store
                .internals()
                .readStored(EventFilter.all(), EventPage.after(GlobalPosition.of(position - 1), 1))
                .events()
                .stream()
                .filter(event -> event.position().value() == position)
                .findFirst();
    }

    /** The event of a request; null if there is none. */
    LogViews.@Nullable EventDetails details(ViewRequest request) {
        return find(store, ViewRequest.position("position", request.position()))
                .map(this::details)
                .orElse(null);
    }

    private LogViews.EventDetails details(StoredEvent event) {
        EventMetadata metadata = ShownEvents.metadata(event);
        Optional<Story> story =
                events.showsMetadata() && metadata.correlationId().isPresent()
                        ? Optional.of(story(event, metadata.correlationId().get()))
                        : Optional.empty();
        return new LogViews.EventDetails(
                events.of(event),
                events.showsPayloads() ? ShownJson.payload(event).orElse(null) : null,
                events.showsMetadata() ? metadata.entries() : null,
                events.showsStreamIds() ? tags(event) : null,
                events.reading(event).why(),
                story.map(Story::nodes).orElse(null),
                story.map(Story::scanned).orElse(0),
                events.hidden());
    }

    /** What it says today; null if it cannot be read, or cannot say. */
    private static @Nullable List<String> tags(StoredEvent event) {
        return Attempt.at(() -> {
                    TreeSet<String> tags = new TreeSet<>();
                    event.decode(Event.class)
                            .forEach(part -> part.event().eventTags().stream()
                                    .map(EventTag::toString)
                                    .forEach(tags::add));
                    return List.copyOf(tags);
                })
                .value();
    }

    private record Story(List<LogViews.Node> nodes, int scanned) {}

    /** The events of a conversation that are nearest to one of them. */
    private Story story(StoredEvent event, String correlation) {
        long position = event.position().value();
        int half = ViewRequest.MAX_SHOWN / 2;
        Slice<Told> before = slices.before(position, half, other -> told(other, correlation));
        Slice<Told> after = slices.after(position, half - 1, other -> told(other, correlation));
        List<Told> all = new ArrayList<>(before.found());
        Collections.reverse(all);
        all.add(new Told(events.of(event), ShownEvents.metadata(event).causationId(), readBy(event)));
        all.addAll(after.found());
        Map<String, Long> positions = new HashMap<>();
        all.forEach(told -> positions.put(told.event().eventId(), told.event().position()));
        return new Story(
                all.stream().map(told -> node(told, positions)).toList(), before.scanned() + after.scanned() + 1);
    }

    private record Told(LogViews.Event event, Optional<String> cause, List<String> readBy) {}

    private @Nullable Told told(StoredEvent event, String correlation) {
        EventMetadata metadata = ShownEvents.metadata(event);
        return metadata.correlationId().filter(correlation::equals).isPresent()
                ? new Told(events.of(event), metadata.causationId(), readBy(event))
                : null;
    }

    private List<String> readBy(StoredEvent event) {
        return runner == null ? List.of() : runner.readersOf(event);
    }

    private static LogViews.Node node(Told told, Map<String, Long> positions) {
        LogViews.Event event = told.event();
        return new LogViews.Node(
                event.position(),
                event.eventId(),
                event.type(),
                event.revision(),
                event.recordedAt(),
                event.version(),
                event.stream(),
                event.prefix(),
                event.correlation(),
                event.causation(),
                told.cause().map(positions::get).orElse(null),
                told.readBy());
    }
}
