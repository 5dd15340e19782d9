package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One read of streams, some of which are known. Of the known streams, it reads only new events and the last known one,
 * which shows whether the stream is still the same.
 *
 * @param known what was known before, for the streams of which anything was known
 * @param versions the version of each stream, all at one moment
 * @param tails what was read of each stream after its known events
 */
record StreamLook(
        Map<StreamId, KnownStream> known,
        Map<StreamId, StreamVersion> versions,
        Map<StreamId, List<SharedEvent>> tails) {
    /** Upper limit for the new events, and their bytes, that are held at once: more are read page by page. */
    private static final int MAX_EVENTS = 4_096;

    private static final long MAX_BYTES = 4L << 20;

    /** The log was set back and holds events other than the known ones; or finding out would read too much. */
    static final class OtherLogException extends Exception {
        private static final long serialVersionUID = 1L;

        OtherLogException() {
            super("the log was set back", null, false, false);
        }
    }

    /** The store, or its wrapper, returns only decoded events, none of which can be kept. */
    static final class NotStoredFormException extends Exception {
        private static final long serialVersionUID = 1L;

        NotStoredFormException() {
            super("the store does not return events in stored form", null, false, false);
        }
    }

    /** There is more to read than can be held at once. */
    static final class TooLongException extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Set<StreamId> streams;

        TooLongException(Set<StreamId> streams) {
            super("too much to read at once", null, false, false);
            this.streams = streams;
        }

        /** The stream that is too long; all of them if they are too long only together. */
        Set<StreamId> streams() {
            return streams;
        }
    }

    /**
     * Reads streams.
     *
     * <p>If a look at the log is due, the read reaches back to its newest known event. If its stream has too many later
     * events, no look would ever find it, and nothing would ever be sure again: then everything known is discarded.
     *
     * @param known what is known of some of these streams
     * @throws TooLongException if there is too much to read at once
     * @throws OtherLogException if a known event is missing, or too far away; then nothing that is known counts
     * @throws NotStoredFormException if the store does not return events in stored form
     */
    static StreamLook take(EventStore store, Set<StreamId> ids, Map<StreamId, KnownStream> known, SureLog log)
            throws TooLongException, OtherLogException, NotStoredFormException {
        SureLog.Look look = log.look();
        SureLog.Newest newest = look.newest();
        EventStreamReader<Event> read = store.readStreams(after(ids, known, newest), Event.class);
        Iterable<StoredEvent> stored = read.stored().orElseThrow(NotStoredFormException::new);
        if (newest != null && read.version(newest.streamId()).value() - newest.version() > MAX_EVENTS / 2) {
            throw new OtherLogException();
        }
        checkLength(ids, known, read);
        Map<StreamId, List<SharedEvent>> tails = new HashMap<>();
        boolean found = newest == null;
        long bytes = 0;
        long bytesBeside = 0;
        for (StoredEvent event : stored) {
            boolean isNewest = newest != null && newest.is(event);
            found |= isNewest;
            StreamId id = event.streamId();
            long version = event.version().value();
            KnownStream before = known.getOrDefault(id, KnownStream.NONE);
            if (version <= before.size()) {
                if (!before.event(version).stored().id().equals(event.id())) {
                    throw new OtherLogException();
                }
            } else if (ids.contains(id)) {
                List<SharedEvent> tail = tails.computeIfAbsent(id, none -> new ArrayList<>());
                tail.add(new SharedEvent(event));
                bytes += event.bytes();
                if (bytes > MAX_BYTES) {
                    throw new TooLongException(bytes(tail) > MAX_BYTES ? Set.of(id) : ids);
                }
            } else if (!isNewest) {
                bytesBeside += event.bytes();
                if (bytesBeside > MAX_BYTES) {
                    throw new OtherLogException();
                }
            }
        }
        Map<StreamId, StreamVersion> versions = new HashMap<>();
        for (StreamId id : ids) {
            StreamVersion version = read.version(id);
            found &= version.value() >= sizeOf(known, id);
            versions.put(id, version);
        }
        if (!found) {
            throw new OtherLogException();
        }
        log.found(look);
        return new StreamLook(known, versions, tails);
    }

    /**
     * The versions after which to read: the read returns all new events, the last known event of each stream, and the
     * newest one of all.
     */
    private static Map<StreamId, StreamVersion> after(
            Set<StreamId> ids, Map<StreamId, KnownStream> known, SureLog.@Nullable Newest newest) {
        Map<StreamId, StreamVersion> after = new HashMap<>();
        for (StreamId id : ids) {
            after.put(id, StreamVersion.of(Math.max(0, sizeOf(known, id) - 1L)));
        }
        if (newest != null) {
            after.merge(
                    newest.streamId(),
                    StreamVersion.of(newest.version() - 1),
                    (one, other) -> one.compareTo(other) <= 0 ? one : other);
        }
        return after;
    }

    private static int sizeOf(Map<StreamId, KnownStream> known, StreamId id) {
        return known.getOrDefault(id, KnownStream.NONE).size();
    }

    private static void checkLength(Set<StreamId> ids, Map<StreamId, KnownStream> known, EventStreamReader<?> read)
            throws TooLongException {
        long events = 0;
        for (StreamId id : ids) {
            long more = read.version(id).value() - sizeOf(known, id);
            if (more > MAX_EVENTS) {
                throw new TooLongException(Set.of(id));
            }
            events += Math.max(0, more);
        }
        if (events > MAX_EVENTS) {
            throw new TooLongException(ids);
        }
    }

    private static long bytes(List<SharedEvent> events) {
        long bytes = 0;
        for (SharedEvent event : events) {
            bytes += event.stored().bytes();
        }
        return bytes;
    }

    boolean covers(Set<StreamId> ids) {
        return versions.keySet().containsAll(ids);
    }

    /** Whether every stream is as it was known. */
    boolean isUnchanged() {
        return tails.isEmpty();
    }

    boolean isUnchanged(StreamId id) {
        return !tails.containsKey(id);
    }

    List<SharedEvent> tail(StreamId id) {
        return tails.getOrDefault(id, List.of());
    }

    KnownStream before(StreamId id) {
        return known.getOrDefault(id, KnownStream.NONE);
    }

    /** All events of these streams, in global order. */
    List<SharedEvent> events(Set<StreamId> ids) {
        List<SharedEvent> events = new ArrayList<>();
        for (StreamId id : ids) {
            before(id).addTo(events);
            events.addAll(tail(id));
        }
        return inOrder(events, ids.size());
    }

    /** All events of known streams, in global order. */
    static List<SharedEvent> eventsOf(Map<StreamId, KnownStream> streams) {
        if (streams.size() == 1) {
            return streams.values().iterator().next().events();
        }
        List<SharedEvent> events = new ArrayList<>();
        streams.values().forEach(stream -> stream.addTo(events));
        return inOrder(events, streams.size());
    }

    private static List<SharedEvent> inOrder(List<SharedEvent> events, int streams) {
        if (streams > 1) {
            events.sort(Comparator.comparing(event -> event.stored().position()));
        }
        return events;
    }
}
