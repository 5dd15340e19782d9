package io.eventcore.autoconfigure;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.autoconfigure.StreamStates.States;
import io.eventcore.autoconfigure.ViewRequest.RuleException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Streams as the endpoint shows them: which there are, and one of them up to a version. */
final class ShownStreams {
    private static final String ID_PROPERTY = "eventcore.endpoint.show-stream-ids";

    /** Among so many of the newest events the streams are looked for that are shown without a prefix. */
    private static final int NEWEST = 1_000;

    private final EventStore store;
    private final ShownEvents events;
    private final StreamStates states;

    ShownStreams(EventStore store, ShownEvents events, StreamStates states) {
        this.store = store;
        this.events = events;
        this.states = states;
    }

    /** The streams that begin with a prefix, by their ids; without one those of the newest events. */
    LogViews.Streams list(ViewRequest request) {
        ShownEvents.require(events.showsStreamIds(), "A list of streams", "stream ids", ID_PROPERTY);
        Optional<StreamPrefix> prefix = request.streamPrefix();
        if (prefix.isEmpty()) {
            return new LogViews.Streams(described(newest()), null, events.hidden());
        }
        StreamIdPage page = ViewRequest.streamId("after", request.after())
                .map(after -> StreamIdPage.after(after, ViewRequest.MAX_SHOWN + 1))
                .orElseGet(() -> StreamIdPage.first(ViewRequest.MAX_SHOWN + 1));
        List<StreamId> found = store.streamIds(prefix.get(), page);
        List<StreamId> shown = found.subList(0, Math.min(found.size(), ViewRequest.MAX_SHOWN));
        String more = shown.size() < found.size() ? shown.get(shown.size() - 1).value() : null;
        return new LogViews.Streams(described(shown), more, events.hidden());
    }

    private List<StreamId> newest() {
        Set<StreamId> newest = new LinkedHashSet<>();
        new LogSlices(store, NEWEST)
                .before(store.lastPosition().value() + 1, NEWEST, StoredEvent::streamId)
                .found()
                .forEach(newest::add);
        return newest.stream().limit(ViewRequest.MAX_SHOWN).toList();
    }

    /** With the last event of each, as far as these are not too large: one read for the versions, one for the events. */
    private List<LogViews.Stream> described(List<StreamId> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        Map<StreamId, StreamVersion> beyond = new HashMap<>();
        ids.forEach(id -> beyond.put(id, StreamVersion.of(Long.MAX_VALUE)));
        Map<StreamId, StreamVersion> versions =
                store.readStreams(beyond, Event.class).versions();
        Map<StreamId, StreamVersion> beforeLast = new HashMap<>();
        versions.forEach((id, version) -> beforeLast.put(id, StreamVersion.of(Math.max(0, version.value() - 1))));
        Map<StreamId, LogViews.Stream> last = new HashMap<>();
        long bytes = 0;
        for (StoredEvent event : stored(store.readStreams(beforeLast, Event.class))) {
            if (bytes >= LogSlices.MAX_BYTES) {
                break;
            }
            bytes += event.bytes();
            last.put(
                    event.streamId(),
                    new LogViews.Stream(
                            event.streamId().value(),
                            event.version().value(),
                            event.position().value(),
                            event.typeName(),
                            event.recordedAt()));
        }
        return ids.stream()
                .map(id -> last.getOrDefault(
                        id,
                        new LogViews.Stream(
                                id.value(),
                                versions.getOrDefault(id, StreamVersion.NONE).value(),
                                null,
                                null,
                                null)))
                .toList();
    }

    private static Iterable<StoredEvent> stored(EventStreamReader<?> reader) {
        return reader.stored()
                .orElseThrow(
                        () -> new RuleException("The event store of this application does not tell its events as they"
                                + " are stored, so its streams cannot be shown"));
    }

    /** The stream of a request; null if there is none. */
    LogViews.@Nullable StreamDetails details(ViewRequest request) {
        Optional<StreamId> stream = streamOf(request);
        Optional<Long> asked = ViewRequest.number("version", request.version());
        long version =
                stream.map(store::streamVersion).orElse(StreamVersion.NONE).value();
        if (stream.isEmpty() || version == 0) {
            return null;
        }
        long shown = Math.min(asked.orElse(version), version);
        long after = Math.max(0, shown - ViewRequest.MAX_SHOWN);
        List<LogViews.Event> found = new ArrayList<>();
        for (StoredEvent event : stored(store.readStreamAfter(stream.get(), StreamVersion.of(after), Event.class))) {
            if (event.version().value() > shown) {
                break;
            }
            found.add(events.of(event));
        }
        Collections.reverse(found);
        States folded = events.showsPayloads() ? states.of(store, stream.get(), shown) : null;
        return new LogViews.StreamDetails(
                events.showsStreamIds() ? stream.get().value() : null,
                version,
                shown,
                found,
                after == 0 ? null : after,
                folded == null ? null : folded.at(),
                folded == null ? null : folded.before(),
                folded == null ? null : folded.leftOut(),
                states.snapshots(store, stream.get()),
                events.hidden());
    }

    private Optional<StreamId> streamOf(ViewRequest request) {
        if ((request.id() == null) == (request.at() == null)) {
            throw new RuleException("Name the stream by 'at', the position of one of its events, or by its 'id'");
        }
        if (request.id() != null) {
            ShownEvents.require(events.showsStreamIds(), "'id'", "stream ids", ID_PROPERTY);
            return ViewRequest.streamId("id", request.id());
        }
        return ShownEvent.find(store, ViewRequest.position("at", request.at())).map(StoredEvent::streamId);
    }
}
