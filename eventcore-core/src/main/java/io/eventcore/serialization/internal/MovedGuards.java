package io.eventcore.serialization.internal;

import io.eventcore.AppendListener;
import io.eventcore.AppendListener.MovedBoundary;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.EventTag;
import io.eventcore.internal.Callback;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** The guards of an append that had moved on since its boundaries were read, and the news of them for its listener. */
public final class MovedGuards {
    /** How many events beyond what was read a store looks through; beyond more, any event is taken for a conflict. */
    public static final int MAX_LOOK = 1_000;

    private MovedGuards() {}

    /**
     * The rows of an accepted append that had moved on.
     *
     * @param versions the version that the store found, by the row
     */
    public static List<String> of(SerializedAppend append, ToLongFunction<String> versions) {
        if (append.writes().boundaries().isEmpty()) {
            return List.of();
        }
        List<String> moved = new ArrayList<>();
        append.tagRows().forEach(tag -> addIfMoved(moved, tag.rowId(), tag.guards(), versions));
        append.participants().forEach(stream -> addIfMoved(moved, stream.id().value(), stream.guards(), versions));
        return moved;
    }

    private static void addIfMoved(
            List<String> moved, String row, List<Boundary.Guard> guards, ToLongFunction<String> versions) {
        if (!guards.isEmpty()) {
            long found = versions.applyAsLong(row);
            if (guards.stream().anyMatch(guard -> guard.seen().version() != found)) {
                moved.add(row);
            }
        }
    }

    /** Tells of an accepted append of which these rows had moved on. */
    public static void tell(AppendListener listener, List<String> rows) {
        rows.forEach(row -> tell(listener, nameOf(row), MovedBoundary.SAVED));
    }

    /** Tells of a conflict. */
    public static void tell(AppendListener listener, SerializedAppend append, BoundaryConflictException conflict) {
        long come = conflict.found().value() - conflict.seen().value();
        boolean looked = come > 0
                && come <= MAX_LOOK
                && guardsOf(append, conflict.guardRow()).stream().noneMatch(Boundary.Guard::matchesEveryEvent);
        tell(listener, nameOf(conflict.guardRow()), looked ? MovedBoundary.FOUND : MovedBoundary.REFUSED);
    }

    private static List<Boundary.Guard> guardsOf(SerializedAppend append, String row) {
        Optional<SerializedAppend.TagRow> tag = append.tagRows().stream()
                .filter(candidate -> candidate.rowId().equals(row))
                .findFirst();
        return tag.map(SerializedAppend.TagRow::guards)
                .orElseGet(() -> append.participants().stream()
                        .filter(stream -> stream.id().value().equals(row))
                        .flatMap(stream -> stream.guards().stream())
                        .toList());
    }

    private static void tell(AppendListener listener, String tagName, MovedBoundary what) {
        Callback.APPEND_LISTENER.run(() -> listener.boundaryMoved(tagName, what));
    }

    private static String nameOf(String row) {
        return EventTag.isRow(row) ? EventTag.ofRow(row).name() : "";
    }
}
