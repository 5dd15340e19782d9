package io.eventcore.serialization.internal;

import io.eventcore.AppendLimits;
import io.eventcore.AppendedEvent;
import io.eventcore.Boundary;
import io.eventcore.EventMetadata;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An append that is checked and encoded, so that nothing but the database can refuse it: streams in the order in which
 * every store locks them, events in the order in which they were added.
 */
public final class SerializedAppend {
    /**
     * A registered stream.
     *
     * @param id the stream
     * @param expected what is believed about it
     * @param events how many events it receives; 0 for a read-only participant
     * @param guards what must not have come to it beside, by the boundaries that the append rests on; as a rule none
     */
    public record Participant(StreamId id, ExpectedVersion expected, int events, List<Boundary.Guard> guards) {
        /** A stream that no boundary guards. */
        public Participant(StreamId id, ExpectedVersion expected, int events) {
            this(id, expected, events, List.of());
        }

        /** Whether the stream is only checked. */
        public boolean isGuard() {
            return events == 0;
        }
    }

    /**
     * A tag that events of the append carry, or that guards it. Its row stands among those of the streams, before all of them.
     *
     * @param rowId the row
     * @param events how many events of the append carry it; 0 if it is only looked at
     * @param guards what must not have come to it, by the boundaries that the append rests on
     */
    public record TagRow(String rowId, int events, List<Boundary.Guard> guards) {
        /** Whether the tag is only checked. */
        public boolean isGuard() {
            return events == 0;
        }
    }

    /**
     * An event.
     *
     * @param event the event with its id
     * @param stored its stored form
     * @param stream the index of its stream among the participants
     * @param offset its place among the events of that stream, 1 for the first
     * @param tags the indexes of its tags among the tag rows, ascending
     * @param ownMetadata the metadata of this event as JSON, if it is not that of the append
     */
    public record Entry(
            NewEvent event,
            SerializedEvent stored,
            int stream,
            int offset,
            List<Integer> tags,
            Optional<String> ownMetadata) {}

    private static final SerializedEvent NO_FORM = SerializedEvent.of("", new byte[0]);

    private final StreamWrites writes;
    private final List<Participant> participants;
    private final List<TagRow> tagRows;
    private final List<Entry> entries;
    private final Optional<String> metadata;
    private final long bytes;
    private final boolean tagged;

    /**
     * A registered stream that no store can ever meet: behind the version it is expected at, there are no numbers left
     * for its events.
     */
    public Optional<Participant> impossible() {
        // No stream: this runs for each append.
        for (Participant participant : participants) {
            if (participant.expected() instanceof ExpectedVersion.Exactly exactly
                    && exactly.version().value() >= Long.MAX_VALUE - participant.events()) {
                return Optional.of(participant);
            }
        }
        return Optional.empty();
    }

    private SerializedAppend(
            StreamWrites writes,
            List<Participant> participants,
            List<TagRow> tagRows,
            List<Entry> entries,
            Optional<String> metadata,
            long bytes,
            boolean guarded) {
        this.writes = writes;
        this.participants = participants;
        this.tagRows = tagRows;
        this.entries = entries;
        this.metadata = metadata;
        this.bytes = bytes;
        this.tagged = guarded || !tagRows.isEmpty();
    }

    /**
     * Checks and encodes an append.
     *
     * @throws IllegalArgumentException if the writes are incomplete or an event's class has no stored name
     * @throws io.eventcore.AppendLimitExceededException if a limit is exceeded
     * @throws EventSerializationException if an event cannot be encoded
     */
    public static SerializedAppend of(StreamWrites writes, EventSerializer serializer, AppendLimits limits) {
        return of(writes, new StoredForms(serializer), limits);
    }

    /** The same by forms that may be known already. */
    public static SerializedAppend of(StreamWrites writes, StoredForms encoding, AppendLimits limits) {
        writes.checkComplete();
        List<NewEvent> events = writes.events();
        limits.checkEvents(events.size());

        Rows rows = Rows.of(writes, encoding.serializer());
        List<StreamId> streams = rows.streams;
        int[] counts = new int[streams.size()];
        Entry[] entries = new Entry[events.size()];
        Optional<String> metadata = metadataOf(writes.metadata(), limits);
        long bytes = 0;
        List<SerializedEvent> forms = encoding.of(events);
        for (int i = 0; i < entries.length; i++) {
            NewEvent event = events.get(i);
            int stream = streams.size() == 1 ? 0 : indexOf(streams, event.streamId());
            SerializedEvent stored = forms.get(i);
            limits.checkPayloadBytes(stored.payload().length);
            bytes += stored.payload().length;
            Optional<String> own = event.metadata().isEmpty()
                    ? Optional.empty()
                    : metadataOf(event.metadata().withDefaults(writes.metadata()), limits);
            bytes += (own.isPresent() ? own : metadata).map(String::length).orElse(0);
            entries[i] = new Entry(event, stored, stream, ++counts[stream], rows.tagsOf(event), own);
        }
        return new SerializedAppend(
                writes, rows.participants(counts), rows.tagRows(), List.of(entries), metadata, bytes, rows.isGuarded());
    }

