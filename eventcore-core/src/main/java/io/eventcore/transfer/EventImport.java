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
 * <p>It reads the whole file first, and refuses one that is cut off or was changed before it stores anything. It then
 * stores events in chunks, each in a transaction. Repeat an import that was interrupted, at any moment: it finds what
 * is stored and continues. In the end, it compares the store with the file, event by event. It needs memory for two
 * chunks. Safe for any number of threads.
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
     * This import, which is allowed even if projections, reactions or side effects have begun: they receive the
     * imported events as if these had just happened. Reactions execute commands, and side effects send mails, for all
     * of them.
     */
    public EventImport shownToAll() {
        return new EventImport(log, true, tagging, keysComeLater);
    }

    /**
     * This import, which gives events the tags that their classes declare today, if the file contains no tags. For a
     * file from a store whose events were appended without tags.
     *
     * @param serializer reads the events; an event of an unknown type ends the import before anything is stored
     */
    public EventImport tagging(EventSerializer serializer) {
        return new EventImport(log, shown, new SaidTags(serializer), keysComeLater);
    }

    /**
     * This import, which is allowed even if the store lacks keys of the
     * {@linkplain io.eventcore.PersonalData personal data} in the file, because they are kept elsewhere or follow.
     * Until the keys are there, its events cannot be read. A key can never follow for a subject that was erased in the
     * store, or for which the store has created its own key meanwhile.
     */
    public EventImport keysComeLater() {
        return new EventImport(log, shown, tagging, true);
    }

    /** As {@link #restore(Path, Consumer)}, without progress reports. */
    public TransferResult restore(Path file) {
        return restore(file, progress -> {});
    }

    /**
     * Fills an empty store. Each event keeps its position; later appends continue after the last one.
     *
     * <p>From its beginning to its end, the store accepts no appends and cannot be opened. If the import is
     * interrupted, the store stays that way until the import is repeated. Stop the application first; instances that
     * still run cannot append, and see the part of the log that is stored so far. Repeated after its end, the import
     * compares and changes nothing.
     *
     * <p>Refused if a projection, a reaction or side effects have begun in the empty store, unless all imported events
     * are to be {@linkplain #shownToAll() shown} to them.
     *
     * @param progress called after each chunk, by the calling thread; an exception ends the import
     * @throws TransferFileException if the file was changed, or holds events that this store cannot keep or could not
     *     read, such as personal data whose {@linkplain #keysComeLater() keys} are missing
     * @throws TransferRefusedException if the store holds other events, other transactions write to it, projections
     *     have begun in it, or this user lacks the right
     * @throws TransferConflictException if an event of the file does not continue its stream
     * @throws TransferVerificationException if the store differs from the file
     * @throws io.eventcore.EventStoreException if the store cannot be written; the events stored so far stay
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
                        "The store is not empty, it holds events up to position %s: append to it, or use an empty one"
                                .formatted(state.last()));
            }
            refuseOtherLog(file);
            verify(file, new Comparison.Positions(log, end), progress);
            return content.withWritten(0);
        }
        long written = restoreAfter(state.last(), file, progress);
        verify(file, new Comparison.Positions(log, NO_END), progress);
        // Checks what has begun meanwhile: until the end of the import, no reader knows how far the log goes.
        refuseNews(log.registered());
        log.endRestore(end);
        return content.withWritten(written);
    }

    /** As {@link #append(Path, Consumer)}, without progress reports. */
    public TransferResult append(Path file) {
        return append(file, progress -> {});
    }

    /**
     * Appends to a store, which may be in use. Events get new positions in the order of the file, and keep everything
     * else: stream, version, id, time, metadata. Events that the store already holds are skipped, whatever their order;
     * readers see each chunk when it is committed.
     *
     * <p>A store with tags refuses a file without tags, unless the import {@linkplain #tagging adds} them: a decision
     * on tags would not see its events.
     *
     * <p>Refused if side effects have begun, unless all imported events are to be {@linkplain #shownToAll() shown} to
     * them. Projections and reactions always see them; a reaction skips events older than its {@code since()}.
     *
     * @param progress called after each chunk, by the calling thread; an exception ends the import
     * @throws TransferFileException if the file was changed, or holds events that this store cannot keep or could not
     *     read, such as personal data whose {@linkplain #keysComeLater() keys} are missing
     * @throws TransferRefusedException if this user lacks the right, side effects have begun, or the events lack tags
     * @throws TransferConflictException if the store holds other events in one of the streams; the events stored before
     *     stay
     * @throws TransferVerificationException if the store differs from the file
     * @throws io.eventcore.EventStoreException if the store cannot be written; the events stored so far stay
     */
    public TransferResult append(Path file, Consumer<? super TransferProgress> progress) {
        Objects.requireNonNull(progress, "progress");
        TransferResult content = check(file, LogCheck.ofParts(log), progress);
        refuseNews(log.registered().stream()
                .filter(part -> part.version() == ProjectionPartition.SIDE_EFFECTS)
                .toList());
        if (tagging == NO_TAGGING && !tellsTags(file) && log.holdsTags()) {
            throw new TransferRefusedException(
                    "The file does not contain the tags of its events, but the store holds tags, and no command could"
                            + " decide on them any more: add the tags of the events (tagging)");
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
                        "The store is not empty, and its first event differs from that of the file: append to it, or"
                                + " use an empty one");
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
        throw new TransferRefusedException(("The imported events would reach %s, which have begun in this store, as"
                        + " if they had just happened. Stop the application and delete their rows in the table of"
                        + " projections, or allow that they receive all of them (shownToAll)")
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
                ("The store was filled up to position %s, where this file has another event or none: continue with the"
                                + " same file")
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
