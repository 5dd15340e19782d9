package io.eventcore;

import java.util.Optional;

/**
 * An event that an append's {@link Boundary} excludes was committed since the boundary was read, or one of its tags has
 * more new events than a store checks (1,000). Nothing was stored: read again and decide again.
 *
 * <p>Of several guards in conflict, the first in the order of their rows is named: tags before streams.
 *
 * @since 0.1
 */
public final class BoundaryConflictException extends ConflictException {
    private static final long serialVersionUID = 1L;

    private final String guardRow;
    private final StreamVersion seen;
    private final StreamVersion found;

    /**
     * A conflict at a guard.
     *
     * @param guardRow see {@link Boundary.Guard#rowId()}
     * @param seen how many events of it the reader saw
     * @param found how many the store found
     */
    public BoundaryConflictException(String guardRow, StreamVersion seen, StreamVersion found) {
        super(message(guardRow, seen, found), null);
        this.guardRow = guardRow;
        this.seen = seen;
        this.found = found;
    }

    private BoundaryConflictException(BoundaryConflictException conflict, String note) {
        super(conflict.getMessage() + ". " + note, conflict);
        this.guardRow = conflict.guardRow;
        this.seen = conflict.seen;
        this.found = conflict.found;
    }

    private static String message(String guardRow, StreamVersion seen, StreamVersion found) {
        String guard =
                EventTag.isRow(guardRow) ? "Tag '" + EventTag.ofRow(guardRow) + "'" : "Stream '" + guardRow + "'";
        return "%s has %s events, %s when it was read: an event that the decision rests on may have been added since"
                .formatted(guard, found, seen);
    }

    @Override
    public BoundaryConflictException withNote(String note) {
        return new BoundaryConflictException(this, note);
    }

    /** The row of the guard. For authors of stores. */
    public String guardRow() {
        return guardRow;
    }

    /** The tag in conflict; empty if it is a stream. */
    public Optional<EventTag> tag() {
        return EventTag.isRow(guardRow) ? Optional.of(EventTag.ofRow(guardRow)) : Optional.empty();
    }

    /** The stream in conflict; empty if it is a tag. */
    public Optional<StreamId> streamId() {
        return EventTag.isRow(guardRow) ? Optional.empty() : Optional.of(StreamId.of(guardRow));
    }

    /** How many events carried the tag, or were in the stream, when it was read. */
    public StreamVersion seen() {
        return seen;
    }

    /** How many events the store found; there may be more by now. */
    public StreamVersion found() {
        return found;
    }
}
