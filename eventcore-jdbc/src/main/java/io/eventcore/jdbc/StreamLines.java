package io.eventcore.jdbc;

import io.eventcore.ExpectedVersion;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.serialization.internal.SerializedAppend.TagRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Appends in line: for each stream and each tag, an append stands behind those that came earlier.
 *
 * <p>An append has a place in the line of each of its streams and tags, from its arrival until its batch is done. Its
 * turn at a stream comes when it is the first there, or when it only relies on the stream and so do all before it.
 * Appends that only count for a tag also share that tag, with those of the same batch: a batch in flight has locked the
 * tag, so an append that arrives meanwhile waits for the next batch. Once an append has its turn at all of its streams
 * and tags, nothing holds it back. An append takes its places at all streams at once, so no two appends wait for each
 * other, and none is overtaken at any of its streams.
 *
 * <p>Each place is linked once, gets its turn once and is unlinked once. So the cost of an append depends on the number
 * of its streams and, with the logarithm of a heap, on the number of waiting appends.
 *
 * <p>Only an arrival needs memory. Not safe for concurrent use.
 *
 * @param <T> what waits
 */
final class StreamLines<T> {
    private final Map<String, Line<T>> lines = new HashMap<>();
    private final Ready<T> ready = new Ready<>();
    private long arrivals;
    private int waiting;
    private long looks;

    /** What a place in line means for the other places. */
    private enum Use {
        /** Relies on the row: shares it with other appends that only rely on it. */
        RELIES,
        /** Only counts for a tag: shares the row with appends of the same batch that only count for it too. */
        COUNTS,
        /** Anything else: shares the row with no other append. */
        ALONE
    }

    private enum Stage {
        OUTSIDE,
        WAITS,
        TAKEN,
        GONE
    }

    /** An append on its way through the lines. */
    static final class Standing<T> {
        private final T owner;
        private final List<Place<T>> places;
        private Stage stage = Stage.OUTSIDE;
        private long number;

        /** How many turns it still needs; one of them stands for the arrival itself. */
        private int turnsToCome;

        private int heapIndex = -1;

        Standing(T owner, List<TagRow> tags, List<Participant> streams) {
            this.owner = owner;
            this.places = new ArrayList<>(tags.size() + streams.size());
            for (TagRow tag : tags) {
                Use use = tag.isGuard() ? Use.RELIES : tag.guards().isEmpty() ? Use.COUNTS : Use.ALONE;
                places.add(new Place<>(this, tag.rowId(), use, ExpectedVersion.any()));
            }
            for (Participant stream : streams) {
                Use use = stream.isGuard() ? Use.RELIES : Use.ALONE;
                places.add(new Place<>(this, stream.id().value(), use, stream.expected()));
            }
            this.turnsToCome = places.size() + 1;
        }

        T owner() {
            return owner;
        }
    }

    /** A place in the line of one stream or tag. */
    private static final class Place<T> {
        private final Standing<T> standing;
        private final String row;
        private final Use use;
        private final ExpectedVersion expected;
        private @Nullable Line<T> line;
        private @Nullable Place<T> before;
        private @Nullable Place<T> behind;
        private @Nullable SameVersion<T> sameVersion;
        private boolean hasTurn;

        private Place(Standing<T> standing, String row, Use use, ExpectedVersion expected) {
            this.standing = standing;
            this.row = row;
            this.use = use;
            this.expected = expected;
        }

        /** Whether this place may have its turn together with the place before it, which already has its turn. */
        boolean joins(Place<T> before, Line<T> line) {
            return use == before.use && use != Use.ALONE && before.hasTurn && (use == Use.RELIES || line.taken == 0);
        }
    }

    /** The places in line for one stream or tag, in the order of arrival. */
    private static final class Line<T> {
        private @Nullable Place<T> first;
        private @Nullable Place<T> last;

        /** How many appends that count for the tag are taken. */
        private int taken;

        /** The batch of these appends. */
        private @Nullable Object batch;

        private @Nullable Map<Long, SameVersion<T>> byVersion;
    }

    /** The places in one line that expect the same version and stand behind others. */
    private record SameVersion<T>(Long version, Set<Place<T>> places) {}

    /** How many appends wait and are not taken. */
    int waiting() {
        return waiting;
    }

    /**
     * How many places this class has looked at so far. Tests count them: the number must not grow with the number of
     * waiting appends.
     */
    long looks() {
        return looks;
    }