    /**
     * The same without stored forms, for an append that was refused since a subject is erased: only to find out whether it was stored before, when
     * the subject was not.
     */
    public static SerializedAppend onlyToBeFound(StreamWrites writes) {
        Rows rows = Rows.unresolved(writes);
        List<StreamId> streams = rows.streams;
        int[] counts = new int[streams.size()];
        List<Entry> entries = new ArrayList<>();
        for (NewEvent event : writes.events()) {
            int stream = indexOf(streams, event.streamId());
            entries.add(new Entry(event, NO_FORM, stream, ++counts[stream], rows.tagsOf(event), Optional.empty()));
        }
        return new SerializedAppend(
                writes,
                rows.participants(counts),
                rows.tagRows(),
                List.copyOf(entries),
                Optional.empty(),
                0,
                rows.isGuarded());
    }

    private static int indexOf(List<StreamId> sorted, StreamId streamId) {
        return Collections.binarySearch(sorted, streamId);
    }

    /** The rows that an append locks: tags, and streams; both in the order in which every store takes them. */
    private static final class Rows {
        private final Map<StreamId, ExpectedVersion> expected;
        private final Map<String, List<Boundary.Guard>> guards;
        private final List<StreamId> streams;
        private final List<EventTag> tags;
        private final int[] carried;

        private Rows(StreamWrites writes, List<Boundary> boundaries) {
            this.expected = boundaries.isEmpty() ? writes.streams() : new LinkedHashMap<>(writes.streams());
            this.guards = boundaries.isEmpty() ? Map.of() : new TreeMap<>();
            Set<EventTag> allTags = new TreeSet<>();
            for (Boundary boundary : boundaries) {
                for (Boundary.Guard guard : boundary.guards()) {
                    if (EventTag.isRow(guard.rowId())) {
                        allTags.add(EventTag.ofRow(guard.rowId()));
                        guards.computeIfAbsent(guard.rowId(), row -> new ArrayList<>())
                                .add(guard);
                    } else {
                        addStream(guard);
                    }
                }
            }
            for (NewEvent event : writes.events()) {
                allTags.addAll(event.tags());
            }
            this.tags = List.copyOf(allTags);
            this.carried = new int[tags.size()];
            List<StreamId> sorted = new ArrayList<>(expected.keySet());
            sorted.sort(Comparator.naturalOrder());
            this.streams = sorted;
        }

        static Rows of(StreamWrites writes, EventSerializer serializer) {
            List<Boundary> boundaries = writes.boundaries();
            return new Rows(
                    writes,
                    boundaries.isEmpty()
                            ? boundaries
                            : boundaries.stream()
                                    .map(boundary -> boundary.resolve(serializer::storedNames))
                                    .toList());
        }

        /** Enough to find events by. */
        static Rows unresolved(StreamWrites writes) {
            return new Rows(writes, writes.boundaries());
        }

        boolean isGuarded() {
            return !guards.isEmpty();
        }

        /** A stream all of whose events count is guarded by its version, as without a boundary. */
        private void addStream(Boundary.Guard guard) {
            StreamId id = StreamId.of(guard.rowId());
            ExpectedVersion before = expected.get(id);
            ExpectedVersion exactly =
                    ExpectedVersion.exactly(StreamVersion.of(guard.seen().version()));
            boolean isToldByVersion = guard.matchesEveryEvent()
                    && (before == null || before instanceof ExpectedVersion.Any || before.equals(exactly));
            if (isToldByVersion) {
                expected.put(id, exactly);
                return;
            }
            expected.putIfAbsent(id, ExpectedVersion.any());
            guards.computeIfAbsent(guard.rowId(), row -> new ArrayList<>()).add(guard);
        }

        /** The indexes of the tags of an event, which is counted. */
        List<Integer> tagsOf(NewEvent event) {
            if (event.tags().isEmpty()) {
                return List.of();
            }
            List<Integer> found = new ArrayList<>(event.tags().size());
            for (EventTag tag : event.tags()) {
                int index = Collections.binarySearch(tags, tag);
                carried[index]++;
                found.add(index);
            }
            Collections.sort(found);
            return List.copyOf(found);
        }

