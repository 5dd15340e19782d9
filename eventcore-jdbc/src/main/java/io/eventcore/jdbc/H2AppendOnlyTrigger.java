package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.h2.api.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * Refuses to change or delete events in an H2 database. The schema names this class: never rename or move it.
 *
 * @since 0.1
 */
public final class H2AppendOnlyTrigger implements Trigger {
    /** H2 calls this. */
    public H2AppendOnlyTrigger() {}

    @Override
    public void fire(Connection connection, Object @Nullable [] oldRow, Object @Nullable [] newRow)
            throws SQLException {
        throw new SQLException("events are immutable: the change is refused", "23001");
    }
}
