package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import io.eventcore.TransientEventStoreException;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.transfer.StoredLog.RestoreState;
import io.eventcore.transfer.TransferProgress.Step;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Stores the events of a file that {@link EventExport} has written.
 *
 * <pre>{@code
 * EventImport.into(database.storedLog()).restore(Path.of("events.jsonl.gz"));
 * }</pre>
 *
 * <p>The whole file is read first: one that is cut off or was changed is refused before anything is stored. Events are then
 * stored in chunks, each in a transaction. An import that was interrupted, at any moment, is repeated: it finds what is there
 * and goes on. In the end the store is compared with the file, event by event. It needs the memory of two chunks. Safe for
 * any number of threads.
 *
 * @since 0.1
 */
public class EventImport {
    /** After how many events a step tells how far it has come, where it goes event by event. */
    private static final int TELL_AFTER = 1_000;

    /** How often a chunk is sent that was rolled back in passing. */
    private static final int ATTEMPTS = 5;

    private static final GlobalPosition NO_END = GlobalPosition.of(Long.MAX_VALUE);

    private static final UnaryOperator<ExportedEvent> NO_TAGGING = UnaryOperator.identity();

    private final StoredLog log;
    private final boolean shown;
    private final UnaryOperator<ExportedEvent> tagging;
    private final boolean keysComeLater;

    EventImport(StoredLog log, boolean shown, UnaryOperator<ExportedEvent> tagging, boolean keysComeLater) {
        this.log = log;
        this.shown = shown;
        this.tagging = tagging;
        this.keysComeLater = keysComeLater;
    }

    /** Imports into this log. */
    public static EventImport into(StoredLog log) {
        return new EventImport(Objects.requireNonNull(log, "log"), false, NO_TAGGING, false);
    }

    /**
     * This import, which is not refused where projections, reactions or side effects have begun: what is imported comes to
     * them as if it had just happened. Reactions execute commands, and side effects send mails, for all of it.
     */
    public EventImport shownToAll() {
        return new EventImport(log, true, tagging, keysComeLater);
    }

    /**
     * This import, which gives tags to events of which the file tells none: those that they say today. For a file of a store
     * whose events were not tagged when they were appended.
     *
     * @param serializer reads the events; an event that it does not know ends the import before anything is stored
     */
    public EventImport tagging(EventSerializer serializer) {
        return new EventImport(log, shown, new SaidTags(serializer), keysComeLater);
    }

    /**
     * This import, which is not refused where the store lacks keys of the {@linkplain io.eventcore.PersonalData personal data}
     * in the file: they are kept elsewhere, or follow. Until they are there its events cannot be read; and they can never
     * come for a subject for which the store has made a key of its own meanwhile, or that was erased there.
     */
    public EventImport keysComeLater() {
        return new EventImport(log, shown, tagging, true);
    }

    /** As {@link #restore(Path, Consumer)}, telling no one how far it has come. */
    public TransferResult restore(Path file) {
        return restore(file, progress -> {});
    }

    /**
     * Fills an empty store. Each event keeps its position; what is appended afterwards continues after the last one.
     *
     * <p>From its first moment to its last, the store takes no appends and cannot be opened: so it stays if the import is
     * interrupted, until it is repeated. Stop the application before; instances that run all the same can append nothing,
     * and see of the log what is stored so far. Repeated after its end, it compares and changes nothing.
     *
     * <p>Refused where a projection, a reaction or side effects have begun in the empty store, unless they are to be
     * {@linkplain #shownToAll() shown} all that is imported.
     *
     * @param progress is told about each chunk, by the calling thread; what it throws ends the import
     * @throws TransferFileException if the file is not what was written, or holds what this store cannot keep or could not
     *     read: personal data whose {@linkplain #keysComeLater() keys} are not there
     * @throws TransferRefusedException if the store holds other events, others write to it, projections have begun in it, or
     *     this user may not do this
     * @throws TransferConflictException if an event of the file does not continue its stream
     * @throws TransferVerificationException if the store does not hold what the file holds
     * @throws io.eventcore.EventStoreException if the store cannot be written; what is stored so far stays
     */
    public TransferResult restore(Path file, Consumer<? super TransferProgress> progress) {
        Objects.requireNonNull(progress, "progress");
        TransferResult content = check(file, LogCheck.ofWholeStreams(log), progress);
        GlobalPosition end = content.lastPosition();
        if (log.read(GlobalPosition.START, NO_END, 1).isEmpty()) {
            refuseNews(log.registered());
        }
        RestoreState state = log.beginRestore(end);
        if (!state.unfinished()) {
            if (content.events() == 0 || state.last().compareTo(end) < 0) {
                throw new TransferRefusedException(
                        "The store is not empty, it holds events up to position %s: append to it, or take an empty one"
                                .formatted(state.last()));
            }
            refuseOtherLog(file);
            verify(file, new Comparison.Positions(log, end), progress);
            return content.withWritten(0);
        }
        long written = restoreAfter(state.last(), file, progress);
        verify(file, new Comparison.Positions(log, NO_END), progress);
        // Of what has begun meanwhile: until the end of the import no reader is told how far the log goes.
        refuseNews(log.registered());
        log.endRestore(end);
        return content.withWritten(written);
    }

