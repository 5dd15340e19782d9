package io.eventcore.jdbc;

import io.eventcore.jdbc.LogEnd.Mark;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * For engines on which one row hands out the positions and stays locked until the commit: positions become visible in
 * order.
 */
final class CounterRowLogQueries extends LogQueries {
    private final String lastPosition;

    CounterRowLogQueries(TableNames names, SqlExpressions expressions) {
        super(names, expressions);
        this.lastPosition =
                names.in("SELECT position FROM eventcore_position WHERE id = 1" + expressions.andNotFromCache());
    }

    @Override
    String orderStrategy() {
        return "counter-row";
    }

    /** The appending transaction changes the row: the position in the row is committed, and so is all below. */
    @Override
    LogEnd end(Connection connection, long after, Mark mark) throws SQLException {
        long last = lastPosition(connection);
        return new LogEnd(last, last >= after, false, LogEnd.ANY);
    }

    @Override
    Optional<Mark> highestCommitted(Connection connection, long after, long upTo) {
        return Optional.of(new Mark(upTo, Mark.NONE.eventId(), LogEnd.ANY));
    }

    @Override
    long lastPosition(Connection connection) throws SQLException {
        List<Long> found = Statements.list(connection, lastPosition, row -> row.getLong(1));
        if (found.isEmpty()) {
            throw LostPositions.missing();
        }
        return found.get(0);
    }
}
