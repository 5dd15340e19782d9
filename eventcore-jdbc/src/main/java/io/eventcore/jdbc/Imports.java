package io.eventcore.jdbc;

import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.serialization.internal.MetadataJson;
import io.eventcore.transfer.ExportedEvent;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Writes events that were stored somewhere else before: with their own time and, into a store that is closed for
 * appends, in their own positions. The owner of the tables does all this, without the append functions and under the
 * same locks.
 */
interface Imports {
    /**
     * An event as the row to insert.
     *
     * @param tagKeys the keys of the tags that it carries
     */
    record ImportedRow(long streamKey, List<Long> tagKeys, ExportedEvent event) {
        String payload() {
            return new String(event.payload(), StandardCharsets.UTF_8);
        }

        Optional<String> metadata() {
            return event.metadata().isEmpty() ? Optional.empty() : Optional.of(MetadataJson.write(event.metadata()));
        }
    }

    /**
     * Locks the rows of tags and streams in their order, as an append does, and creates missing ones.
     *
     * @param rowIds in {@link RowIds#ORDER}
     */
    Map<String, LockedStream> lock(Connection connection, SortedSet<String> rowIds) throws SQLException;

    void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException;

    /** Stores events in the positions they have. */
    void insertInPlace(Connection connection, List<ImportedRow> rows) throws SQLException;

    /**
     * Stores events in new positions, in the given order.
     *
     * @return the positions
     */
    List<Long> insertAtEnd(Connection connection, List<ImportedRow> rows) throws SQLException;

    /** Stores which events carry which tags. */
    void insertTagEntries(Connection connection, List<NewTagEntry> entries) throws SQLException;

    /** Waits for a moment until no other transaction is writing, and keeps others from writing until this one ends. */
    void keepOthersOut(Connection connection) throws SQLException;

    /**
     * Waits until no transaction that has stored events is in progress, then prevents others from storing events until
     * this transaction ends. Waits at most as long as the session waits for a lock.
     */
    void holdAppends(Connection connection) throws SQLException;

    /** Removes what hands out positions, so that no store can append or read how far the log goes. */
    void takeAwayPositions(Connection connection) throws SQLException;

    /** Restores what hands out positions; the next position comes after the given one. */
    void giveBackPositions(Connection connection, long last) throws SQLException;

    /** Whether the database may refuse this event, so that it must be asked; most events need no question. */
    boolean isDoubtful(ExportedEvent event);

    /**
     * Asks the database whether it accepts an event. Returns the reason for a refusal, in words that end a sentence.
     */
    Optional<String> refusal(Connection connection, ExportedEvent event) throws SQLException;

    /** The highest position that can be stored. */
    long maxPosition();
}
