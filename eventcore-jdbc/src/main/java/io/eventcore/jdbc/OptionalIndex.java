package io.eventcore.jdbc;

import java.util.List;

/**
 * An index that not every application needs, and that adds a cost to every append.
 *
 * <p>Created with the tables by {@link JdbcSchema#with}, or at any later time by its script
 * ({@code io/eventcore/jdbc/index-*.sql}).
 *
 * @since 0.1
 */
public enum OptionalIndex {
    /**
     * On the type of an event and its position: a read of the log that selects a few types need not look at all events.
     */
    EVENT_TYPE("index-event-type", false, "type", "position"),

    /**
     * Unique, on event ids: the store recognises a repeated append even if it expects no exact version of its streams.
     * The repetition returns the first result and writes nothing, alone or in a caller's transaction, which can
     * continue. In a caller's transaction, a repetition that meets the first append before it has ended may fail with a
     * {@link io.eventcore.TransientEventStoreException}: repeat the transaction. If the connection of an append was
     * lost at the commit, the store settles it by sending it again.
     *
     * <p>A store checks for the index when it is built. A store that was built before the index works, but a repeated
     * append fails the caller's transaction.
     */
    EVENT_ID("index-event-id", true, "event_id");

    private final String script;
    private final boolean unique;
    private final String columns;

    OptionalIndex(String script, boolean unique, String... columns) {
        this.script = script;
        this.unique = unique;
        this.columns = String.join(" ", columns);
    }

    /** The prefix of the names of its scripts. */
    String script() {
        return script;
    }

    boolean isUnique() {
        return unique;
    }

    List<String> columns() {
        return List.of(columns.split(" ", -1));
    }
}
