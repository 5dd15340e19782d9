package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events of a file that are stored together: so many, and so many bytes, as a transaction and the memory bear well.
 *
 * @param firstLine the line of the first one; each stands in a line of its own
 */
record Chunk(long firstLine, List<ExportedEvent> events) {
    private static final int MAX_EVENTS = 1_000;

    /** Of all that is stored of the events. One event may have more. */
    private static final long MAX_BYTES = 4L * 1024 * 1024;

    /** The next events of the file; none at its end. */
    static Chunk next(LogFileReader lines) {
        long firstLine = lines.lineNumber() + 1;
        List<ExportedEvent> events = new ArrayList<>();
        long bytes = 0;
        while (events.size() < MAX_EVENTS && bytes < MAX_BYTES) {
            @Nullable ExportedEvent event = lines.next();
            if (event == null) {
                break;
            }
            events.add(event);
            bytes += event.bytes();
        }
        return new Chunk(firstLine, events);
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    /** The position of the last event. */
    GlobalPosition last() {
        return events.get(events.size() - 1).position();
    }

    /** The events that come after a position. */
    Chunk after(GlobalPosition position) {
        int first = 0;
        while (first < events.size() && events.get(first).position().compareTo(position) <= 0) {
            first++;
        }
        return new Chunk(firstLine + first, events.subList(first, events.size()));
    }

    /** A conflict of one of these events, with its line. */
    TransferConflictException named(TransferConflictException conflict) {
        for (int i = 0; i < events.size(); i++) {
            ExportedEvent event = events.get(i);
            if (event.streamId().equals(conflict.streamId()) && event.version().equals(conflict.version())) {
                return conflict.inLine(firstLine + i);
            }
        }
        return conflict;
    }
}
