package io.eventcore.jdbc;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.serialization.internal.EventDecoder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads the log without ever passing an event that may still appear.
 *
 * <p>Positions are given away before they are committed, so a page may lack an event that a slow transaction brings
 * later. A page without a gap lacks nothing. When there is a gap, three steps decide, and their order is what makes them
 * sound: the last position given away; then the lowest that an append in flight has announced; then, with a newer
 * snapshot, the page again, up to the lower of the two. An append that took a position before the first step had
 * announced a lower one before that. At the second step it is still announced, so the page ends before it; or it has
 * ended, and the third step sees what it left.
 *
 * <p>Each step is a statement of its own in auto-commit mode: inside one snapshot the third step would be blind.
 */
final class LogReads {
    private final Dialect dialect;
    private final Connections connections;

    /** Up to here nothing can appear any more. True for as long as the database keeps what it has committed. */
    private final AtomicLong settled = new AtomicLong();

    LogReads(Dialect dialect, Connections connections) {
        this.dialect = dialect;
        this.connections = connections;
    }

    <E extends Event> EventBatch<E> read(
            EventFilter filter, Set<String> typeNames, EventPage page, EventDecoder<E> decoder) throws SQLException {
        Page found = connections.own(connection -> {
            if (filter.matchesAll()) {
                // Asked before the page is read: what others settle afterwards says nothing about an older page.
                long settledBefore = settled.get();
                List<EventRow> rows = select(connection, filter, typeNames, page, Long.MAX_VALUE);
                if (isComplete(page.after().value(), rows, settledBefore)) {
                    return Page.upToLastRow(page, rows);
                }
            }
            return readUpTo(settle(connection), connection, filter, typeNames, page);
        });
        List<RecordedEvent<E>> events = new ArrayList<>(found.rows.size());
        found.rows.forEach(row -> events.add(row.decode(decoder)));
        return new EventBatch<>(events, GlobalPosition.of(found.continueAfter), found.endReached);
    }

    private Page readUpTo(long bound, Connection connection, EventFilter filter, Set<String> typeNames, EventPage page)
            throws SQLException {
        if (bound <= page.after().value()) {
            return new Page(List.of(), page.after().value(), true);
        }
        List<EventRow> rows = select(connection, filter, typeNames, page, bound);
        boolean full = rows.size() == page.limit();
        return full ? Page.upToLastRow(page, rows) : new Page(rows, bound, true);
    }

    /** Whether no event can be missing between the position a page begins after and its last row. */
    private static boolean isComplete(long after, List<EventRow> rows, long settledBefore) {
        if (rows.isEmpty()) {
            return true;
        }
        long last = rows.get(rows.size() - 1).position();
        return last - after == rows.size() || last <= settledBefore;
    }

    private long settle(Connection connection) throws SQLException {
        long before = settled.get();
        long last = dialect.lastPosition(connection);
        if (last == before) {
            return before;
        }
        if (last < before) {
            // The database has lost its end, in a failover perhaps: what was settled there is so no longer.
            settled.compareAndSet(before, 0);
        }
        long bound = Math.min(last, dialect.lowestInFlight(connection));
        return settled.accumulateAndGet(bound, Math::max);
    }

    private List<EventRow> select(
            Connection connection, EventFilter filter, Set<String> typeNames, EventPage page, long upTo)
            throws SQLException {
        List<EventRow> rows = new ArrayList<>(Math.min(page.limit(), 1024));
        try (PreparedStatement query = dialect.selectLog(
                        connection, filter, typeNames, page.after().value(), upTo, page.limit());
                ResultSet result = query.executeQuery()) {
            while (result.next()) {
                rows.add(new EventRow(StreamId.of(result.getString(1)), result, 2, dialect));
            }
        }
        return rows;
    }

    private record Page(List<EventRow> rows, long continueAfter, boolean endReached) {
        static Page upToLastRow(EventPage page, List<EventRow> rows) {
            long last = rows.isEmpty()
                    ? page.after().value()
                    : rows.get(rows.size() - 1).position();
            return new Page(rows, last, rows.size() < page.limit());
        }
    }
}
