package io.eventcore.memory;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.PendingDeadline;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** The deadlines of a version of a reaction. Guarded by the lock of the store. */
final class DeadlinesInMemory {
    /** In which they fall due. */
    private static final Comparator<PendingDeadline> DUE_ORDER = Comparator.comparing(PendingDeadline::dueAt)
            .thenComparing(PendingDeadline::position)
            .thenComparing(PendingDeadline::part);

    private final Clock clock;
    private final Map<Key, Row> rows = new HashMap<>();
    private final TreeMap<PendingDeadline, Row> pending = new TreeMap<>(DUE_ORDER);
    private final TreeMap<PendingDeadline, Row> parked = new TreeMap<>(DUE_ORDER);
    private final Map<String, Set<Key>> byCorrelation = new HashMap<>();

    DeadlinesInMemory(Clock clock) {
        this.clock = clock;
    }

    private record Key(GlobalPosition position, long part) {
        static Key of(PendingDeadline deadline) {
            return new Key(deadline.position(), deadline.part());
        }
    }

    private record Row(PendingDeadline deadline, String correlation, int slot) {
        Row failed(String failure) {
            return with(deadline.dueAt(), failure);
        }

        /** Due from now on: a round that has looked at the clock before does not know what calls it off since. */
        Row retried(Instant now) {
            return with(deadline.dueAt().isBefore(now) ? now : deadline.dueAt(), "");
        }

        private Row with(Instant dueAt, String failure) {
            return new Row(
                    new PendingDeadline(deadline.position(), deadline.part(), deadline.eventId(), dueAt, failure),
                    correlation,
                    slot);
        }
    }

    void change(List<DeadlineChange> changes) {
        changes.forEach(this::change);
    }

    private void change(DeadlineChange change) {
        if (change instanceof DeadlineChange.Begun begun) {
            put(new Row(begun.deadline(), begun.correlation(), begun.slot()));
        } else if (change instanceof DeadlineChange.Ended ended) {
            List<Key> correlated = List.copyOf(byCorrelation.getOrDefault(ended.correlation(), Set.of()));
            correlated.stream()
                    .filter(key -> key.position().compareTo(ended.before()) < 0)
                    .forEach(this::remove);
        } else if (change instanceof DeadlineChange.Done done) {
            remove(Key.of(done.deadline()));
        } else if (change instanceof DeadlineChange.Parked now) {
            Row row = rows.get(Key.of(now.deadline()));
            if (row != null) {
                put(row.failed(now.failure()));
            }
        } else if (change instanceof DeadlineChange.Retried retried) {
            parked.values().stream()
                    .filter(row -> row.slot() == retried.slot()
                            && row.deadline().failure().equals(retried.failure()))
                    .toList()
                    .forEach(row -> put(row.failed("")));
        } else if (change instanceof DeadlineChange.AllForgotten forgotten) {
            rows.entrySet().stream()
                    .filter(row -> forgotten.slots().contain(row.getValue().slot()))
                    .map(Map.Entry::getKey)
                    .toList()
                    .forEach(this::remove);
        }
    }

    private void put(Row row) {
        Key key = Key.of(row.deadline());
        remove(key);
        rows.put(key, row);
        (row.deadline().isParked() ? parked : pending).put(row.deadline(), row);
        byCorrelation
                .computeIfAbsent(row.correlation(), correlation -> new HashSet<>())
                .add(key);
    }

    private void remove(Key key) {
        Row row = rows.remove(key);
        if (row != null) {
            pending.remove(row.deadline());
            parked.remove(row.deadline());
            byCorrelation.computeIfPresent(row.correlation(), (correlation, keys) -> {
                keys.remove(key);
                return keys.isEmpty() ? null : keys;
            });
        }
    }

    Optional<Instant> next(DeadlineSlots slots) {
        return of(slots).map(PendingDeadline::dueAt).findFirst();
    }

    List<PendingDeadline> due(DeadlineSlots slots, Instant asOf, int limit) {
        return of(slots)
                .takeWhile(deadline -> !deadline.dueAt().isAfter(asOf))
                .limit(limit)
                .toList();
    }

    private Stream<PendingDeadline> of(DeadlineSlots slots) {
        return pending.values().stream()
                .filter(row -> slots.contain(row.slot()))
                .map(Row::deadline);
    }

    Stream<PendingDeadline> after(boolean setAside, DeadlinePlace place) {
        PendingDeadline last = new PendingDeadline(place.position(), place.part(), new UUID(0, 0), place.dueAt(), "");
        return (setAside ? parked : pending).tailMap(last, false).keySet().stream();
    }

    DeadlineCounts counts(Instant now) {
        Duration oldest = pending.isEmpty()
                ? Duration.ZERO
                : Duration.between(pending.firstKey().dueAt(), now);
        int overdue = count(pending.keySet().stream()
                .takeWhile(deadline -> !deadline.dueAt().isAfter(now)));
        return new DeadlineCounts(
                count(pending.keySet().stream()),
                overdue,
                count(parked.keySet().stream()),
                oldest.isNegative() ? Duration.ZERO : oldest);
    }

    private static int count(Stream<PendingDeadline> some) {
        return (int) some.limit(DeadlineCounts.COUNTED_UP_TO).count();
    }

    int retry(GlobalPosition from, GlobalPosition to) {
        List<Row> some = parkedBetween(from, to);
        some.forEach(row -> put(row.retried(clock.instant())));
        return some.size();
    }

    int discard(GlobalPosition from, GlobalPosition to) {
        List<Row> some = parkedBetween(from, to);
        some.forEach(row -> remove(Key.of(row.deadline())));
        return some.size();
    }

    private List<Row> parkedBetween(GlobalPosition from, GlobalPosition to) {
        Collection<Row> all = parked.values();
        return all.stream()
                .filter(row -> row.deadline().position().compareTo(from) >= 0
                        && row.deadline().position().compareTo(to) <= 0)
                .toList();
    }
}
