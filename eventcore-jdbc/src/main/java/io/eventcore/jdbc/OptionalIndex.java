package io.eventcore.jdbc;

import java.util.List;

/**
 * An index that not every application needs, and that every append pays for.
 *
 * <p>Created with the tables by {@link JdbcSchema#with}, or at any later time by its script
 * ({@code io/eventcore/jdbc/index-*.sql}).
 *
 * @since 0.1
 */
public enum OptionalIndex {
    /**
     * On the type of an event and its position: a reader of the log that asks for a few types does not look at all events.
     */
    EVENT_TYPE("index-event-type", false, "type", "position"),

    /**
     * Unique, on event ids: a repeated append is recognised although it expects its streams in no exact version. The
     * repetition returns the first result and writes nothing, by itself or in a caller's transaction, which goes on; if it
     * meets the first one before that has ended, it may fail with a
     * {@link io.eventcore.TransientEventStoreException} in a caller's transaction: repeat the transaction. An append whose
     * connection was lost at the commit is settled by sending it again.
     *
     * <p>A store looks for the index when it is built. One that was built before works, but fails a caller's transaction in
     * which an append is repeated.
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

    /** What the names of its scripts begin with. */
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
