package io.eventcore.jdbc;

import io.eventcore.AppendedEvent;
import io.eventcore.EventStreamSlice;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
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
import java.util.stream.LongStream;

/**
 * What clients were told about their appends, to be compared with what is stored in the end. Safe for any number of
 * threads.
 */
final class History {
    private final AtomicLong clock = new AtomicLong();
    private final List<Operation> operations = new ArrayList<>();
    private final List<UUID> delivered = new ArrayList<>();
    private final AtomicLong failedReads = new AtomicLong();

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
        private final long begun = clock.incrementAndGet();
        private long ended = Long.MAX_VALUE;
        private Told told = Told.UNKNOWN;
        private EventStreamSlice slice = EventStreamSlice.empty();

        private Operation(StreamWrites writes) {
            this.writes = writes;
        }

        StreamWrites writes() {
            return writes;
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
            ended = clock.incrementAndGet();
        }

        @Override
        public String toString() {
            return told + " " + writes.streams();
        }
    }

    Operation begin(StreamWrites writes) {
        Operation operation = new Operation(writes);
        synchronized (operations) {
            operations.add(operation);
        }
        return operation;
    }

    /** A reader of the log was given this. */
    void deliver(List<? extends RecordedEvent<?>> events) {
        events.forEach(event -> delivered.add(event.id()));
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
        if (!delivered.equals(stored)) {
            violations.add(
                    new HashSet<>(delivered).containsAll(stored)
                            ? "DELIVERED TWICE OR OUT OF ORDER"
                            : "SKIPPED: %d of %d events".formatted(stored.size() - delivered.size(), stored.size()));
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
            List<UUID> ids =
                    operation.writes.events().stream().map(NewEvent::id).toList();
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
