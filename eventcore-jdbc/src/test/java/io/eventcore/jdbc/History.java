package io.eventcore.jdbc;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.AppendedEvent;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStreamSlice;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;

/**
 * What clients were told about their appends, to be compared with what is stored in the end. Safe for any number of
 * threads.
 *
 * <p>Clients in several processes of one machine have one history each, on a clock that they share, and {@link #save} it;
 * {@link #merged} makes one of them all.
 */
final class History {
    private final LongSupplier clock;
    private final List<Operation> operations = new ArrayList<>();

    /** What each reader of the log was given. */
    private final List<List<UUID>> readers = new ArrayList<>();

    private final AtomicLong failedReads = new AtomicLong();

    History() {
        this(new AtomicLong()::incrementAndGet);
    }

    /** Notes when appends begin and end by this clock, which does not go back. */
    History(LongSupplier clock) {
        this.clock = clock;
        readers.add(new ArrayList<>());
    }

    /** What a client knows of an append. */
    enum Told {
        /** It is stored, all of it. */
        STORED,

        /** It is not stored and never will be: a conflict, a failure, a rollback. */
        NOT_STORED,

        /** Unknown; all or nothing. */
        UNKNOWN
    }

    /** An append. Only its client touches it. */
    final class Operation {
        private final StreamWrites writes;
        private final List<UUID> ids;
        private final long begun;
        private long ended = Long.MAX_VALUE;
        private Told told = Told.UNKNOWN;
        private EventStreamSlice slice = EventStreamSlice.empty();

        private Operation(StreamWrites writes, List<UUID> ids, long begun) {
            this.writes = writes;
            this.ids = ids;
            this.begun = begun;
        }

        /** What was asked for; nothing if this was loaded from a file. */
        StreamWrites writes() {
            return writes;
        }

        /** The ids of its events. */
        List<UUID> ids() {
            return ids;
        }

        /** When the client was told how it ended. */
        long ended() {
            return ended;
        }

        boolean isStored() {
            return told == Told.STORED;
        }

        boolean isUnknown() {
            return told == Told.UNKNOWN;
        }

        void stored(EventStreamSlice result) {
            slice = result;
            end(Told.STORED);
        }

        void end(Told outcome) {
            told = outcome;
            ended = clock.getAsLong();
        }

        private void save(DataOutputStream file) throws IOException {
            file.writeLong(begun);
            file.writeLong(ended);
            file.writeUTF(told.name());
            HistoryFile.write(file, ids);
            HistoryFile.write(file, slice);
        }

        private void load(long end, Told outcome, EventStreamSlice result) {
            ended = end;
            told = outcome;
            slice = result;
        }

        @Override
        public String toString() {
            return told + " " + writes.streams() + " " + ids;
        }
    }

    Operation begin(StreamWrites writes) {
        List<UUID> ids = writes.events().stream().map(NewEvent::id).toList();
        Operation operation = new Operation(writes, ids, clock.getAsLong());
        synchronized (operations) {
            operations.add(operation);
        }
        return operation;
    }

    /** Appends, notes what came of it, and tells or throws the same. */
    EventStreamSlice append(EventStore store, StreamWrites writes) {
        Operation operation = begin(writes);
        try {
            EventStreamSlice slice = store.appendEvents(writes);
            operation.stored(slice);
            return slice;
        } catch (AppendOutcomeUnknownException unknown) {
            operation.end(Told.UNKNOWN);
            throw unknown;
        } catch (EventStoreException notStored) {
            operation.end(Told.NOT_STORED);
            throw notStored;
        }
    }

    /** The reader of the log was given this. */
    void deliver(List<? extends RecordedEvent<?>> events) {
        events.forEach(event -> readers.get(0).add(event.id()));
    }

