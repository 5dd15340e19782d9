package io.eventcore.test.contract;

import io.eventcore.AppendedEvent;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Exchanger;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Stores that each break one promise, in the ways in which stores are usually broken. */
final class BrokenStores {
    private BrokenStores() {}

    static EventStore ignoringGuards(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                writes.checkComplete();
                Set<StreamId> written =
                        writes.events().stream().map(NewEvent::streamId).collect(Collectors.toSet());
                return written.isEmpty()
                        ? super.appendEvents(writes)
                        : super.appendEvents(onlyStreams(writes, written::contains));
            }
        };
    }

    static EventStore checkingGuardsTooEarly(EventStore sound) {
        Exchanger<Boolean> between = new Exchanger<>();
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                Set<StreamId> written =
                        writes.events().stream().map(NewEvent::streamId).collect(Collectors.toSet());
                writes.streams().forEach((id, expected) -> {
                    if (!written.contains(id)) {
                        check(this, id, expected);
                    }
                });
                waitForSomebodyElse(between);
                return super.appendEvents(onlyStreams(writes, written::contains));
            }
        };
    }

    static EventStore writingStreamByStream(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                List<AppendedEvent> appended = new ArrayList<>();
                writes.streams()
                        .keySet()
                        .forEach(id -> appended.addAll(super.appendEvents(onlyStreams(writes, id::equals))
                                .events()));
                return new EventStreamSlice(appended);
            }
        };
    }

    static EventStore forgettingOwnMetadata(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                StreamWrites forgetful = StreamWrites.empty().withMetadata(writes.metadata());
                for (Map.Entry<StreamId, ExpectedVersion> stream :
                        writes.streams().entrySet()) {
                    forgetful = forgetful.registerStream(stream.getKey(), stream.getValue());
                }
                for (NewEvent event : writes.events()) {
                    forgetful = forgetful.append(event.withMetadata(EventMetadata.empty()));
                }
                return super.appendEvents(forgetful);
            }
        };
    }

    static EventStore skippingEmptyWrites(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                return writes.events().isEmpty() ? EventStreamSlice.empty() : super.appendEvents(writes);
            }
        };
    }

    static EventStore acceptingAnyVersion(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                return super.appendEvents(withoutExpectations(writes));
            }
        };
    }

    static EventStore checkingFirstAndWritingLater(EventStore sound) {
        Exchanger<Boolean> between = new Exchanger<>();
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                writes.streams().forEach((id, expected) -> check(this, id, expected));
                waitForSomebodyElse(between);
                return super.appendEvents(withoutExpectations(writes));
            }
        };
    }

    static EventStore renamingEvents(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                StreamWrites renamed = StreamWrites.empty().withMetadata(writes.metadata());
                for (Map.Entry<StreamId, ExpectedVersion> stream :
                        writes.streams().entrySet()) {
                    renamed = renamed.registerStream(stream.getKey(), stream.getValue());
                }
                for (NewEvent event : writes.events()) {
                    renamed = renamed.append(new NewEvent(UUID.randomUUID(), event.streamId(), event.event()));
                }
                return super.appendEvents(renamed);
            }
        };
    }

    /** Pages through a stream until nothing more comes, instead of ending where it was when the read began. */
    static EventStore readingWithoutEnd(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                Map<StreamId, StreamVersion> versions =
                        super.readStreams(streamsAfter, eventType).versions();
                return EventStreamReader.of(versions, () -> lazily(streamsAfter, eventType));
            }

            private <E extends Event> Iterator<RecordedEvent<E>> lazily(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                return Stream.iterate(0, i -> i + 1)
                        .map(i -> super.readStreams(streamsAfter, eventType).stream()
                                .skip(i)
                                .findFirst())
                        .takeWhile(Optional::isPresent)
                        .map(Optional::orElseThrow)
                        .iterator();
            }
        };
    }

    /** Pages by position alone, up to the versions that the read has begun with. */
    static EventStore pagingByPosition(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                Map<StreamId, StreamVersion> versions =
                        super.readStreams(streamsAfter, eventType).versions();
                List<RecordedEvent<E>> events = new ArrayList<>();
                List<RecordedEvent<E>> page;
                do {
                    GlobalPosition last = events.isEmpty()
                            ? GlobalPosition.START
                            : events.get(events.size() - 1).position();
                    page = super.readStreams(streamsAfter, eventType).stream()
                            .filter(event -> event.position().compareTo(last) > 0)
                            .limit(50)
                            .toList();
                    events.addAll(page);
                } while (!page.isEmpty());
                return EventStreamReader.of(versions, events);
            }
        };
    }

    static EventStore readingStreamAfterStream(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                EventStreamReader<E> reader = super.readStreams(streamsAfter, eventType);
                List<RecordedEvent<E>> events = new ArrayList<>();
                streamsAfter
                        .keySet()
                        .forEach(id -> reader.stream()
                                .filter(event -> event.streamId().equals(id))
                                .forEach(events::add));
                return EventStreamReader.of(reader.versions(), events);
            }
        };
    }

    /** Fixes the versions of half of the streams, and later those of the other half. */
    static EventStore readingManyStreamsInParts(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                if (streamsAfter.size() < 500) {
                    return super.readStreams(streamsAfter, eventType);
                }
                Map<StreamId, StreamVersion> rest = new HashMap<>(streamsAfter);
                Map<StreamId, StreamVersion> half = new HashMap<>();
                streamsAfter.keySet().stream()
                        .limit(streamsAfter.size() / 2)
                        .forEach(id -> half.put(id, rest.remove(id)));
                EventStreamReader<E> first = super.readStreams(half, eventType);
                long before = super.lastPosition().value();
                for (int i = 0; i < 1_000_000 && super.lastPosition().value() == before; i++) {
                    Thread.onSpinWait();
                }
                EventStreamReader<E> second = super.readStreams(rest, eventType);
                Map<StreamId, StreamVersion> versions = new HashMap<>(first.versions());
                versions.putAll(second.versions());
                List<RecordedEvent<E>> events = new ArrayList<>(first.toList());
                events.addAll(second.toList());
                events.sort(Comparator.comparing(RecordedEvent::position));
                return EventStreamReader.of(versions, events);
            }
        };
    }

    /** Fills a page however large it becomes. */
    static EventStore countingRowsOnly(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                if (batch.endReached() || batch.events().size() == page.limit()) {
                    return batch;
                }
                EventBatch<E> rest = readEvents(
                        filter,
                        EventPage.after(
                                batch.continueAfter(),
                                page.limit() - batch.events().size()),
                        eventType);
                List<RecordedEvent<E>> events = new ArrayList<>(batch.events());
                events.addAll(rest.events());
                return new EventBatch<>(events, rest.continueAfter(), rest.endReached());
            }
        };
    }

    /** Takes a page that has room for more events for the last one. */
    static EventStore takingAShortPageForTheLast(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                return new EventBatch<>(
                        batch.events(), batch.continueAfter(), batch.events().size() < page.limit());
            }
        };
    }

    /** Leaves out of a read of several streams what is large. */
    static EventStore skippingLargeEvents(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                EventStreamReader<E> reader = super.readStreams(streamsAfter, eventType);
                return EventStreamReader.of(
                        reader.versions(),
                        reader.stream()
                                .filter(event -> event.event().toString().length() < 100_000)
                                .toList());
            }
        };
    }

    static EventStore filteringByType(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            @SuppressWarnings("unchecked") // Each event is of the type: that is what the filter asks.
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                EventStreamReader<Event> reader = super.readStreams(streamsAfter, Event.class);
                List<RecordedEvent<E>> matching = StreamSupport.stream(reader.spliterator(), false)
                        .filter(event -> eventType.isInstance(event.event()))
                        .map(event -> (RecordedEvent<E>) event)
                        .toList();
                return EventStreamReader.of(reader.versions(), matching);
            }
        };
    }

    static EventStore ignoringCase(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                StreamWrites lower = StreamWrites.empty();
                for (Map.Entry<StreamId, ExpectedVersion> stream :
                        writes.streams().entrySet()) {
                    lower = lower.registerStream(lower(stream.getKey()), stream.getValue());
                }
                for (NewEvent event : writes.events()) {
                    lower = lower.append(new NewEvent(event.id(), lower(event.streamId()), event.event()));
                }
                return super.appendEvents(lower);
            }

            private static StreamId lower(StreamId id) {
                return StreamId.of(id.value().toLowerCase(Locale.ROOT));
            }
        };
    }

    static EventStore takingPrefixesForPatterns(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
                String beginning = prefix.value().substring(0, 1);
                return super.streamIds(StreamPrefix.of(beginning), page).stream()
                        .filter(id -> id.value().length() >= prefix.value().length())
                        .filter(id -> prefix.value().endsWith("_") || prefix.matches(id))
                        .toList();
            }
        };
    }

    /** Takes every append into the log at once, as a reader with dirty reads would see it. */
    static EventStore showingUncommitted(EventStore sound) {
        List<RecordedEvent<Event>> seen = new CopyOnWriteArrayList<>();
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                EventStreamSlice slice = super.appendEvents(writes);
                for (int i = 0; i < slice.events().size(); i++) {
                    AppendedEvent event = slice.events().get(i);
                    seen.add(RecordedEvent.of(
                            writes.events().get(i).event(),
                            event.id(),
                            event.streamId(),
                            event.version(),
                            event.position(),
                            "unknown",
                            writes.metadata(),
                            Instant.EPOCH));
                }
                return slice;
            }

            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                return pageOf(seen, page);
            }
        };
    }

    /** Reads after the highest position seen, as if positions were committed in their order. */
    static EventStore passingLateCommits(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                return readStored(filter, page).decode(filter, eventType);
            }

            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                List<StoredEvent> committed = new ArrayList<>();
                for (StreamId id : streamIds(StreamPrefix.of("account-"), StreamIdPage.first(100))) {
                    Race.elsewhere(() -> readStream(id, Event.class).stored())
                            .orElseThrow()
                            .forEach(committed::add);
                }
                List<StoredEvent> found = committed.stream()
                        .filter(event -> event.position().compareTo(page.after()) > 0)
                        .sorted(Comparator.comparing(StoredEvent::position))
                        .limit(page.limit())
                        .toList();
                GlobalPosition last = found.isEmpty()
                        ? page.after()
                        : found.get(found.size() - 1).position();
                return new StoredPage(found, last, found.size() < page.limit());
            }
        };
    }

    static EventStore filteringAfterTheLimit(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(EventFilter.all(), page, eventType);
                List<RecordedEvent<E>> matching = batch.events().stream()
                        .filter(event -> filter.streams().matches(event.streamId()))
                        .toList();
                return new EventBatch<>(matching, batch.continueAfter(), batch.endReached());
            }
        };
    }

    /** Believes that a log has ended where nothing matched for a thousand positions. */
    static EventStore givingUpWhereNothingMatches(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                long last = page.after().value();
                for (RecordedEvent<E> event : batch.events()) {
                    if (event.position().value() - last > 1_000) {
                        return upTo(batch, last);
                    }
                    last = event.position().value();
                }
                return batch;
            }
        };
    }

    /** Continues after a full page where the part of the log ends that it was looked for in. */
    static EventStore passingWhatAPageHadNoRoomFor(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                long end = Math.max(batch.continueAfter().value(), page.after().value() + 2L * page.limit());
                return filter.matchesAll() || batch.endReached()
                        ? batch
                        : new EventBatch<>(batch.events(), GlobalPosition.of(end), false);
            }
        };
    }

    /** Takes so many lost positions that a page would not hold them for the end of the log. */
    static EventStore takingLostPositionsForTheEnd(EventStore sound) {
        Map<Long, Integer> lostAfter = new ConcurrentHashMap<>();
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                if (TransactionSynchronizationManager.isSynchronizationActive()) {
                    long last = super.lastPosition().value();
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void afterCompletion(int status) {
                            if (status == STATUS_ROLLED_BACK) {
                                lostAfter.merge(last, writes.events().size(), Integer::sum);
                            }
                        }
                    });
                }
                return super.appendEvents(writes);
            }

            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                for (Map.Entry<Long, Integer> lost : lostAfter.entrySet()) {
                    if (lost.getValue() > 2 * page.limit()
                            && page.after().value() < lost.getKey()
                            && batch.continueAfter().value() > lost.getKey()) {
                        return upTo(batch, lost.getKey());
                    }
                }
                return batch;
            }
        };
    }

    /** Lets readers pass positions at the end that only rolled-back appends have drawn. */
    static EventStore passingWhatWasRolledBack(EventStore sound) {
        AtomicLong drawn = new AtomicLong();
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                EventStreamSlice slice = super.appendEvents(writes);
                drawn.accumulateAndGet(slice.lastPosition().value(), Math::max);
                return slice;
            }

            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                return batch.endReached()
                        ? new EventBatch<>(batch.events(), GlobalPosition.of(drawn.get()), true)
                        : batch;
            }
        };
    }

    /** Finds nothing new where a reader has been further than the log reaches. */
    static EventStore silentBeyondTheEnd(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                return page.after().compareTo(super.lastPosition()) > 0
                        ? new EventBatch<>(List.of(), page.after(), true)
                        : super.readEvents(filter, page, eventType);
            }
        };
    }

    /** What a reader gets that takes this position for the last. */
    private static <E extends Event> EventBatch<E> upTo(EventBatch<E> batch, long last) {
        return new EventBatch<>(
                batch.events().stream()
                        .filter(event -> event.position().value() <= last)
                        .toList(),
                GlobalPosition.of(last),
                true);
    }

    static EventStore stayingWhereNothingMatched(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                return batch.events().isEmpty() ? new EventBatch<>(List.of(), page.after(), batch.endReached()) : batch;
            }
        };
    }

    static EventStore neverJoining(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                return Race.elsewhere(() -> super.appendEvents(writes));
            }
        };
    }

    /** Checks when it is called and writes when the transaction commits, as the store in memory once did. */
    static EventStore lockingAtTheCommit(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                if (!joinsCallersTransaction()) {
                    return super.appendEvents(writes);
                }
                writes.streams().forEach((id, expected) -> check(this, id, expected));
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void beforeCommit(boolean readOnly) {
                        sound.appendEvents(writes);
                    }
                });
                return EventStreamSlice.empty();
            }
        };
    }

    /** Knows the end of a transaction only. */
    static EventStore keepingWhatIsRolledBackToASavepoint(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                EventStreamSlice slice = super.appendEvents(writes);
                if (joinsCallersTransaction()) {
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void beforeCommit(boolean readOnly) {
                            writes.events().forEach(event -> appendAgainIfLost(sound, event));
                        }
                    });
                }
                return slice;
            }
        };
    }

    private static void appendAgainIfLost(EventStore store, NewEvent event) {
        boolean lost = store.readStream(event.streamId(), Event.class).stream()
                .noneMatch(stored -> stored.id().equals(event.id()));
        if (lost) {
            store.appendEvents(StreamWrites.empty()
                    .registerStream(event.streamId(), ExpectedVersion.any())
                    .append(event));
        }
    }

    static EventStore takingTimeOutsForConflicts(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (TransientEventStoreException timedOut) {
                    Map.Entry<StreamId, ExpectedVersion> stream =
                            writes.streams().entrySet().iterator().next();
                    throw new VersionConflictException(stream.getKey(), stream.getValue(), StreamVersion.NONE);
                }
            }
        };
    }

    /** Has no stream that exists for a transaction, and lets that go on as if nothing had been. */
    static EventStore failingWithoutSpoilingTheTransaction(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                boolean fails = joinsCallersTransaction()
                        && writes.events().stream()
                                .anyMatch(
                                        event -> streamVersion(event.streamId()).exists());
                if (fails) {
                    throw new TransientEventStoreException("not this one", null);
                }
                return super.appendEvents(writes);
            }
        };
    }

    /** Reads in a transaction as it has read before. */
    static EventStore readingOnceInATransaction(EventStore sound) {
        Map<Object, EventStreamReader<?>> read = new ConcurrentHashMap<>();
        return new ForwardingEventStore(sound) {
            @Override
            @SuppressWarnings("unchecked")
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                return joinsCallersTransaction()
                        ? (EventStreamReader<E>) read.computeIfAbsent(
                                streamsAfter.keySet(), ids -> super.readStreams(streamsAfter, eventType))
                        : super.readStreams(streamsAfter, eventType);
            }
        };
    }

    static EventStore rollingBackAfterConflict(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (VersionConflictException conflict) {
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void beforeCommit(boolean readOnly) {
                            throw new UnexpectedRollbackException("poisoned by a conflict");
                        }
                    });
                    throw conflict;
                }
            }
        };
    }

    static EventStore joiningFinishedTransactions(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public boolean joinsCallersTransaction() {
                return TransactionSynchronizationManager.isActualTransactionActive();
            }
        };
    }

    static EventStore losingMetadata(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                return super.appendEvents(writes.withMetadata(EventMetadata.empty()));
            }
        };
    }

    static EventStore askingEventsForTheirStream(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                StreamWrites own = StreamWrites.empty().withMetadata(writes.metadata());
                for (NewEvent event : writes.events()) {
                    StreamId stream = event.event().streamId();
                    own = own.registerStream(stream, ExpectedVersion.any())
                            .append(new NewEvent(event.id(), stream, event.event()));
                }
                return super.appendEvents(own);
            }
        };
    }

    static EventStore namingConflictsInTheOrderOfRegistration(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                writes.streams().forEach((id, expected) -> check(this, id, expected));
                return super.appendEvents(writes);
            }
        };
    }

    static EventStore takingAPartForTheWhole(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (VersionConflictException conflict) {
                    boolean known = super.readStream(conflict.streamId(), Event.class).stream()
                            .anyMatch(stored -> writes.events().stream()
                                    .anyMatch(event -> event.id().equals(stored.id())));
                    if (known) {
                        return EventStreamSlice.empty();
                    }
                    throw conflict;
                }
            }
        };
    }

    static EventStore beginningWithTheVersionGiven(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                Map<StreamId, StreamVersion> from = new HashMap<>();
                streamsAfter.forEach((id, after) -> from.put(id, StreamVersion.of(Math.max(0, after.value() - 1))));
                return super.readStreams(from, eventType);
            }
        };
    }

    static EventStore listingInTheOrderOfStrings(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
                String after = page.after().map(StreamId::value).orElse("");
                return super.streamIds(prefix, StreamIdPage.first(1_000)).stream()
                        .sorted(Comparator.comparing(StreamId::value))
                        .filter(id -> id.value().compareTo(after) > 0)
                        .limit(page.limit())
                        .toList();
            }
        };
    }

    static EventStore beginningWithThePositionGiven(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                GlobalPosition before =
                        GlobalPosition.of(Math.max(0, page.after().value() - 1));
                return super.readEvents(filter, EventPage.after(before, page.limit()), eventType);
            }
        };
    }

    static EventStore stoppingStarsAtSlashes(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                Pattern whole = Pattern.compile(filter.streams().regex().replace(".*", "[^/]*"), Pattern.DOTALL);
                List<RecordedEvent<E>> matching = batch.events().stream()
                        .filter(event -> whole.matcher(event.streamId().value()).matches())
                        .toList();
                return new EventBatch<>(matching, batch.continueAfter(), batch.endReached());
            }
        };
    }

    static EventStore ignoringTypes(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                return super.readEvents(EventFilter.pattern(filter.streams()), page, eventType);
            }
        };
    }

    /** Takes a full page for the last one, where it decodes nothing. */
    static EventStore endingEachUndecodedPage(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                StoredPage found = super.readStored(filter, page);
                return new StoredPage(found.events(), found.continueAfter(), true);
            }
        };
    }

    /** Knows of an event that is not decoded neither its id nor its time, and says something all the same. */
    static EventStore makingUpWhatItHasNotDecoded(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                StoredPage found = super.readStored(filter, page);
                List<StoredEvent> events = found.events().stream()
                        .map(event -> StoredEvent.of(
                                event.streamId(),
                                event.version(),
                                event.position(),
                                new UUID(0, 0),
                                Instant.EPOCH,
                                event.typeName(),
                                event.payload(),
                                event.metadata(),
                                same -> event.decode(Event.class)))
                        .toList();
                return new StoredPage(events, found.continueAfter(), found.endReached());
            }
        };
    }

    static EventStore matchingByStreamAlone(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public Predicate<StoredEvent> matching(EventFilter filter) {
                return super.matching(EventFilter.pattern(filter.streams()));
            }
        };
    }

    /** Asks of each event whether it is an instance, so that a type that is not registered matches nothing for ever. */
    static EventStore matchingWhateverIsNamed(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public Predicate<StoredEvent> matching(EventFilter filter) {
                Predicate<StoredEvent> streams = super.matching(EventFilter.pattern(filter.streams()));
                return event -> streams.test(event)
                        && (filter.types().isEmpty()
                                || filter.types().stream()
                                        .anyMatch(type -> event.decode(Event.class).stream()
                                                .anyMatch(part -> type.isInstance(part.event()))));
            }
        };
    }

    static EventStore blindToItsOwnAppends(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                return Race.elsewhere(() -> super.readStreams(streamsAfter, eventType));
            }
        };
    }

    /** Makes the moment between check and write as long as it takes for another one to get there too, if one comes. */
    static void waitForSomebodyElse(Exchanger<Boolean> between) {
        try {
            between.exchange(true, 20, TimeUnit.MILLISECONDS);
        } catch (TimeoutException nobodyCame) {
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void check(EventStore store, StreamId id, ExpectedVersion expected) {
        StreamVersion actual = store.streamVersion(id);
        if (!expected.isMetBy(actual)) {
            throw new VersionConflictException(id, expected, actual);
        }
    }

    private static StreamWrites onlyStreams(StreamWrites writes, Predicate<StreamId> wanted) {
        StreamWrites fewer = StreamWrites.empty().withMetadata(writes.metadata());
        for (Map.Entry<StreamId, ExpectedVersion> stream : writes.streams().entrySet()) {
            if (wanted.test(stream.getKey())) {
                fewer = fewer.registerStream(stream.getKey(), stream.getValue());
            }
        }
        for (NewEvent event : writes.events()) {
            if (wanted.test(event.streamId())) {
                fewer = fewer.append(event);
            }
        }
        return fewer;
    }

    private static StreamWrites withoutExpectations(StreamWrites writes) {
        StreamWrites careless = StreamWrites.empty().withMetadata(writes.metadata());
        for (NewEvent event : writes.events()) {
            careless = careless.registerStream(event.streamId(), ExpectedVersion.any())
                    .append(event);
        }
        return careless;
    }

    @SuppressWarnings("unchecked") // The contracts read these logs as Event.
    private static <E extends Event> EventBatch<E> pageOf(List<RecordedEvent<Event>> log, EventPage page) {
        List<RecordedEvent<Event>> found = log.stream()
                .filter(event -> event.position().compareTo(page.after()) > 0)
                .limit(page.limit())
                .toList();
        GlobalPosition last =
                found.isEmpty() ? page.after() : found.get(found.size() - 1).position();
        return (EventBatch<E>) new EventBatch<>(found, last, found.size() < page.limit());
    }
}
