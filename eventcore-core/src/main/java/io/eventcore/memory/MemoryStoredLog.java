package io.eventcore.memory;

import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.Callback;
import io.eventcore.memory.MemoryTags.Tagged;
import io.eventcore.serialization.internal.MetadataJson;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.StoredLog;
import io.eventcore.transfer.TransferConflictException;
import io.eventcore.transfer.TransferRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The events of a store in memory as they are stored. What is imported with its positions is kept apart until all is there,
 * and appears at once: in memory nothing need be closed for appends meanwhile, if only none has come in the end.
 */
final class MemoryStoredLog implements StoredLog {
    /** A position costs a reference, whether an event has it or not. */
    private static final long MAX_POSITION = 1L << 24;

    private static final long PAGE_BYTES = 4L * 1024 * 1024;

    private static final byte[] NO_METADATA = {};

    private final MemoryLog log;
    private final StoredEvent.Decoder decoder;
    private final Runnable eventsCommitted;

    /** What was imported with its positions and is not to be seen yet; guarded by the lock of the log. */
    private final List<Tagged> restored = new ArrayList<>();

    private final Map<StreamId, Long> restoredVersions = new HashMap<>();

    MemoryStoredLog(MemoryLog log, StoredEvent.Decoder decoder, Runnable eventsCommitted) {
        this.log = log;
        this.decoder = decoder;
        this.eventsCommitted = eventsCommitted;
    }

    @Override
    public GlobalPosition settledEnd() {
        return log.locked(log::settledEnd);
    }

    @Override
    public List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit) {
        List<Tagged> found = log.locked(() -> !isFilling()
                ? log.eventsBetween(after, upTo, limit, PAGE_BYTES).stream()
                        .map(event -> new Tagged(event, rows(log.tagsAt(event.position()))))
                        .toList()
                : restored.stream()
                        .filter(event -> event.position() > after.value() && event.position() <= upTo.value())
                        .limit(limit)
                        .toList());
        return found.stream()
                .map(tagged -> exported(tagged.event())
                        .withTags(tagged.rows().stream().map(EventTag::ofRow).collect(Collectors.toSet())))
                .toList();
    }

    private static Set<String> rows(Set<EventTag> tags) {
        return tags.stream().map(EventTag::rowId).collect(Collectors.toSet());
    }

    @Override
    public boolean tellsTags() {
        return true;
    }

    @Override
    public void requireTags() {
        // Always there.
    }

    @Override
    public boolean holdsTags() {
        return log.locked(log::holdsTags);
    }

    private boolean isFilling() {
        return !restored.isEmpty() && log.isUnused();
    }

    private static ExportedEvent exported(StoredEvent event) {
        return ExportedEvent.of(
                event.position(),
                event.streamId(),
                event.version(),
                event.id(),
                event.typeName(),
                event.recordedAt(),
                MetadataJson.read(event.metadata()),
                event.payload());
    }

    private StoredEvent stored(ExportedEvent event, GlobalPosition position) {
        return StoredEvent.of(
                event.streamId(),
                event.version(),
                position,
                event.id(),
                event.recordedAt(),
                event.typeName(),
                event.payload(),
                event.metadata().isEmpty()
                        ? NO_METADATA
                        : MetadataJson.write(event.metadata()).getBytes(StandardCharsets.UTF_8),
                decoder);
    }

    @Override
    public RestoreState beginRestore(GlobalPosition last) {
        if (last.value() > MAX_POSITION) {
            throw new TransferRefusedException(
                    ("A store in memory keeps positions up to %d, but the log reaches %s: append its events to the"
                                    + " store instead")
                            .formatted(MAX_POSITION, last));
        }
        return log.locked(() -> {
            boolean empty = log.isUnused();
            return new RestoreState(empty, empty ? lastRestored() : log.lastPosition());
        });
    }

    private GlobalPosition lastRestored() {
        return restored.isEmpty()
                ? GlobalPosition.START
                : restored.get(restored.size() - 1).event().position();
    }

    @Override
    public void restore(GlobalPosition after, List<ExportedEvent> events) {
        log.locked(() -> {
            checkLast(after);
            Map<StreamId, Long> versions = new HashMap<>();
            for (ExportedEvent event : events) {
                long version =
                        versions.getOrDefault(event.streamId(), restoredVersions.getOrDefault(event.streamId(), 0L));
                if (event.version().value() != version + 1) {
                    throw TransferConflictException.hole(event.streamId(), event.version(), version);
                }
                versions.put(event.streamId(), version + 1);
            }
            restoredVersions.putAll(versions);
            events.forEach(event -> restored.add(new Tagged(stored(event, event.position()), rows(event.tags()))));
            return restored;
        });
    }

    private void checkLast(GlobalPosition expected) {
        if (!log.isUnused()) {
            throw new TransferRefusedException("Events were appended while an import filled the store");
        }
        if (!lastRestored().equals(expected)) {
            throw new TransferRefusedException(
                    "The import has reached position %s, the store %s: another import is in progress"
                            .formatted(expected, lastRestored()));
        }
    }

    @Override
    public void endRestore(GlobalPosition last) {
        log.locked(() -> {
            checkLast(last);
            log.importEvents(restored);
            restored.clear();
            restoredVersions.clear();
            return last;
        });
        Callback.APPEND_LISTENER.run(eventsCommitted);
    }

    @Override
    public int append(List<ExportedEvent> events) {
        int appended = log.locked(() -> appendLocked(events));
        if (appended > 0) {
            Callback.APPEND_LISTENER.run(eventsCommitted);
        }
        return appended;
    }

    private int appendLocked(List<ExportedEvent> events) {
        // Tags first, as an append takes them.
        Set<String> rows = new LinkedHashSet<>();
        events.stream().flatMap(event -> event.tags().stream()).sorted().forEach(tag -> rows.add(tag.rowId()));
        events.stream().map(ExportedEvent::streamId).sorted().forEach(stream -> rows.add(stream.value()));
        log.lockForImport(rows);
        Map<StreamId, Long> versions = new HashMap<>();
        List<Tagged> missing = new ArrayList<>();
        for (ExportedEvent event : events) {
            long stored = log.version(null, event.streamId()).value();
            if (event.version().value() <= stored) {
                checkIsThere(event);
                continue;
            }
            long version = versions.getOrDefault(event.streamId(), stored);
            if (event.version().value() != version + 1) {
                throw TransferConflictException.hole(event.streamId(), event.version(), version);
            }
            versions.put(event.streamId(), version + 1);
            missing.add(new Tagged(stored(event, GlobalPosition.START), rows(event.tags())));
        }
        log.importAtEnd(missing);
        return missing.size();
    }

    private void checkIsThere(ExportedEvent event) {
        ExportedEvent there =
                exported(log.find(null, event.streamId(), event.version()).orElseThrow());
        // Tags are compared when what is stored is read, as by every store.
        if (!there.withTags(event.tags()).equalsButPosition(event)) {
            throw TransferConflictException.otherEvent(event, there);
        }
    }

    @Override
    public Optional<GlobalPosition> positionOf(StreamId streamId, StreamVersion version) {
        return log.locked(() -> {
            Optional<StoredEvent> found = !isFilling()
                    ? log.find(null, streamId, version)
                    : restored.stream()
                            .map(Tagged::event)
                            .filter(event -> event.streamId().equals(streamId)
                                    && event.version().equals(version))
                            .findFirst();
            return found.map(StoredEvent::position);
        });
    }
}
