package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.projection.ProjectionPartition;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The events of a store in stored form: {@link EventExport} reads them and {@link EventImport} writes them. For authors
 * of stores; users get it from their store and pass it to those two.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public interface StoredLog extends ExportSource {
    /**
     * Begins to fill this store with events that keep their positions, or continues an unfinished import. Until
     * {@link #endRestore}, the store accepts nothing else, and cannot be opened.
     *
     * <p>Changes nothing if the store holds events that are not from an unfinished import.
     *
     * @param last the last position that will be restored
     * @throws TransferRefusedException if other transactions are writing to the store, or positions up to {@code last}
     *     cannot be kept
     * @throws io.eventcore.EventStoreException if the store cannot be written
     */
    RestoreState beginRestore(GlobalPosition last);

    /**
     * Stores events with their positions: all or none.
     *
     * @param after the position of the last stored event; {@link GlobalPosition#START} if there is none
     * @param events at least one, in position order; each continues its stream
     * @throws TransferRefusedException if the last event differs, or no import is in progress
     * @throws TransferConflictException if an event does not continue its stream
     * @throws io.eventcore.EventStoreException if the store cannot be written
     */
    void restore(GlobalPosition after, List<ExportedEvent> events);

    /**
     * Opens the store for appends again, which continue after the last position.
     *
     * @param last the position of the last event that was restored
     * @throws TransferRefusedException if the last event differs, or no import is in progress
     * @throws io.eventcore.EventStoreException if the store cannot be written
     */
    void endRestore(GlobalPosition last);

    /**
     * Appends events that keep everything but their positions, in this order: all that the store lacks, or none.
     *
     * <p>The store has an event if the event with the same stream and version is {@linkplain
     * ExportedEvent#equalsButPosition equal in everything but the position}: the same id alone is not enough.
     *
     * @param events at least one; each continues its stream, or is already stored
     * @return how many were appended
     * @throws TransferConflictException if a stream holds another event in the place of one of these, or ends before it
     * @throws io.eventcore.EventStoreException if the store cannot be written
     */
    int append(List<ExportedEvent> events);

    /**
     * The position of the event at a place in a stream.
     *
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    Optional<GlobalPosition> positionOf(StreamId streamId, StreamVersion version);

    /**
     * Why this store cannot keep an event, as the end of a sentence that quotes neither payload nor metadata. Called
     * for each event of a file before any of them is stored. By default, the store can keep every event.
     *
     * @throws io.eventcore.EventStoreException if the store must be read for that, and cannot be
     */
    default Optional<String> refusal(ExportedEvent event) {
        return Optional.empty();
    }

    /**
     * Which of these keys of {@linkplain io.eventcore.PersonalData personal data} are missing; keys of erased subjects
     * are not. Called for the keys of a file before any of its events is stored. By default none, for a store that does
     * not keep keys.
     *
     * @param keys some hundreds at most
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    default Set<UUID> lackingKeys(Set<UUID> keys) {
        return Set.of();
    }

    /** Whether this store refuses a second event with the same id, in any stream. By default it does not. */
    default boolean keepsIdsUnique() {
        return false;
    }

    /**
     * The projections, reactions and side effects with a checkpoint in this log: they receive imported events as if
     * these had just happened. By default none, for a store that does not keep checkpoints.
     *
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    default List<ProjectionPartition> registered() {
        return List.of();
    }

    /**
     * Checks that events can be stored with their tags. By default they cannot.
     *
     * @throws TransferRefusedException if this store keeps no tags
     * @throws io.eventcore.EventStoreException if it does not yet, or cannot be read
     */
    default void requireTags() {
        throw new TransferRefusedException("The events of the file carry tags, and this store keeps none");
    }

    /**
     * Whether any event of this store carries a tag. By default none does.
     *
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    default boolean holdsTags() {
        return false;
    }

    /**
     * The state of the store at the beginning of an import with positions.
     *
     * @param unfinished whether the store waits for the rest of an import: it was empty, or an import was begun
     * @param last the position of the last event that is there
     * @since 0.1
     */
    record RestoreState(boolean unfinished, GlobalPosition last) {}
}