    /** Takes a place in each line. If that throws, {@link #withdraw} undoes it. */
    void enter(Standing<T> standing) {
        ready.reserve(waiting + 1);
        standing.number = ++arrivals;
        standing.stage = Stage.WAITS;
        waiting++;
        for (Place<T> place : standing.places) {
            link(place);
        }
        turn(standing);
    }

    private void link(Place<T> place) {
        looks++;
        Line<T> line = lines.computeIfAbsent(place.row, id -> new Line<>());
        Place<T> last = line.last;
        if (last != null && place.use == Use.ALONE && place.expected instanceof ExpectedVersion.Exactly exactly) {
            file(line, exactly.version().value(), place);
        }
        boolean hasTurn = last == null || place.joins(last, line);
        place.line = line;
        place.before = last;
        if (last == null) {
            line.first = place;
        } else {
            last.behind = place;
        }
        line.last = place;
        if (hasTurn) {
            give(place);
        }
    }

    private static <T> void file(Line<T> line, Long version, Place<T> place) {
        if (line.byVersion == null) {
            line.byVersion = new HashMap<>();
        }
        SameVersion<T> same =
                line.byVersion.computeIfAbsent(version, expected -> new SameVersion<>(expected, new LinkedHashSet<>()));
        same.places.add(place);
        place.sameVersion = same;
    }

    private void give(Place<T> place) {
        place.hasTurn = true;
        turn(place.standing);
    }

    private void turn(Standing<T> standing) {
        if (--standing.turnsToCome == 0) {
            ready.add(standing);
        }
    }

    /** The earliest of the appends that nothing holds back. */
    @Nullable
    T first() {
        Standing<T> first = ready.first();
        return first == null ? null : first.owner;
    }