        List<Participant> participants(int[] counts) {
            Participant[] participants = new Participant[counts.length];
            for (int i = 0; i < counts.length; i++) {
                StreamId id = streams.get(i);
                ExpectedVersion belief = expected.get(id);
                if (belief == null) {
                    throw new IllegalStateException("Stream '" + id + "' has no expectation");
                }
                participants[i] = new Participant(id, belief, counts[i], guardsOf(id.value()));
            }
            return List.of(participants);
        }

        List<TagRow> tagRows() {
            if (tags.isEmpty()) {
                return List.of();
            }
            TagRow[] rows = new TagRow[carried.length];
            for (int i = 0; i < rows.length; i++) {
                String rowId = tags.get(i).rowId();
                rows[i] = new TagRow(rowId, carried[i], guardsOf(rowId));
            }
            return List.of(rows);
        }

        private List<Boundary.Guard> guardsOf(String rowId) {
            List<Boundary.Guard> found = guards.get(rowId);
            return found == null ? List.of() : List.copyOf(found);
        }
    }

    private static Optional<String> metadataOf(EventMetadata metadata, AppendLimits limits) {
        if (metadata.isEmpty()) {
            return Optional.empty();
        }
        String json = MetadataJson.write(metadata);
        limits.checkMetadataBytes(MetadataJson.sizeOf(json));
        return Optional.of(json);
    }

    /** What the caller asked for. */
    public StreamWrites writes() {
        return writes;
    }

    /** The streams, in the order of their ids. */
    public List<Participant> participants() {
        return participants;
    }

    /** The tags that its events carry or that guard it, in the order of their rows: all before the first stream. */
    public List<TagRow> tagRows() {
        return tagRows;
    }

    /**
     * Whether the append has to do with tags, or with streams of which only some events count. One that has not is carried out
     * as if there were neither.
     */
    public boolean isTagged() {
        return tagged;
    }

    /** The events, in the order they were added. */
    public List<Entry> entries() {
        return entries;
    }

    /** The version an event has if the append was carried out as expected; empty without an exact expectation. */
    public Optional<StreamVersion> expectedPlace(Entry entry) {
        return participants.get(entry.stream()).expected() instanceof ExpectedVersion.Exactly exactly
                ? Optional.of(StreamVersion.of(exactly.version().value() + entry.offset()))
                : Optional.empty();
    }

    /**
     * Whether this append, sent again after it was carried out, is refused by the versions it expects and recognised by
     * the places of its events; so is one that writes nothing, since there is nothing to write twice.
     */
    public boolean isRefusedTheSecondTime() {
        return entries.stream().allMatch(entry -> expectedPlace(entry).isPresent());
    }

    /** Whether these are its events, in the places it expects for those whose place it knows. */
    public boolean isCarriedOutBy(EventStreamSlice slice) {
        List<AppendedEvent> stored = slice.events();
        for (int i = 0; i < entries.size(); i++) {
            StreamVersion version = stored.get(i).version();
            if (expectedPlace(entries.get(i))
                    .filter(place -> !place.equals(version))
                    .isPresent()) {
                return false;
            }
        }
        return true;
    }

    /** Whether the versions it expects keep this append from being carried out twice; one exact stream is enough. */
    public boolean cannotBeStoredTwice() {
        return entries.isEmpty()
                || entries.stream().anyMatch(entry -> expectedPlace(entry).isPresent());
    }

    /** The metadata of all events that have none of their own, as JSON, if there is any. */
    public Optional<String> metadata() {
        return metadata;
    }

    /** The metadata of an event as JSON, if there is any. */
    public Optional<String> metadata(Entry entry) {
        return entry.ownMetadata().isPresent() ? entry.ownMetadata() : metadata;
    }

    /** About how many bytes the append brings to the database. */
    public long bytes() {
        return bytes;
    }

    /** The result for the caller if the events were found in the expected places; all expectations are exact. */
    public EventStreamSlice sliceAsExpected(long[] positions) {
        long[] bases = new long[participants.size()];
        for (Entry entry : entries) {
            bases[entry.stream()] = expectedPlace(entry).orElseThrow().value() - entry.offset();
        }
        return slice(bases, positions);
    }

    /**
     * The result for the caller if the append was written.
     *
     * @param baseVersions the version of each participant before the append
     * @param positions the position of each event
     */
    public EventStreamSlice slice(long[] baseVersions, long[] positions) {
        if (entries.isEmpty()) {
            return EventStreamSlice.empty();
        }
        AppendedEvent[] appended = new AppendedEvent[positions.length];
        for (int i = 0; i < positions.length; i++) {
            Entry entry = entries.get(i);
            appended[i] = new AppendedEvent(
                    entry.event().id(),
                    entry.event().streamId(),
                    StreamVersion.of(baseVersions[entry.stream()] + entry.offset()),
                    GlobalPosition.of(positions[i]));
        }
        return new EventStreamSlice(Arrays.asList(appended));
    }
}
