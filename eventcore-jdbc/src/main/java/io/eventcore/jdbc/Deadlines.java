package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.DeadlineLook;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.PendingDeadline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * The deadlines of reactions: what is due, and how many there are. Each query reads the beginning of one index, however
 * many deadlines are pending. {@link DeadlineChanges} changes them.
 */
final class Deadlines {
    static final int PENDING = 0;
    static final int PARKED = 1;

    /** The condition for the rows of one version in one state. */
    private static final String OF_VERSION = "FROM eventcore_deadline WHERE name = ? AND version = ? AND state = ?";

    private static final String OF_SLOTS = " AND slot BETWEEN ? AND ?";
    private static final String IN_DUE_ORDER = " ORDER BY name, version, state, due_at, position, part LIMIT ";

    private final OwnStatements statements;
    private final LongSupplier shiftMicros;
    private final Query next;
    private final Query due;
    private final String counts;
    private final String restOfOneTime;
    private final String laterTimes;

    /** A query for the rows of all slots of a version, and one for the rows of some slots. */
    private record Query(String ofAll, String ofSome) {
        static Query of(TableNames names, String pattern) {
            return new Query(names.in(pattern.formatted("")), names.in(pattern.formatted(OF_SLOTS)));
        }

        String in(DeadlineSlots slots) {
            return slots.areAll() ? ofAll : ofSome;
        }
    }

    Deadlines(Dialect dialect, OwnStatements statements, LongSupplier shiftMicros) {
        this.statements = statements;
        this.shiftMicros = shiftMicros;
        TableNames names = dialect.names();
        String fresh = dialect.expressions().andNotFromCache();
        String now = dialect.expressions().currentMicros();
        this.next = Query.of(
                names, "SELECT " + now + ", (SELECT due_at " + OF_VERSION + "%s" + fresh + IN_DUE_ORDER + "1)");
        this.due = Query.of(
                names,
                "SELECT position, part, event_id, due_at, '' " + OF_VERSION + " AND due_at <= ?%s" + fresh
                        + IN_DUE_ORDER + "?");
        String counted = "(SELECT COUNT(*) FROM (SELECT 1 AS one " + OF_VERSION + "%s" + fresh + " LIMIT "
                + DeadlineCounts.COUNTED_UP_TO + ") %s)";
        this.counts = names.in("SELECT " + counted.formatted("", "pending") + ", "
                + counted.formatted(" AND due_at <= ?", "overdue") + ", " + counted.formatted("", "parked"));
        // Two statements, because not every database finds the beginning of a row comparison in an index, and many
        // deadlines may fall due at the same time.
        String page =
                "SELECT position, part, event_id, due_at, failure " + OF_VERSION + "%s" + fresh + IN_DUE_ORDER + "?";
        this.restOfOneTime =
                names.in(page.formatted(" AND due_at = ? AND position >= ? AND (position > ? OR part > ?)"));
        this.laterTimes = names.in(page.formatted(" AND due_at > ?"));
    }

    /** The statements that run while a reaction waits, and when a deadline is due. */
    List<String> statements(DeadlineSlots slots) {
        return List.of(next.in(slots), due.in(slots));
    }

    DeadlineLook next(DeadlineSlots slots) {
        List<Object> values = new ArrayList<>(List.of(slots.projection(), slots.version(), PENDING));
        addTo(values, slots);
        return statements
                .first(
                        "Checking the deadlines of reaction '" + slots.projection() + "'",
                        next.in(slots),
                        row -> look(row, shiftMicros.getAsLong()),
                        values.toArray())
                .orElseThrow();
    }

    private static DeadlineLook look(ResultSet row, long shift) throws SQLException {
        Instant now = instant(row.getLong(1) + shift);
        long dueAt = row.getLong(2);
        return new DeadlineLook(now, row.wasNull() ? Optional.empty() : Optional.of(instant(dueAt)));
    }

    List<PendingDeadline> due(DeadlineSlots slots, Instant asOf, int limit) {
        List<Object> values = new ArrayList<>(List.of(slots.projection(), slots.version(), PENDING, micros(asOf)));
        addTo(values, slots);
        values.add(limit);
        return statements.list(
                "Reading the deadlines of reaction '" + slots.projection() + "' that are due",
                due.in(slots),
                Deadlines::read,
                values.toArray());
    }

    private static void addTo(List<Object> values, DeadlineSlots slots) {
        if (!slots.areAll()) {
            values.add(slots.first());
            values.add(slots.last());
        }
    }

    DeadlineCounts counts(String projection, int version) {
        DeadlineLook look = next(new DeadlineSlots(projection, version, 0, DeadlineSlots.LAST));
        Duration oldest = look.next()
                .map(dueAt -> Duration.between(dueAt, look.now()))
                .filter(age -> !age.isNegative())
                .orElse(Duration.ZERO);
        return statements
                .first(
                        "Counting the deadlines of reaction '" + projection + "'",
                        counts,
                        row -> new DeadlineCounts(row.getInt(1), row.getInt(2), row.getInt(3), oldest),
                        projection,
                        version,
                        PENDING,
                        projection,
                        version,
                        PENDING,
                        micros(look.now()),
                        projection,
                        version,
                        PARKED)
                .orElseThrow();
    }

    List<PendingDeadline> of(String projection, int version, boolean parked, DeadlinePlace after, int limit) {
        String what = "Reading the deadlines of reaction '" + projection + "'";
        int state = parked ? PARKED : PENDING;
        long dueAt = micros(after.dueAt());
        long position = after.position().value();
        List<PendingDeadline> found = new ArrayList<>(statements.list(
                what,
                restOfOneTime,
                Deadlines::read,
                projection,
                version,
                state,
                dueAt,
                position,
                position,
                after.part(),
                limit));
        if (found.size() < limit) {
            found.addAll(statements.list(
                    what, laterTimes, Deadlines::read, projection, version, state, dueAt, limit - found.size()));
        }
        return found;
    }

    private static PendingDeadline read(ResultSet row) throws SQLException {
        return new PendingDeadline(
                GlobalPosition.of(row.getLong(1)),
                row.getLong(2),
                UUID.fromString(row.getString(3)),
                instant(row.getLong(4)),
                row.getString(5));
    }

    static long micros(Instant time) {
        // Not ChronoUnit.between, which counts nanoseconds and overflows after the year 2262.
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1_000);
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