    /** As {@link #append(Path, Consumer)}, telling no one how far it has come. */
    public TransferResult append(Path file) {
        return append(file, progress -> {});
    }

    /**
     * Appends to a store, which may be in use. Events get new positions in the order of the file, and keep all else: stream,
     * version, id, time, metadata. Those that are there already are passed over, in whatever order they came; readers see
     * each chunk when it is committed.
     *
     * <p>A file that tells no tags is refused by a store that holds some, unless they are {@linkplain #tagging given}: a decision
     * on tags would not see its events.
     *
     * <p>Refused where side effects have begun, unless they are to be {@linkplain #shownToAll() shown} all that is imported.
     * Projections and reactions see it in any case; a reaction passes over what is older than its {@code since()}.
     *
     * @param progress is told about each chunk, by the calling thread; what it throws ends the import
     * @throws TransferFileException if the file is not what was written, or holds what this store cannot keep or could not
     *     read: personal data whose {@linkplain #keysComeLater() keys} are not there
     * @throws TransferRefusedException if this user may not do this, or side effects have begun, or the events lack tags
     * @throws TransferConflictException if the store holds other events in one of the streams; what was stored before stays
     * @throws TransferVerificationException if the store does not hold what the file holds
     * @throws io.eventcore.EventStoreException if the store cannot be written; what is stored so far stays
     */
    public TransferResult append(Path file, Consumer<? super TransferProgress> progress) {
        Objects.requireNonNull(progress, "progress");
        TransferResult content = check(file, LogCheck.ofParts(log), progress);
        refuseNews(log.registered().stream()
                .filter(part -> part.version() == ProjectionPartition.SIDE_EFFECTS)
                .toList());
        if (tagging == NO_TAGGING && !tellsTags(file) && log.holdsTags()) {
            throw new TransferRefusedException(
                    "The file does not tell the tags of its events, and the store holds tags, on"
                            + " which nothing could be decided any more: give the events their tags (tagging)");
        }
        GlobalPosition before = log.settledEnd();
        long written = 0;
        try (LogFileReader lines = open(file)) {
            ProgressMeter meter = new ProgressMeter(Step.IMPORT, lines.upTo(), progress);
            for (Chunk chunk = Chunk.next(lines); !chunk.isEmpty(); chunk = Chunk.next(lines)) {
                written += append(chunk);
                meter.passed(chunk.events().size(), chunk.last());
            }
        }
        verify(file, new Comparison.Order(log, before), progress);
        return content.withWritten(written);
    }

    private LogFileReader open(Path file) {
        return LogFileReader.open(file, tagging);
    }

    private boolean tellsTags(Path file) {
        try (LogFileReader lines = open(file)) {
            return lines.tellsTags();
        }
    }

    /** A store with a log of its own is not one whose import went wrong. */
    private void refuseOtherLog(Path file) {
        ExportedEvent stored = log.read(GlobalPosition.START, NO_END, 1).get(0);
        try (LogFileReader lines = open(file)) {
            ExportedEvent first = lines.next();
            if (first == null || !first.id().equals(stored.id())) {
                throw new TransferRefusedException(
                        "The store is not empty, and its first event is another one than that of the file: append to it, or"
                                + " take an empty one");
            }
        }
    }

    private void refuseNews(List<ProjectionPartition> registered) {
        if (shown || registered.isEmpty()) {
            return;
        }
        String names = registered.stream()
                .map(part -> part.version() == ProjectionPartition.SIDE_EFFECTS
                        ? "the side effects of " + part.projection()
                        : part.projection())
                .distinct()
                .collect(Collectors.joining(", "));
        throw new TransferRefusedException(("What is imported would come as news to %s, which have begun in this store."
                        + " Stop the application and delete their rows of the table of projections, or say that they are to"
                        + " be shown all of it (shownToAll)")
                .formatted(names));
    }

