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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
    /** SQLState of an object that is not in the state needed. */
    private static final String SET_BACK = "55000";

    private final Dialect dialect;
    private final Connections connections;

    /**
     * What has been settled, so that it need not be asked again for every page of a reader that catches up. Readers may
     * replace what others have found by less: it costs them one more question.
     */
    private volatile Settled settled = new Settled("", 0);

    /** Up to this position of this log nothing can appear any more. */
    private record Settled(String log, long position) {
        boolean isOf(LogEnd end) {
            return log.equals(end.log());
        }
    }

    LogReads(Dialect dialect, Connections connections) {
        this.dialect = dialect;
        this.connections = connections;
    }

    <E extends Event> EventBatch<E> read(
            EventFilter filter, Set<String> typeNames, EventPage page, EventDecoder<E> decoder) throws SQLException {
        Page found = connections.own(connection -> {
            if (!filter.matchesAll()) {
                return readUpTo(settle(connection, dialect.logEnd(connection)), connection, filter, typeNames, page);
            }
            // Asked before the page is read: what others settle afterwards says nothing about an older page.
            Settled before = settled;
            List<EventRow> rows = select(connection, filter, typeNames, page, Long.MAX_VALUE);
            if (!rows.isEmpty() && isContiguous(page.after().value(), rows)) {
                return Page.upToLastRow(page, rows);
            }
            LogEnd end = dialect.logEnd(connection);
            if (rows.isEmpty()) {
                // Positions given to appends that were rolled back may lie behind the last event: they are passed too,
                // or
                // a reader would seem to be behind, and somebody who waits for the last position would wait in vain.
                return end.position() <= page.after().value()
                        ? Page.upToLastRow(page, rows)
                        : readUpTo(settle(connection, end), connection, filter, typeNames, page);
            }
            checkNotBehind(end, last(rows));
            return before.isOf(end) && last(rows) <= before.position
                    ? Page.upToLastRow(page, rows)
                    : readUpTo(settle(connection, end), connection, filter, typeNames, page);
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
    private static boolean isContiguous(long after, List<EventRow> rows) {
        return last(rows) - after == rows.size();
    }

    private static long last(List<EventRow> rows) {
        return rows.get(rows.size() - 1).position();
    }

    /** Up to where the log is settled; what is read after this lacks nothing up to there. */
    private long settle(Connection connection, LogEnd end) throws SQLException {
        Settled known = settled;
        long bound = 0;
        if (known.isOf(end)) {
            if (!end.log().isEmpty()) {
                checkNotBehind(end, known.position);
            }
            if (known.position == end.position()) {
                return known.position;
            }
            // An append may announce itself late, with a position from before: what was settled stays so.
            bound = Math.min(known.position, end.position());
        }
        bound = Math.max(bound, Math.min(end.position(), dialect.lowestInFlight(connection)));
        settled = new Settled(end.log(), bound);
        return bound;
    }

    private static void checkNotBehind(LogEnd end, long seen) throws SQLException {
        if (seen > end.position()) {
            throw new SQLException(
                    "The log has reached position %d, but %d counts as the last one given to an append: it was set back"
                            .formatted(seen, end.position()),
                    SET_BACK);
        }
    }

    private List<EventRow> select(
            Connection connection, EventFilter filter, Set<String> typeNames, EventPage page, long upTo)
            throws SQLException {
        List<EventRow> rows = new ArrayList<>(Math.min(page.limit(), 1024));
        try (PreparedStatement query = dialect.selectLog(
                        connection, filter, typeNames, page.after().value(), upTo, page.limit());
                ResultSet result = query.executeQuery()) {
            Map<String, StreamId> ids = new HashMap<>();
            while (result.next()) {
                StreamId id = ids.computeIfAbsent(result.getString(1), StreamId::of);
                rows.add(new EventRow(id, result, 2, dialect));
            }
        }
        return rows;
    }

    private record Page(List<EventRow> rows, long continueAfter, boolean endReached) {
        static Page upToLastRow(EventPage page, List<EventRow> rows) {
            long last = rows.isEmpty() ? page.after().value() : last(rows);
            return new Page(rows, last, rows.size() < page.limit());
        }
    }
}
