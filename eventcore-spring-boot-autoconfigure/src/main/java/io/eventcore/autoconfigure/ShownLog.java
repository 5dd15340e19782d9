package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.StoredEvent;
import io.eventcore.StreamPrefix;
import io.eventcore.autoconfigure.LogSlices.Slice;
import io.eventcore.autoconfigure.ShownEvents.TypeName;
import io.eventcore.autoconfigure.ViewRequest.RuleException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/** The log of a store as the endpoint shows it: slices of it, each bounded, and what is stored in them. */
final class ShownLog {
    private final EventStore store;
    private final LogSlices slices;
    private final ShownEvents events;

    ShownLog(EventStore store, ShownEvents events) {
        this.store = store;
        this.slices = new LogSlices(store);
        this.events = events;
    }

    /** Events before a position or after one, of those that are asked for. */
    LogViews.Events events(ViewRequest request) {
        Optional<Long> before = ViewRequest.number("before", request.before());
        Optional<Long> after = ViewRequest.number("after", request.after());
        if (before.isPresent() && after.isPresent()) {
            throw new RuleException("Ask for what is 'before' a position or 'after' one, not for both");
        }
        int limit = request.shown();
        Predicate<StoredEvent> wanted = wanted(request);
        long last = store.lastPosition().value();
        if (after.isPresent()) {
            Slice<LogViews.Event> slice = after.get() >= last
                    ? new Slice<>(List.of(), 0, after.get(), true)
                    : slices.after(after.get(), limit, event -> wanted.test(event) ? events.of(event) : null);
            return new LogViews.Events(
                    slice.found(), slice.scanned(), slice.more(), slice.reached(), last, events.hidden());
        }
        Slice<LogViews.Event> slice =
                slices.before(end(before, last), limit, event -> wanted.test(event) ? events.of(event) : null);
        return new LogViews.Events(slice.found(), slice.scanned(), slice.more(), null, last, events.hidden());
    }

    /** The names of a slice that ends before a position, those of its last events first. */
    LogViews.Types types(ViewRequest request) {
        Optional<Long> before = ViewRequest.number("before", request.before());
        long last = store.lastPosition().value();
        // Of each name one event is kept, for its class.
        Map<String, StoredEvent> kept = new LinkedHashMap<>();
        Slice<Seen> slice = slices.before(end(before, last), LogSlices.MAX_ROWS, event -> {
            kept.merge(
                    event.typeName(),
                    event,
                    (one, other) -> one.position().compareTo(other.position()) > 0 ? one : other);
            return new Seen(event.typeName(), event.position().value(), event.recordedAt());
        });
        Map<String, List<Seen>> byType = new LinkedHashMap<>();
        slice.found()
                .forEach(seen -> byType.computeIfAbsent(seen.type(), type -> new ArrayList<>())
                        .add(seen));
        List<LogViews.Type> types = new ArrayList<>();
        byType.forEach((type, seen) -> types.add(type(seen, Objects.requireNonNull(kept.get(type), type))));
        return new LogViews.Types(types, slice.scanned(), slice.more(), last, events.hidden());
    }

    private LogViews.Type type(List<Seen> seen, StoredEvent sample) {
        Seen newest = seen.get(0);
        TypeName name = TypeName.of(newest.type());
        ShownEvents.Reading reading = events.reading(sample);
        return new LogViews.Type(
                newest.type(),
                name.name(),
                name.revision(),
                seen.size(),
                newest.recordedAt(),
                newest.position(),
                newest.position(),
                reading.readBy(),
                reading.why() != null,
                reading.why());
    }

    private record Seen(String type, long position, Instant recordedAt) {}

    private static long end(Optional<Long> before, long last) {
        return Math.min(before.orElse(Long.MAX_VALUE), last + 1);
    }

    private Predicate<StoredEvent> wanted(ViewRequest request) {
        Predicate<StoredEvent> wanted = event -> true;
        Optional<StreamPrefix> prefix = request.streamPrefix();
        if (prefix.isPresent()) {
            ShownEvents.require(
                    events.showsStreamIds(), "'prefix'", "stream ids", "eventcore.endpoint.show-stream-ids");
            wanted = wanted.and(event -> prefix.get().matches(event.streamId()));
        }
        String correlation = request.correlation();
        if (correlation != null && !correlation.isBlank()) {
            ShownEvents.require(
                    events.showsMetadata(), "'correlation'", "metadata", "eventcore.endpoint.show-metadata");
            wanted = wanted.and(event -> ShownEvents.metadata(event)
                    .correlationId()
                    .filter(correlation.strip()::equals)
                    .isPresent());
        }
        String type = request.type();
        if (type != null && !type.isBlank()) {
            String name = type.strip();
            wanted = wanted.and(event -> event.typeName().equals(name)
                    || TypeName.of(event.typeName()).name().equals(name));
        }
        Optional<Instant> since = ViewRequest.instant("since", request.since());
        Optional<Instant> until = ViewRequest.instant("until", request.until());
        if (since.isPresent()) {
            wanted = wanted.and(event -> !event.recordedAt().isBefore(since.get()));
        }
        if (until.isPresent()) {
            wanted = wanted.and(event -> event.recordedAt().isBefore(until.get()));
        }
        return wanted;
    }
}