    /**
     * Whether the earliest of the appends that nothing else holds back counts for a tag that appends of another batch
     * count for: it had its turn together with them, and they were taken before it.
     */
    boolean firstIsOfAnotherBatch(T batch) {
        Standing<T> first = ready.first();
        if (first != null) {
            // By index: an iterator would need memory.
            for (int i = 0; i < first.places.size(); i++) {
                Place<T> place = first.places.get(i);
                Line<T> line = place.line;
                if (place.use == Use.COUNTS && line != null && line.taken > 0 && line.batch != batch) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Takes the earliest of the appends that nothing holds back; all of its places stay taken.
     *
     * @param batch the batch that the append goes with
     */
    void take(T batch) {
        Standing<T> first = ready.first();
        if (first != null) {
            looks++;
            ready.remove(first);
            first.stage = Stage.TAKEN;
            waiting--;
            countTaken(first, 1, batch);
        }
    }

    private static <T> void countTaken(Standing<T> standing, int more, @Nullable T batch) {
        // By index: an iterator would need memory.
        for (int i = 0; i < standing.places.size(); i++) {
            Place<T> place = standing.places.get(i);
            if (place.use == Use.COUNTS && place.line != null) {
                place.line.taken += more;
                place.line.batch = batch == null ? place.line.batch : batch;
            }
        }
    }

    /** Skips the earliest of the appends that nothing holds back, until it is {@linkplain #putBack put back}. */
    @Nullable
    Standing<T> setAside() {
        Standing<T> first = ready.first();
        if (first != null) {
            looks++;
            ready.remove(first);
        }
        return first;
    }

    /** Undoes {@link #setAside}. */
    void putBack(Standing<T> standing) {
        ready.add(standing);
    }

    /** Takes a waiting append out, unless it was taken; returns whether it was waiting. */
    boolean withdraw(Standing<T> standing) {
        if (standing.stage != Stage.WAITS) {
            return false;
        }
        waiting--;
        if (standing.heapIndex >= 0) {
            ready.remove(standing);
        }
        leave(standing);
        return true;
    }

    /** Gives up the places of a taken append, so that those behind it get their turn. */
    void release(Standing<T> standing) {
        if (standing.stage == Stage.TAKEN) {
            countTaken(standing, -1, null);
            leave(standing);
        }
    }

    private void leave(Standing<T> standing) {
        standing.stage = Stage.GONE;
        // By index: an iterator would need memory.
        for (int i = 0; i < standing.places.size(); i++) {
            unlink(standing.places.get(i));
        }
    }

    private void unlink(Place<T> place) {
        looks++;
        Line<T> line = place.line;
        if (line == null) {
            // Its arrival was cut short; it may be the only append that knows of the line.
            removeIfEmpty(place);
            return;
        }
        Place<T> before = place.before;
        Place<T> behind = place.behind;
        if (before == null) {
            line.first = behind;
        } else {
            before.behind = behind;
        }
        if (behind == null) {
            line.last = before;
        } else {
            behind.before = before;
        }
        forget(line, place);
        place.line = null;
        removeIfEmpty(place);
        if (behind != null && !behind.hasTurn) {
            giveFrom(behind, line);
        }
    }

    private void removeIfEmpty(Place<T> place) {
        Line<T> line = lines.get(place.row);
        if (line != null && line.first == null) {
            lines.remove(place.row);
        }
    }

    /** Gives the turn to the place that is next, and to those behind it that can share the row with it. */
    private void giveFrom(Place<T> next, Line<T> line) {
        Place<T> before = next.before;
        if (before == null) {
            give(next);
        } else if (!next.joins(before, line)) {
            return;
        }
        for (Place<T> place = next;
                place != null && place.use == next.use && next.use != Use.ALONE;
                place = place.behind) {
            if (!place.hasTurn) {
                looks++;
                give(place);
            }
        }
    }

    private static <T> void forget(Line<T> line, Place<T> place) {
        SameVersion<T> same = place.sameVersion;
        if (same != null) {
            same.places.remove(place);
            place.sameVersion = null;
            if (same.places.isEmpty() && line.byVersion != null) {
                line.byVersion.remove(same.version);
            }
        }
    }

    /**
     * The appends that wait to write a stream and expect exactly one of these versions. Each is returned once: a stream
     * never has the same version again.
     *
     * @param from the first of the versions
     * @param to the version after the last one
     */
    List<T> expecting(String stream, long from, long to) {
        List<T> found = new ArrayList<>();
        Line<T> line = lines.get(stream);
        if (line == null || line.byVersion == null) {
            return found;
        }
        for (long version = from; version < to && !line.byVersion.isEmpty(); version++) {
            SameVersion<T> same = line.byVersion.get(version);
            if (same != null) {
                for (Place<T> place : same.places) {
                    looks++;
                    if (place.standing.stage == Stage.WAITS) {
                        found.add(place.standing.owner);
                    }
                }
                same.places.forEach(place -> place.sameVersion = null);
                line.byVersion.remove(version);
            }
        }
        return found;
    }

    /** The appends that nothing holds back, the earliest on top: a binary heap that knows the place of each. */
    private static final class Ready<T> {
        private @Nullable Standing<T>[] heap = array(16);
        private int size;

        @SuppressWarnings("unchecked")
        private static <T> @Nullable Standing<T>[] array(int length) {
            return (Standing<T>[]) new Standing<?>[length];
        }

        /** Makes room, so that adding needs no memory. */
        void reserve(int capacity) {
            if (capacity > heap.length) {
                heap = Arrays.copyOf(heap, Math.max(capacity, 2 * heap.length));
            }
        }

        @Nullable
        Standing<T> first() {
            return heap[0];
        }

        void add(Standing<T> standing) {
            up(standing, size++);
        }

        void remove(Standing<T> standing) {
            int index = standing.heapIndex;
            standing.heapIndex = -1;
            Standing<T> last = at(--size);
            heap[size] = null;
            if (last != standing) {
                up(last, index);
                down(last, last.heapIndex);
            }
        }

        private void up(Standing<T> standing, int from) {
            int index = from;
            while (index > 0) {
                Standing<T> parent = at((index - 1) / 2);
                if (parent.number < standing.number) {
                    break;
                }
                put(parent, index);
                index = (index - 1) / 2;
            }
            put(standing, index);
        }

        private void down(Standing<T> standing, int from) {
            int index = from;
            while (2 * index + 1 < size) {
                int child = 2 * index + 1;
                if (child + 1 < size && at(child + 1).number < at(child).number) {
                    child++;
                }
                if (standing.number < at(child).number) {
                    break;
                }
                put(at(child), index);
                index = child;
            }
            put(standing, index);
        }

        private void put(Standing<T> standing, int index) {
            heap[index] = standing;
            standing.heapIndex = index;
        }

        private Standing<T> at(int index) {
            Standing<T> standing = heap[index];
            if (standing == null) {
                throw new IllegalStateException("The heap has a hole at " + index);
            }
            return standing;
        }
    }
}
