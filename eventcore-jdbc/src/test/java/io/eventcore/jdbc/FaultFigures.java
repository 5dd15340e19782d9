package io.eventcore.jdbc;

import io.eventcore.jdbc.History.Operation;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What came of appends for each kind of fault: an append belongs to the last fault that had begun when its client was told how it ended.
 * What came before all faults belongs to the first one.
 */
final class FaultFigures {
    /** A fault, and when it began, by the clock of the history. */
    record Injected(PrimaryFault fault, long began) {}

    /** All faults of a kind. */
    static final class Row {
        private long injected;
        private long acknowledged;
        private long lost;
        private long ghosts;
        private long doubled;
        private long skipped;
        private long longestStall;

        long injected() {
            return injected;
        }

        long acknowledged() {
            return acknowledged;
        }

        /** In how many ways promises were broken. */
        long broken() {
            return lost + ghosts + doubled + skipped;
        }

        /** For how many milliseconds nothing was acknowledged, at the longest. */
        long longestStall() {
            return longestStall;
        }

        List<Long> figures() {
            return List.of(injected, acknowledged, lost, ghosts, doubled, skipped, longestStall);
        }
    }

    private final List<Injected> injected;
    private final Map<PrimaryFault, Row> rows = new EnumMap<>(PrimaryFault.class);
    private final Map<UUID, Row> rowsOfEvents = new HashMap<>();

    /**
     * Counts what became of appends.
     *
     * @param injected at least one fault, in order
     * @param log the ids of all events that are stored, in order
     */
    FaultFigures(List<Injected> injected, History history, List<UUID> log) {
        this.injected = injected;
        injected.forEach(fault -> row(fault).injected++);
        Set<UUID> stored = new HashSet<>(log);
        for (Operation operation : history.operations()) {
            Row row = rowAt(operation.ended());
            operation.ids().forEach(id -> rowsOfEvents.put(id, row));
            if (operation.isStored()) {
                row.acknowledged++;
                row.lost += stored.containsAll(operation.ids()) ? 0 : 1;
            } else if (!operation.isUnknown()) {
                row.ghosts += operation.ids().stream().anyMatch(stored::contains) ? 1 : 0;
            }
        }
        countStalls(history);
        countDeliveries(log, log);
        history.deliveries().forEach(delivered -> countDeliveries(log, delivered));
    }

    /** Counts which of the expected events were not delivered to a reader of any kind, and which more than once. */
    void countDeliveries(List<UUID> expected, List<UUID> delivered) {
        Map<UUID, Long> times = delivered.stream().collect(Collectors.groupingBy(id -> id, Collectors.counting()));
        for (UUID id : new HashSet<>(expected)) {
            rowOf(id).skipped += times.containsKey(id) ? 0 : 1;
        }
        times.forEach((id, count) -> rowOf(id).doubled += count - 1);
    }

    private void countStalls(History history) {
        List<Long> acknowledged = history.operations().stream()
                .filter(Operation::isStored)
                .map(Operation::ended)
                .sorted()
                .toList();
        for (int i = 1; i < acknowledged.size(); i++) {
            long end = acknowledged.get(i);
            // A pause that a fault has begun ends after it.
            Row row = rowAt(end);
            row.longestStall = Math.max(row.longestStall, TimeUnit.NANOSECONDS.toMillis(end - acknowledged.get(i - 1)));
        }
    }

    private Row rowOf(UUID event) {
        return rowsOfEvents.getOrDefault(event, row(injected.get(0)));
    }

    private Row rowAt(long time) {
        Injected last = injected.stream()
                .filter(fault -> fault.began <= time)
                .max(Comparator.comparingLong(Injected::began))
                .orElse(injected.get(0));
        return row(last);
    }

    private Row row(Injected fault) {
        return rows.computeIfAbsent(fault.fault, kind -> new Row());
    }

    Row row(PrimaryFault kind) {
        return Objects.requireNonNull(rows.get(kind), kind.name());
    }

    /** How many appends were acknowledged in all. */
    long acknowledged() {
        return rows.values().stream().mapToLong(Row::acknowledged).sum();
    }

    @Override
    public String toString() {
        StringBuilder table = new StringBuilder("%-14s %8s %12s %6s %6s %7s %7s %13s"
                .formatted(
                        "fault", "injected", "acknowledged", "lost", "ghost", "doubled", "skipped", "longest stall"));
        Arrays.stream(PrimaryFault.values()).filter(rows::containsKey).forEach(kind -> {
            Row row = row(kind);
            table.append("%n%-14s %8d %12d %6d %6d %7d %7d %11.1f s"
                    .formatted(
                            kind,
                            row.injected,
                            row.acknowledged,
                            row.lost,
                            row.ghosts,
                            row.doubled,
                            row.skipped,
                            row.longestStall / 1_000.0));
        });
        return table.toString();
    }
}
