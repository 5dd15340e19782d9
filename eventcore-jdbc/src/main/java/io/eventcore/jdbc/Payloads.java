package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Fetches the payloads that did not come with their rows, and knows how many bytes a read holds at once.
 *
 * <p>A statement that reads events brings only small payloads, so that its rows never hold more than the budget,
 * whatever the driver does with them. Large payloads are fetched afterwards, when their size is known.
 *
 * <p>Safe for any number of threads.
 */
final class Payloads {
    private final Dialect dialect;
    private final long budget;

    /**
     * Fetches with this dialect.
     *
     * @param budget how many bytes of payload and metadata a read holds at once; one event may be larger
     */
    Payloads(Dialect dialect, long budget) {
        this.dialect = dialect;
        this.budget = budget;
    }

    long budget() {
        return budget;
    }

    /**
     * The largest payload, in bytes, that comes with its row, so that this number of rows fits the rest of the budget.
     * A power of two, so that the server recognises the statement.
     */
    long largestOf(int rows, long bytesSoFar) {
        return Long.highestOneBit(Math.max(1, (budget - bytesSoFar) / rows));
    }

    /**
     * Completes rows from the first one on, while they fit.
     *
     * @param bytes how many bytes the rows may have
     * @param atLeastOne whether the first one fits in any case
     * @return how many rows are now complete and fit
     */
    <R> int complete(
            Connection connection,
            List<R> rows,
            Function<R, EventRow> event,
            BiFunction<R, EventRow, R> with,
            long bytes,
            boolean atLeastOne)
            throws SQLException {
        List<Long> withheld = new ArrayList<>();
        for (R row : rows) {
            if (!event.apply(row).isWhole()) {
                withheld.add(event.apply(row).position());
            }
        }
        Map<Long, Long> sizes =
                withheld.isEmpty() ? Map.of() : dialect.lookups().payloadSizes(connection, withheld);
        int fitting = 0;
        int missing = 0;
        long left = bytes;
        for (R row : rows) {
            EventRow found = event.apply(row);
            left -= found.bytes() + (found.isWhole() ? 0 : sizes.getOrDefault(found.position(), 0L));
            if (left < 0 && !(atLeastOne && fitting == 0)) {
                break;
            }
            fitting++;
            missing += found.isWhole() ? 0 : 1;
        }
        if (missing > 0) {
            Map<Long, byte[]> payloads = dialect.lookups().payloads(connection, withheld.subList(0, missing));
            for (int i = 0; i < fitting; i++) {
                R row = rows.get(i);
                EventRow found = event.apply(row);
                if (!found.isWhole()) {
                    rows.set(i, with.apply(row, found.with(of(payloads, found.position()))));
                }
            }
        }
        return fitting;
    }

    /** How many bytes the payloads at these positions have. */
    Map<Long, Long> sizes(Connection connection, List<Long> positions) throws SQLException {
        return dialect.lookups().payloadSizes(connection, positions);
    }

    private static byte[] of(Map<Long, byte[]> payloads, long position) throws SQLException {
        byte[] payload = payloads.get(position);
        if (payload == null) {
            throw new SQLException("The event at position %d no longer exists".formatted(position), "55000");
        }
        return payload;
    }
}