    /** Writes down what a check needs; no client is at work any more. */
    void save(Path path) throws IOException {
        try (DataOutputStream file = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path)))) {
            file.writeInt(operations.size());
            for (Operation operation : operations) {
                operation.save(file);
            }
            HistoryFile.write(file, readers.get(0));
        }
    }

    /** One history of what several processes have saved. */
    static History merged(List<Path> files) throws IOException {
        History merged = new History();
        merged.readers.clear();
        for (Path path : files) {
            merged.load(path);
        }
        return merged;
    }

    private void load(Path path) throws IOException {
        try (DataInputStream file = new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
            int count = file.readInt();
            for (int i = 0; i < count; i++) {
                long begun = file.readLong();
                long ended = file.readLong();
                Told told = Told.valueOf(file.readUTF());
                Operation operation = new Operation(StreamWrites.empty(), HistoryFile.readIds(file), begun);
                operation.load(ended, told, HistoryFile.readSlice(file));
                operations.add(operation);
            }
            readers.add(HistoryFile.readIds(file));
        }
    }

    /** A client wanted to read and could not. */
    void noteFailedRead() {
        failedReads.incrementAndGet();
    }

    List<Operation> operations() {
        synchronized (operations) {
            return List.copyOf(operations);
        }
    }

    /** What each reader of the log was given, in order. */
    List<List<UUID>> deliveries() {
        return readers.stream().map(List::copyOf).toList();
    }

    /** How many appends ended so. */
    long count(Told told) {
        return operations().stream().filter(operation -> operation.told == told).count();
    }

    /** Everything in which this log, in position order, breaks a promise that was made to a client. */
    List<String> violations(List<? extends RecordedEvent<?>> log) {
        List<String> violations = new ArrayList<>();
        checkStreams(log, violations);
        checkOperations(log, violations);
        checkRealTime(violations);
        List<UUID> stored = log.stream().<UUID>map(RecordedEvent::id).toList();
        for (List<UUID> delivered : readers) {
            if (!delivered.equals(stored)) {
                violations.add(
                        new HashSet<>(delivered).containsAll(stored)
                                ? "DELIVERED TWICE OR OUT OF ORDER"
                                : "SKIPPED: %d of %d events"
                                        .formatted(stored.size() - delivered.size(), stored.size()));
            }
        }
        return violations;
    }

    private static void checkStreams(List<? extends RecordedEvent<?>> log, List<String> violations) {
        Map<StreamId, Long> versions = new HashMap<>();
        Set<UUID> ids = new HashSet<>();
        long position = 0;
        for (RecordedEvent<?> event : log) {
            if (!ids.add(event.id())) {
                violations.add("DUPLICATE: " + event.id());
            }
            long expected = versions.merge(event.streamId(), 1L, Long::sum);
            if (event.version().value() != expected) {
                violations.add("OUT OF ORDER: %s has %s where version %d should be"
                        .formatted(event.streamId(), event.version(), expected));
            }
            if (event.position().value() <= position) {
                violations.add("OUT OF ORDER: position " + event.position());
            }
            position = event.position().value();
        }
    }

    private void checkOperations(List<? extends RecordedEvent<?>> log, List<String> violations) {
        Map<UUID, RecordedEvent<?>> stored = new HashMap<>();
        log.forEach(event -> stored.put(event.id(), event));
        Set<UUID> ours = new HashSet<>();
        for (Operation operation : operations()) {
            List<UUID> ids = operation.ids;
            ours.addAll(ids);
            long found = ids.stream().filter(stored::containsKey).count();
            if (found > 0 && found < ids.size()) {
                violations.add("PARTIAL: %d of %d, %s".formatted(found, ids.size(), operation));
            }
            if (operation.told == Told.STORED && found < ids.size()) {
                violations.add("LOST: " + operation);
            }
            if (operation.told == Told.NOT_STORED && found > 0) {
                violations.add("GHOST: " + operation);
            }
            checkSlice(operation.slice, stored, violations);
        }
        for (UUID id : stored.keySet()) {
            if (!ours.contains(id)) {
                violations.add("GHOST: nobody appended " + id);
            }
        }
    }

    private static void checkSlice(
            EventStreamSlice slice, Map<UUID, RecordedEvent<?>> stored, List<String> violations) {
        for (AppendedEvent event : slice.events()) {
            RecordedEvent<?> there = stored.get(event.id());
            if (there != null
                    && (!there.version().equals(event.version())
                            || !there.position().equals(event.position())
                            || !there.streamId().equals(event.streamId()))) {
                violations.add(
                        "WRONG PLACE: told %s, is at %s of %s".formatted(event, there.version(), there.position()));
            }
        }
    }

    /** What had ended before another began lies before it in the log. */
    private void checkRealTime(List<String> violations) {
        List<Operation> byBegin = operations().stream()
                .filter(operation -> !operation.slice.isEmpty())
                .sorted(Comparator.comparingLong(operation -> operation.begun))
                .toList();
        Iterator<Operation> byEnd = byBegin.stream()
                .sorted(Comparator.comparingLong(operation -> operation.ended))
                .iterator();
        Operation ended = byEnd.hasNext() ? byEnd.next() : null;
        long last = 0;
        for (Operation operation : byBegin) {
            while (ended != null && ended.ended < operation.begun) {
                last = Math.max(last, last(ended));
                ended = byEnd.hasNext() ? byEnd.next() : null;
            }
            if (first(operation) <= last) {
                violations.add("REAL TIME: what ended before it began lies behind " + operation);
            }
        }
    }

    private static long first(Operation operation) {
        return positions(operation).min().orElseThrow();
    }

    private static long last(Operation operation) {
        return positions(operation).max().orElseThrow();
    }

    private static LongStream positions(Operation operation) {
        return operation.slice.events().stream()
                .mapToLong(event -> event.position().value());
    }
}
