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
 * The events of a store as they are stored: what {@link EventExport} reads and {@link EventImport} writes. For authors of
 * stores; users get one from their store and hand it to the two.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public interface StoredLog extends ExportSource {
    /**
     * Begins to fill this store with events that keep their positions, or goes on with what was begun before. Until
     * {@link #endRestore} nothing else can be appended to it, and a store that is opened is refused.
     *
     * <p>Changes nothing if the store holds events that no import has left unfinished there.
     *
     * @param last the last position that will be restored
     * @throws TransferRefusedException if other transactions are writing to the store, or positions up to {@code last}
     *     cannot be kept
     * @throws io.eventcore.EventStoreException if the store cannot be written
     */
    RestoreState beginRestore(GlobalPosition last);

    /**
     * Stores events in the positions they have: all or none.
     *
     * @param after the position of the last event that is there; {@link GlobalPosition#START} if there is none
     * @param events at least one, in position order; each continues its stream
     * @throws TransferRefusedException if the last event is another one, or no import is under way
     * @throws TransferConflictException if an event does not continue its stream
     * @throws io.eventcore.EventStoreException if the store cannot be written
     */
    void restore(GlobalPosition after, List<ExportedEvent> events);

    /**
     * Opens the store for appends again, which continue after the last position.
     *
     * @param last the position of the last event that was restored
     * @throws TransferRefusedException if the last event is another one, or no import is under way
     * @throws io.eventcore.EventStoreException if the store cannot be written
     */
    void endRestore(GlobalPosition last);

    /**
     * Appends events that keep all but their positions, in this order: all that are not there, or none.
     *
     * <p>An event is there if the event in its place, its stream and version, is {@linkplain
     * ExportedEvent#equalsButPosition equal in all but the position}: the same id alone does not make it the same.
     *
     * @param events at least one; each continues its stream, or is there already
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
     * Why this store cannot keep an event, in words that end a sentence and quote neither payload nor metadata: asked for
     * each event of a file before any of them is stored. By default it can keep every one.
     *
     * @throws io.eventcore.EventStoreException if the store has to be asked, and cannot be read
     */
    default Optional<String> refusal(ExportedEvent event) {
        return Optional.empty();
    }

    /**
     * Which of these keys of {@linkplain io.eventcore.PersonalData personal data} are not there, those of erased subjects
     * counted as there: asked for the keys of a file before any of its events is stored. By default none, for a store that does
     * not keep keys.
     *
     * @param keys some hundreds at most
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    default Set<UUID> lackingKeys(Set<UUID> keys) {
        return Set.of();
    }

    /** Whether this store refuses a second event with an id that is there, in whatever stream. By default it does not. */
    default boolean keepsIdsUnique() {
        return false;
    }

    /**
     * The projections, reactions and side effects that have a place in this log: what is imported comes to them as if it had
     * just happened. By default none, for a store that does not keep their places.
     *
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    default List<ProjectionPartition> registered() {
        return List.of();
    }

    /**
     * Makes sure that events can be stored with their tags. By default they cannot.
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
     * What an import with positions finds.
     *
     * @param unfinished whether the store waits for the rest of an import: it was empty, or an import was begun
     * @param last the position of the last event that is there
     * @since 0.1
     */
    record RestoreState(boolean unfinished, GlobalPosition last) {}
}