    /**
     * Reads all of the file: nothing is stored of one that could not be stored to its end, with its tags.
     */
    private TransferResult check(Path file, LogCheck check, Consumer<? super TransferProgress> progress) {
        TransferResult result;
        boolean carriesTags = false;
        boolean looksForKeys = !keysComeLater;
        do {
            KeyCheck keys = new KeyCheck(log);
            try (LogFileReader lines = open(file)) {
                ProgressMeter meter = new ProgressMeter(Step.CHECK, lines.upTo(), progress);
                int passed = 0;
                GlobalPosition last = GlobalPosition.START;
                for (ExportedEvent event = lines.next(); event != null; event = lines.next()) {
                    check.next(lines.lineNumber(), event);
                    if (looksForKeys) {
                        keys.next(lines.lineNumber(), event);
                    }
                    carriesTags |= !event.tags().isEmpty();
                    last = event.position();
                    if (++passed == TELL_AFTER) {
                        meter.passed(passed, last);
                        passed = 0;
                    }
                }
                if (passed > 0) {
                    meter.passed(passed, last);
                }
                result = lines.result(0);
            }
            keys.end();
            looksForKeys = false;
        } while (check.needsAnotherPass());
        if (carriesTags) {
            log.requireTags();
        }
        return result;
    }

    private long restoreAfter(GlobalPosition found, Path file, Consumer<? super TransferProgress> progress) {
        long written = 0;
        GlobalPosition last = GlobalPosition.START;
        try (LogFileReader lines = open(file)) {
            ProgressMeter meter = new ProgressMeter(Step.IMPORT, lines.upTo(), progress);
            for (Chunk chunk = Chunk.next(lines); !chunk.isEmpty(); chunk = Chunk.next(lines)) {
                Chunk rest = chunk.after(found);
                int there = chunk.events().size() - rest.events().size();
                if (there > 0) {
                    ExportedEvent passed = chunk.events().get(there - 1);
                    last = passed.position();
                    if (last.equals(found) && !isStored(passed)) {
                        throw otherFile(found);
                    }
                }
                if (!rest.isEmpty()) {
                    if (last.compareTo(found) < 0) {
                        throw otherFile(found);
                    }
                    restore(last, rest, lines.upTo());
                    written += rest.events().size();
                    last = rest.last();
                }
                meter.passed(chunk.events().size(), chunk.last());
            }
        }
        if (last.compareTo(found) < 0) {
            throw otherFile(found);
        }
        return written;
    }

    private boolean isStored(ExportedEvent event) {
        GlobalPosition before = GlobalPosition.of(event.position().value() - 1);
        return log.read(before, event.position(), 1).equals(List.of(event));
    }

    private static TransferRefusedException otherFile(GlobalPosition found) {
        return new TransferRefusedException(
                "The store was filled up to position %s, where this file has another event or none: go on with the same file"
                        .formatted(found));
    }

    private void restore(GlobalPosition after, Chunk chunk, GlobalPosition end) {
        for (int attempt = 1; ; attempt++) {
            try {
                log.restore(after, chunk.events());
                return;
            } catch (TransferConflictException e) {
                throw chunk.named(e);
            } catch (TransientEventStoreException e) {
                // The answer may be lost, not the chunk.
                if (log.beginRestore(end).last().equals(chunk.last())) {
                    return;
                }
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private int append(Chunk chunk) {
        for (int attempt = 1; ; attempt++) {
            try {
                return log.append(chunk.events());
            } catch (TransferConflictException e) {
                throw chunk.named(e);
            } catch (TransientEventStoreException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private void verify(Path file, Comparison comparison, Consumer<? super TransferProgress> progress) {
        try (LogFileReader lines = open(file)) {
            ProgressMeter meter = new ProgressMeter(Step.VERIFY, lines.upTo(), progress);
            ExportedEvent previous = null;
            int passed = 0;
            for (ExportedEvent event = lines.next(); event != null; event = lines.next()) {
                comparison.next(lines.lineNumber(), event);
                previous = event;
                if (++passed == TELL_AFTER) {
                    meter.passed(passed, event.position());
                    passed = 0;
                }
            }
            if (previous != null) {
                comparison.end(lines.lineNumber(), previous);
                meter.passed(passed, previous.position());
            }
        }
    }
}
