package io.eventcore.test.contract;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.QueriedEvents;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Exchanger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Stores that each break one promise about tags, in the ways in which stores with such boundaries are broken. */
final class BrokenTagStores {
    private BrokenTagStores() {}

    /** Changes what is read and what is appended. */
    private abstract static class Broken extends ForwardingEventStore {
        private Broken(EventStore sound) {
            super(sound);
        }

        @Override
        public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
            return QueriedEvents.of(readMatching(query, eventType, Optional.empty()), query, eventType);
        }
    }

    private static EventStore appending(EventStore sound, UnaryOperator<StreamWrites> change) {
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                return super.appendEvents(change.apply(writes));
            }
        };
    }

    private static StreamWrites changed(
            StreamWrites writes, UnaryOperator<NewEvent> events, UnaryOperator<List<Boundary>> boundaries) {
        StreamWrites made = StreamWrites.empty().withMetadata(writes.metadata());
        for (var stream : writes.streams().entrySet()) {
            made = made.registerStream(stream.getKey(), stream.getValue());
        }
        for (NewEvent event : writes.events()) {
            made = made.append(events.apply(event));
        }
        for (Boundary boundary : boundaries.apply(writes.boundaries())) {
            made = made.restingOn(boundary);
        }
        return made;
    }

    private static StreamWrites withoutBoundaries(StreamWrites writes) {
        return changed(writes, event -> event, boundaries -> List.of());
    }

    static EventStore ignoringBoundaries(EventStore sound) {
        return appending(sound, BrokenTagStores::withoutBoundaries);
    }

    /** Takes a boundary for all that an append rests on. */
    static EventStore forgettingVersions(EventStore sound) {
        return appending(sound, writes -> {
            if (writes.boundaries().isEmpty()) {
                return writes;
            }
            StreamWrites made = StreamWrites.empty().withMetadata(writes.metadata());
            for (NewEvent event : writes.events()) {
                made = made.registerStream(event.streamId(), ExpectedVersion.any())
                        .append(event);
            }
            for (Boundary boundary : writes.boundaries()) {
                made = made.restingOn(boundary);
            }
            return made;
        });
    }

    /** Holds only the first of several. */
    static EventStore restingOnOneBoundary(EventStore sound) {
        return appending(
                sound,
                writes -> changed(
                        writes,
                        event -> event,
                        boundaries -> boundaries.stream().limit(1).toList()));
    }

    /** Guards nothing where there was nothing. */
    static EventStore withoutPlaceholders(EventStore sound) {
        return appending(
                sound,
                writes -> changed(
                        writes,
                        event -> event,
                        boundaries -> boundaries.stream()
                                .filter(boundary -> boundary.guards().stream()
                                        .anyMatch(guard -> guard.seen().version() > 0))
                                .toList()));
    }

    /** Guards the first item of a query alone. */
    static EventStore guardingTheFirstItem(EventStore sound) {
        return appending(
                sound,
                writes -> changed(
                        writes,
                        event -> event,
                        boundaries -> boundaries.stream()
                                .map(boundary -> items(boundary, items -> items.subList(0, 1)))
                                .toList()));
    }

    /** Takes every event of a guard for a conflict. */
    static EventStore countingOnly(EventStore sound) {
        return appending(
                sound,
                writes -> changed(
                        writes,
                        event -> event,
                        boundaries ->
                                boundaries.stream().map(BrokenTagStores::coarse).toList()));
    }

    private static Boundary coarse(Boundary boundary) {
        List<EventQuery.Item> items = new ArrayList<>();
        List<String> guards = new ArrayList<>();
        Map<String, Boundary.Seen> seen = new TreeMap<>();
        for (String row : new LinkedHashSet<>(boundary.guardRows())) {
            items.addAll((EventTag.isRow(row)
                            ? EventQuery.tagged(EventTag.ofRow(row))
                            : EventQuery.ofStream(StreamId.of(row)))
                    .items());
            guards.add(row);
            seen.put(row, boundary.seen(row));
        }
        return Boundary.of(new EventQuery(items), guards, seen);
    }

    /** Looks at types and forgets the other tags, so that it sees conflicts where there are none. */
    static EventStore forgettingOtherTags(EventStore sound) {
        return appending(
                sound,
                writes -> changed(
                        writes,
                        event -> event,
                        boundaries -> boundaries.stream()
                                .map(BrokenTagStores::withGuardsOnly)
                                .toList()));
    }

    private static Boundary withGuardsOnly(Boundary boundary) {
        List<EventQuery.Item> items = new ArrayList<>();
        List<String> guards = new ArrayList<>();
        Map<String, Boundary.Seen> seen = new TreeMap<>();
        for (int i = 0; i < boundary.guardRows().size(); i++) {
            String row = boundary.guardRows().get(i);
            EventQuery.Item item = boundary.query().items().get(i);
            EventQuery.Item less = new EventQuery.Item(
                    item.stream(),
                    item.tags().isEmpty() ? List.of() : List.of(EventTag.ofRow(row)),
                    item.types(),
                    item.typeNames());
            if (!items.contains(less)) {
                items.add(less);
                guards.add(row);
                seen.put(row, boundary.seen(row));
            }
        }
        return boundary.query().toString().contains("class ")
                ? boundary
                : Boundary.of(new EventQuery(items), guards, seen);
    }

    private static Boundary items(Boundary boundary, UnaryOperator<List<EventQuery.Item>> change) {
        if (boundary.query().items().stream().anyMatch(item -> !item.types().isEmpty())) {
            return boundary;
        }
        List<EventQuery.Item> items = change.apply(boundary.query().items());
        List<String> guards = boundary.guardRows().subList(0, items.size());
        Map<String, Boundary.Seen> seen = new TreeMap<>();
        guards.forEach(row -> seen.put(row, boundary.seen(row)));
        return Boundary.of(new EventQuery(items), guards, seen);
    }

    /** Looks before anything is locked, and believes it. */
    static EventStore lookingFirst(EventStore sound) {
        Exchanger<Boolean> between = new Exchanger<>();
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                if (writes.boundaries().isEmpty()) {
                    return super.appendEvents(writes);
                }
                StreamWrites look = StreamWrites.empty();
                for (Boundary boundary : writes.boundaries()) {
                    look = look.restingOn(boundary);
                }
                super.appendEvents(look);
                BrokenStores.waitForSomebodyElse(between);
                return super.appendEvents(withoutBoundaries(writes));
            }
        };
    }

    /** Remembers one position for the whole query. */
    static EventStore rememberingOnePosition(EventStore sound) {
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                List<Boundary> renewed = new ArrayList<>();
                for (Boundary boundary : writes.boundaries()) {
                    if (boundary.lastPosition().equals(GlobalPosition.START)) {
                        renewed.add(boundary);
                        continue;
                    }
                    StoredMatches now = super.readMatching(boundary.query(), Event.class, Optional.empty());
                    for (StoredEvent event : now.events()) {
                        if (event.position().compareTo(boundary.lastPosition()) > 0) {
                            throw new BoundaryConflictException(
                                    boundary.guardRows().get(0), StreamVersion.NONE, StreamVersion.NONE);
                        }
                    }
                    renewed.add(now.boundary());
                }
                return super.appendEvents(changed(writes, event -> event, any -> renewed));
            }
        };
    }

    /** Fixes the boundary after the events. */
    static EventStore cuttingLate(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                StoredMatches early = super.readMatching(query, eventType, after);
                List<StoredEvent> events = new ArrayList<>();
                early.events().forEach(events::add);
                LockSupport.parkNanos(1_000);
                return new StoredMatches(
                        super.readMatching(query, eventType, after).boundary(), events);
            }
        };
    }

    /** Reads on beyond the boundary while it is iterated. */
    static EventStore readingOn(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                StoredMatches first = super.readMatching(query, eventType, after);
                return new StoredMatches(first.boundary(), () -> new Iterator<>() {
                    private int given;

                    private List<StoredEvent> now() {
                        List<StoredEvent> events = new ArrayList<>();
                        delegate()
                                .internals()
                                .readMatching(query, eventType, after)
                                .events()
                                .forEach(events::add);
                        return events;
                    }

                    private List<StoredEvent> page = now();

                    @Override
                    public boolean hasNext() {
                        if (given == page.size()) {
                            page = now();
                        }
                        return given < page.size();
                    }

                    @Override
                    public StoredEvent next() {
                        return page.get(given++);
                    }
                });
            }
        };
    }

    /** Gives the events of item after item. */
    static EventStore readingItemByItem(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                StoredMatches all = super.readMatching(query, eventType, after);
                if (after.isPresent()) {
                    return all;
                }
                List<StoredEvent> events = new ArrayList<>();
                for (EventQuery.Item item : query.items()) {
                    super.readMatching(new EventQuery(List.of(item)), eventType, after)
                            .events()
                            .forEach(events::add);
                }
                return new StoredMatches(all.boundary(), events);
            }
        };
    }

    /** Tells the events of the items in another order. */
    static EventStore tellingItemsApartTheWrongWay(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                StoredMatches found = super.readMatching(query, eventType, after);
                List<Iterable<StoredEvent>> ofItems = new ArrayList<>(found.ofItems());
                Collections.reverse(ofItems);
                return new StoredMatches(found.boundary(), found.events(), ofItems);
            }
        };
    }

    /** Goes on from the beginning where it is to go on from a place that no read has returned. */
    static EventStore forgettingPlacesThatWereNotRead(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                return super.readMatching(query, eventType, after.filter(Boundary::wasRead));
            }
        };
    }

    static EventStore readingAllAfterABoundary(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                return super.readMatching(query, eventType, Optional.empty());
            }
        };
    }

    static EventStore readingNothingAfterABoundary(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                StoredMatches found = super.readMatching(query, eventType, after);
                return after.isPresent() ? new StoredMatches(found.boundary(), List.of()) : found;
            }
        };
    }

    private static EventStore asking(EventStore sound, UnaryOperator<EventQuery> change) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                return super.readMatching(change.apply(query), eventType, after);
            }
        };
    }

    static EventStore findingOneTagOfSeveral(EventStore sound) {
        return asking(
                sound,
                query -> new EventQuery(query.items().stream()
                        .map(item -> new EventQuery.Item(
                                item.stream(), item.tags().stream().limit(1).toList(), item.types(), item.typeNames()))
                        .toList()));
    }

    static EventStore ignoringTypes(EventStore sound) {
        return asking(
                sound,
                query -> new EventQuery(query.items().stream()
                        .map(item -> new EventQuery.Item(item.stream(), item.tags(), Set.of(), Set.of()))
                        .toList()));
    }

    static EventStore ignoringTheCaseOfTags(EventStore sound) {
        return new Broken(appending(
                sound,
                writes -> changed(writes, event -> event.withTags(lower(event.tags())), boundaries -> boundaries))) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                EventQuery lower = new EventQuery(query.items().stream()
                        .map(item -> new EventQuery.Item(
                                item.stream(),
                                List.copyOf(lower(Set.copyOf(item.tags()))),
                                item.types(),
                                item.typeNames()))
                        .toList());
                return super.readMatching(lower, eventType, after);
            }
        };
    }

    private static Set<EventTag> lower(Set<EventTag> tags) {
        return tags.stream()
                .map(tag -> new EventTag(tag.name(), tag.value().toLowerCase(Locale.ROOT)))
                .collect(Collectors.toSet());
    }

    /** Writes only one of the tags of an event. */
    static EventStore keepingOneTag(EventStore sound) {
        return appending(
                sound,
                writes -> changed(
                        writes,
                        event -> event.withTags(
                                event.tags().stream().sorted().limit(1).collect(Collectors.toSet())),
                        boundaries -> boundaries));
    }

    /** Asks an event for its tags, whatever the append says. */
    static EventStore askingEventsForTheirTags(EventStore sound) {
        return appending(
                sound,
                writes ->
                        changed(writes, event -> event.withTags(event.event().eventTags()), boundaries -> boundaries));
    }

    /** Looks through whatever came since, however much. */
    static EventStore lookingThroughEverything(EventStore sound) {
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (BoundaryConflictException conflict) {
                    List<Boundary> renewed = new ArrayList<>();
                    for (Boundary boundary : writes.boundaries()) {
                        StoredMatches now = super.readMatching(boundary.query(), Event.class, Optional.of(boundary));
                        if (now.events().iterator().hasNext()) {
                            throw conflict;
                        }
                        renewed.add(now.boundary());
                    }
                    return super.appendEvents(changed(writes, event -> event, any -> renewed));
                }
            }
        };
    }

    /** Does not know an append again. */
    static EventStore forgettingIds(EventStore sound) {
        return appending(
                sound,
                writes -> changed(
                        writes,
                        event -> new NewEvent(
                                UUID.randomUUID(), event.streamId(), event.event(), event.tags(), event.metadata()),
                        boundaries -> boundaries));
    }

    /** Takes an append for repeated if its first event was stored. */
    static EventStore takingAPartForTheWhole(EventStore sound) {
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (ConflictException conflict) {
                    NewEvent first = writes.events().get(0);
                    boolean known = super.readStream(first.streamId(), Event.class).stream()
                            .anyMatch(event -> event.id().equals(first.id()));
                    if (known) {
                        return EventStreamSlice.empty();
                    }
                    throw conflict;
                }
            }
        };
    }

    /** Writes the tags of an append before it knows whether it is refused. */
    static EventStore countingRefusedAppends(EventStore sound) {
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (ConflictException conflict) {
                    super.appendEvents(changed(
                            writes,
                            event -> new NewEvent(
                                    UUID.randomUUID(), event.streamId(), event.event(), event.tags(), event.metadata()),
                            any -> List.of()));
                    throw conflict;
                }
            }
        };
    }

    /** Reads outside of the caller's transaction. */
    static EventStore readingElsewhere(EventStore sound) {
        return new Broken(sound) {
            @Override
            public StoredMatches readMatching(
                    EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
                return Race.elsewhere(() -> super.readMatching(query, eventType, after));
            }
        };
    }

    /** Appends outside of the caller's transaction. */
    static EventStore appendingElsewhere(EventStore sound) {
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                return joinsCallersTransaction()
                        ? Race.elsewhere(() -> super.appendEvents(writes))
                        : super.appendEvents(writes);
            }
        };
    }

    /** Checks a boundary in the transaction, and holds nothing of it until the end. */
    static EventStore lettingGoOfGuards(EventStore sound) {
        return new Broken(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                if (!joinsCallersTransaction() || writes.boundaries().isEmpty()) {
                    return super.appendEvents(writes);
                }
                StreamWrites look = StreamWrites.empty();
                for (Boundary boundary : writes.boundaries()) {
                    look = look.restingOn(boundary);
                }
                StreamWrites guarded = look;
                try {
                    Race.elsewhere(() -> super.appendEvents(guarded));
                } catch (AssertionError failed) {
                    if (failed.getCause() instanceof RuntimeException cause) {
                        throw cause;
                    }
                    throw failed;
                }
                return super.appendEvents(withoutBoundaries(writes));
            }
        };
    }

    /** Changes pages of the log by tags, and no others. */
    private abstract static class BrokenPages extends ForwardingEventStore {
        private BrokenPages(EventStore sound) {
            super(sound);
        }

        abstract StoredPage page(EventFilter filter, EventPage page);

        final StoredPage sound(EventFilter filter, EventPage page) {
            return super.readStored(filter, page);
        }

        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            return filter.tags().isEmpty() ? sound(filter, page) : page(filter, page);
        }

        @Override
        public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
            return readStored(filter, page).decode(filter, eventType);
        }
    }

    private static EventStore filtering(EventStore sound, UnaryOperator<EventFilter> change) {
        return new BrokenPages(sound) {
            @Override
            StoredPage page(EventFilter filter, EventPage page) {
                return sound(change.apply(filter), page);
            }
        };
    }

    private static EventStore paging(EventStore sound, UnaryOperator<StoredPage> change) {
        return new BrokenPages(sound) {
            @Override
            StoredPage page(EventFilter filter, EventPage page) {
                return change.apply(sound(filter, page));
            }
        };
    }

    static EventStore pagingWithoutTags(EventStore sound) {
        return filtering(sound, EventFilter::withAnyTags);
    }

    static EventStore pagingByOneTagOfSeveral(EventStore sound) {
        return filtering(
                sound,
                filter -> filter.withAnyTags()
                        .and(filter.tags().stream().min(EventTag::compareTo).orElseThrow()));
    }

    static EventStore pagingByTagsAndAnyTypes(EventStore sound) {
        return filtering(sound, filter -> new EventFilter(filter.streams(), Set.of(), filter.tags()));
    }

    static EventStore pagingByTagsInAnyStreams(EventStore sound) {
        return filtering(sound, filter -> new EventFilter(StreamPattern.all(), filter.types(), filter.tags()));
    }

    /** Reads a page of everything and leaves out what does not carry the tags. */
    static EventStore lookingForTagsAfterTheLimit(EventStore sound) {
        return new BrokenPages(sound) {
            @Override
            StoredPage page(EventFilter filter, EventPage page) {
                StoredPage any = sound(filter.withAnyTags(), page);
                Set<GlobalPosition> tagged = sound(filter, page).events().stream()
                        .map(StoredEvent::position)
                        .collect(Collectors.toSet());
                return new StoredPage(
                        any.events().stream()
                                .filter(event -> tagged.contains(event.position()))
                                .toList(),
                        any.continueAfter(),
                        any.events().size() < page.limit());
            }
        };
    }

    /** Takes the events of a tag from the index of tags, and what is committed for all that will ever come before. */
    static EventStore pagingAsItDecides(EventStore sound) {
        return new BrokenPages(sound) {
            @Override
            StoredPage page(EventFilter filter, EventPage page) {
                EventQuery query = filter.tags().stream()
                        .map(EventQuery::tagged)
                        .reduce((one, other) ->
                                one.and(other.items().get(0).tags().get(0)))
                        .orElseThrow();
                List<StoredEvent> found = new ArrayList<>();
                GlobalPosition end = Race.elsewhere(super::lastPosition);
                readMatching(query, Event.class, Optional.empty()).events().forEach(event -> {
                    if (event.position().compareTo(page.after()) > 0 && found.size() < page.limit()) {
                        found.add(event);
                    }
                });
                boolean full = found.size() == page.limit();
                return new StoredPage(found, full ? found.get(found.size() - 1).position() : end, !full);
            }
        };
    }

    static EventStore endingEveryPageByTags(EventStore sound) {
        return paging(sound, page -> new StoredPage(page.events(), page.continueAfter(), true));
    }

    static EventStore skippingAPositionAtTheEnd(EventStore sound) {
        return paging(
                sound,
                page -> new StoredPage(
                        page.events(),
                        page.endReached()
                                ? GlobalPosition.of(page.continueAfter().value() + 1)
                                : page.continueAfter(),
                        page.endReached()));
    }

    /** Takes a log that ends before the reader for one in which nothing has come. */
    static EventStore waitingForALogThatWasSetBack(EventStore sound) {
        return new BrokenPages(sound) {
            @Override
            StoredPage page(EventFilter filter, EventPage page) {
                return page.after().compareTo(lastPosition()) > 0
                        ? new StoredPage(List.of(), page.after(), true)
                        : sound(filter, page);
            }
        };
    }

    static EventStore pagingByTagsWithoutABoundInBytes(EventStore sound) {
        return new BrokenPages(sound) {
            @Override
            StoredPage page(EventFilter filter, EventPage page) {
                List<StoredEvent> events = new ArrayList<>();
                StoredPage next = sound(filter, page);
                events.addAll(next.events());
                while (!next.endReached() && events.size() < page.limit()) {
                    next = sound(filter, EventPage.after(next.continueAfter(), page.limit() - events.size()));
                    events.addAll(next.events());
                }
                return new StoredPage(events, next.continueAfter(), next.endReached());
            }
        };
    }

    /** Says of every event that it carries the tags. */
    static EventStore matchingEveryTag(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public Predicate<StoredEvent> matching(EventFilter filter) {
                return super.matching(filter.withAnyTags());
            }
        };
    }
}
