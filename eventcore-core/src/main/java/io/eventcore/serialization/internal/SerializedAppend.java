package io.eventcore.serialization.internal;

import io.eventcore.AppendLimits;
import io.eventcore.AppendedEvent;
import io.eventcore.EventMetadata;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStreamSlice;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
     */
    public record Participant(StreamId id, ExpectedVersion expected, int events) {
        /** Whether the stream is only checked. */
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
     * @param ownMetadata the metadata of this event as JSON, if it is not that of the append
     */
    public record Entry(NewEvent event, SerializedEvent stored, int stream, int offset, Optional<String> ownMetadata) {}

    private static final SerializedEvent NO_FORM = SerializedEvent.of("", new byte[0]);

    private final StreamWrites writes;
    private final List<Participant> participants;
    private final List<Entry> entries;
    private final Optional<String> metadata;
    private final long bytes;

    /**
     * A registered stream that no store can ever meet: behind the version it is expected at, there are no numbers left
     * for its events.
     */
    public Optional<Participant> impossible() {
        return participants.stream()
                .filter(participant -> participant.expected() instanceof ExpectedVersion.Exactly exactly
                        && exactly.version().value() >= Long.MAX_VALUE - participant.events())
                .findFirst();
    }

    private SerializedAppend(
            StreamWrites writes,
            List<Participant> participants,
            List<Entry> entries,
            Optional<String> metadata,
            long bytes) {
        this.writes = writes;
        this.participants = participants;
        this.entries = entries;
        this.metadata = metadata;
        this.bytes = bytes;
    }

    /**
     * Checks and encodes an append.
     *
     * @throws IllegalArgumentException if the writes are incomplete or an event's class has no stored name
     * @throws io.eventcore.AppendLimitExceededException if a limit is exceeded
     * @throws EventSerializationException if an event cannot be encoded
     */
    public static SerializedAppend of(StreamWrites writes, EventSerializer serializer, AppendLimits limits) {
        writes.checkComplete();
        List<NewEvent> events = writes.events();
        limits.checkEvents(events.size());

        List<StreamId> streams = new ArrayList<>(writes.streams().keySet());
        streams.sort(Comparator.naturalOrder());
        int[] counts = new int[streams.size()];
        Entry[] entries = new Entry[events.size()];
        Optional<String> metadata = metadataOf(writes.metadata(), limits);
        long bytes = 0;
        List<SerializedEvent> forms = StoredForms.of(events, serializer);
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
            entries[i] = new Entry(event, stored, stream, ++counts[stream], own);
        }
        return new SerializedAppend(
                writes, participants(writes.streams(), streams, counts), List.of(entries), metadata, bytes);
    }

    /**
     * The same without stored forms, for an append that was refused since a subject is erased: only to find out whether it was stored before, when
     * the subject was not.
     */
    public static SerializedAppend onlyToBeFound(StreamWrites writes) {
        List<StreamId> streams = new ArrayList<>(writes.streams().keySet());
        streams.sort(Comparator.naturalOrder());
        int[] counts = new int[streams.size()];
        List<Entry> entries = new ArrayList<>();
        for (NewEvent event : writes.events()) {
            int stream = indexOf(streams, event.streamId());
            entries.add(new Entry(event, NO_FORM, stream, ++counts[stream], Optional.empty()));
        }
        return new SerializedAppend(
                writes, participants(writes.streams(), streams, counts), List.copyOf(entries), Optional.empty(), 0);
    }

    private static int indexOf(List<StreamId> sorted, StreamId streamId) {
        return Collections.binarySearch(sorted, streamId);
    }

    private static List<Participant> participants(
            Map<StreamId, ExpectedVersion> expected, List<StreamId> streams, int[] counts) {
        Participant[] participants = new Participant[counts.length];
        for (int i = 0; i < counts.length; i++) {
            StreamId id = streams.get(i);
            ExpectedVersion belief = expected.get(id);
            if (belief == null) {
                throw new IllegalStateException("Stream '" + id + "' has no expectation");
            }
            participants[i] = new Participant(id, belief, counts[i]);
        }
        return List.of(participants);
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

    /** What the caller is told when the events were found in the places expected; all expectations are exact. */
    public EventStreamSlice sliceAsExpected(long[] positions) {
        long[] bases = new long[participants.size()];
        for (Entry entry : entries) {
            bases[entry.stream()] = expectedPlace(entry).orElseThrow().value() - entry.offset();
        }
        return slice(bases, positions);
    }

    /**
     * What the caller is told when the append was written.
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
