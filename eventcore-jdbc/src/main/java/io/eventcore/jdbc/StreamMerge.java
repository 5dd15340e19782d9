package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIntegrityException;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.LogEnd.Mark;
import io.eventcore.jdbc.StreamQueries.StreamPart;
import io.eventcore.jdbc.StreamReads.Beginning;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The events of streams, in the order of the log, each stream up to the version at which the read began.
 *
 * <p>It fetches rows ahead, with one statement for all streams that run low; the payloads of large events come when
 * their turn is near. So the number of statements grows with the events and their bytes, not with the streams, and both
 * rows and bytes held at once are limited.
 */
final class StreamMerge implements Iterator<StoredEvent> {
    /** The approximate maximum of rows held, of all streams together; a few of each stream in any case. */
    private static final int ROWS_HELD = 4_096;

    private static final int FEWEST_ROWS = 4;
    private static final int SMALLEST_PAGE = 16;
    private static final int LARGEST_PAGE = 1_000;

    private final Dialect dialect;
    private final Connections connections;
    private final Payloads payloads;
    private final StoredEvent.Decoder decoder;

    private final Optional<Replica> replica;
    private Optional<ReplicaPlace> place = Optional.empty();
    private boolean placeWanted = true;
    private boolean onReplica;

    private final List<Cursor> all;
    private final PriorityQueue<Cursor> heads;

    /** Payloads of rows that came without them, by position. */
    private final Map<Long, byte[]> fetched = new HashMap<>();

    private int rowsHeld;
    private long bytesHeld;
    private long eventsGiven;
    private long bytesGiven;

    StreamMerge(
            Dialect dialect,
            Connections connections,
            Payloads payloads,
            StoredEvent.Decoder decoder,
            List<Beginning> beginnings,
            Map<StreamId, StreamVersion> streamsAfter,
            Optional<Replica> replica) {
        this.replica = replica;
        this.dialect = dialect;
        this.connections = connections;
        this.payloads = payloads;
        this.decoder = decoder;
        this.all = new ArrayList<>(beginnings.size());
        this.heads = new PriorityQueue<>(
                Math.max(1, beginnings.size()),
                Comparator.comparingLong(cursor -> cursor.current().position()));
        for (Beginning beginning : beginnings) {
            StreamVersion after = streamsAfter.getOrDefault(beginning.id(), StreamVersion.NONE);
            Cursor cursor = new Cursor(beginning, after.value());
            all.add(cursor);
            beginning.rows().forEach(cursor::hold);
        }
        prepare(beginnings.stream().flatMap(beginning -> beginning.rows().stream()));
        for (Cursor cursor : all) {
            if (cursor.advance()) {
                heads.add(cursor);
            }
        }
    }

    /** Fetches, with one statement, what these rows need to be decoded. */
    private void prepare(Stream<EventRow> rows) {
        if (decoder.prepares()) {
            List<byte[]> payloads = new ArrayList<>();
            rows.forEach(row -> row.addPayload(payloads));
            decoder.prepare(payloads);
        }
    }

    @Override
    public boolean hasNext() {
        return !heads.isEmpty();
    }

    @Override
    public StoredEvent next() {
        Cursor cursor = heads.poll();
        if (cursor == null) {
            throw new NoSuchElementException("The read has ended");
        }
        EventRow row = whole(cursor);
        StoredEvent event = row.of(cursor.stream.id(), decoder);
        cursor.current = null;
        bytesHeld -= row.bytes();
        bytesGiven += row.bytes();
        eventsGiven++;
        if (cursor.advance()) {
            heads.add(cursor);
        }
        return event;
    }

    private EventRow whole(Cursor cursor) {
        EventRow row = cursor.current();
        if (row.isWhole()) {
            return row;
        }
        if (!fetched.containsKey(row.position())) {
            fetchPayloads(cursor);
        }
        byte[] payload = fetched.remove(row.position());
        if (payload == null) {
            throw new StreamIntegrityException(cursor.stream.id(), StreamVersion.of(row.version()));
        }
        return row.with(payload);
    }

    /** The payload of the current event of a stream; also fetches the next ones, as many as fit. */
    private void fetchPayloads(Cursor cursor) {
        List<Long> missing = new ArrayList<>();
        all.forEach(each -> each.addMissing(missing));
        missing.sort(Comparator.naturalOrder());
        List<Long> next = missing.subList(0, Math.min(missing.size(), likelyToFit(LARGEST_PAGE)));
        run(cursor, connection -> {
            Map<Long, Long> sizes = dialect.lookups().payloadSizes(connection, next);
            long left = payloads.budget() - bytesHeld;
            int fitting = 0;
            while (fitting < next.size()) {
                left -= sizes.getOrDefault(next.get(fitting), 0L);
                if (left < 0 && fitting > 0) {
                    break;
                }
                fitting++;
            }
            Map<Long, byte[]> found = dialect.lookups().payloads(connection, next.subList(0, fitting));
            checkFound(found.size(), fitting);
            found.values().forEach(payload -> bytesHeld += payload.length);
            fetched.putAll(found);
        });
    }

    /** How many of this many rows are worth asking for, judged by the events so far: a server looks at all of them. */
    private int likelyToFit(int rows) {
        long average = eventsGiven == 0 ? 0 : bytesGiven / eventsGiven;
        return average == 0
                ? rows
                : (int) Math.max(Math.min(rows, SMALLEST_PAGE), Math.min(rows, payloads.budget() / average));
    }

    /** Fetches rows of every stream that has none left, and of streams that have few. */
    private void fetchRows(Cursor cursor) {
        List<Cursor> empty = new ArrayList<>();
        List<Cursor> low = new ArrayList<>();
        long unfinished = all.stream().filter(Cursor::hasMore).count();
        int share = (int) Math.max(FEWEST_ROWS, Math.min(LARGEST_PAGE, ROWS_HELD / Math.max(1, unfinished)));
        for (Cursor each : all) {
            if (each.hasMore() && each.page.size() <= share / 2) {
                (each.page.isEmpty() ? empty : low).add(each);
            }
        }
        int room = Math.min(LARGEST_PAGE, Math.max(0, ROWS_HELD - rowsHeld) / empty.size());
        int rowsOfEmpty = likelyToFit(Math.max(share, room));
        List<Cursor> both = new ArrayList<>(empty);
        both.addAll(low);
        run(cursor, connection -> {
            int from = 0;
            int atOnce = dialect.streams().partsAtOnce();
            // Streams that merely run low fill up the last statement.
            while (from < empty.size()) {
                List<Cursor> some = both.subList(from, Math.min(both.size(), from + atOnce));
                fetchRows(connection, some, rowsOfEmpty, Math.min(share, rowsOfEmpty));
                from += atOnce;
            }
        });
        prepare(both.stream().flatMap(each -> each.page.stream()));
    }

    private void fetchRows(Connection connection, List<Cursor> some, int rowsOfEmpty, int rowsOfOthers)
            throws SQLException {
        Map<Long, Cursor> byKey = new HashMap<>();
        List<StreamPart> parts = new ArrayList<>(some.size());
        long rows = 0;
        for (Cursor each : some) {
            StreamPart part = each.nextPart(each.page.isEmpty() ? rowsOfEmpty : rowsOfOthers);
            rows += part.upTo() - part.after();
            parts.add(part);
            byKey.put(part.streamKey(), each);
        }
        long largest = payloads.largestOf((int) rows, bytesHeld);
        try (PreparedStatement query = dialect.streams().selectParts(connection, parts, largest);
                ResultSet result = query.executeQuery()) {
            @Nullable Cursor owner = null;
            while (result.next()) {
                long key = result.getLong(1);
                owner = owner == null || owner.stream.key() != key ? byKey.get(key) : owner;
                if (owner != null) {
                    owner.found.add(new EventRow(result, 2, dialect.types()));
                }
            }
        }
        for (int i = 0; i < some.size(); i++) {
            checkFound(
                    some.get(i).found.size(), parts.get(i).upTo() - parts.get(i).after());
        }
        for (int i = 0; i < some.size(); i++) {
            some.get(i).take(parts.get(i));
        }
    }

    /** A step on a connection. */
    @FunctionalInterface
    private interface Step {
        void on(Connection connection) throws SQLException;
    }

    private void run(Cursor cursor, Step step) {
        try {
            if (replica.isPresent() && runOnReplica(replica.get(), cursor, step)) {
                return;
            }
            all.forEach(each -> each.found.clear());
            connections.joinOrOwn(connection -> {
                step.on(connection);
                return true;
            });
        } catch (SQLException e) {
            throw failed(cursor, e);
        }
    }

    /**
     * Whether a standby has returned what is wanted. The versions at which the read ends were known before the place
     * was noted, so a standby that has replayed up to there holds all of it.
     */
    private boolean runOnReplica(Replica standby, Cursor cursor, Step step) throws SQLException {
        if (!standby.mayAnswer() || connections.inCallersTransaction()) {
            return false;
        }
        if (placeWanted) {
            placeWanted = false;
            place = connections.own(connection -> {
                Optional<Mark> last = dialect.log()
                        .markOf(
                                connection,
                                cursor.stream.key(),
                                cursor.stream.version().value());
                return last.isPresent() ? dialect.log().replicaPlace(connection, last.get()) : Optional.empty();
            });
        }
        onReplica = true;
        try {
            boolean done = place.flatMap(noted -> standby.read(noted, connection -> {
                        step.on(connection);
                        return true;
                    }))
                    .orElse(false);
            standby.count(done);
            return done;
        } finally {
            onReplica = false;
        }
    }

    /** A standby that follows a different server after a promotion may lack an event; then the primary is asked. */
    private void checkFound(long found, long wanted) throws SQLException {
        if (onReplica && found < wanted) {
            throw new SQLException("The replica lacks an event that the primary has", "55000");
        }
    }

    private EventStoreException failed(Cursor cursor, SQLException e) {
        return dialect.classify(e).toException("Reading stream '" + cursor.stream.id() + "'", e);
    }

    /** The events of one stream. */
    private final class Cursor {
        private final Beginning stream;
        private final Deque<EventRow> page = new ArrayDeque<>();
        private final List<EventRow> found = new ArrayList<>();
        private @Nullable EventRow current;
        private long lastVersion;

        /** All rows up to this version have been asked for. */
        private long fetchedTo;

        private Cursor(Beginning stream, long after) {
            this.stream = stream;
            this.lastVersion = after;
            this.fetchedTo = after;
        }

        void hold(EventRow row) {
            page.add(row);
            fetchedTo = row.version();
            rowsHeld++;
            bytesHeld += row.bytes();
        }

        /** Whether there are rows that have not been asked for. */
        boolean hasMore() {
            return fetchedTo < stream.version().value();
        }

        StreamPart nextPart(int rows) {
            return new StreamPart(
                    stream.key(), fetchedTo, Math.min(stream.version().value(), fetchedTo + rows));
        }

        void take(StreamPart part) {
            found.sort(Comparator.comparingLong(EventRow::version));
            found.forEach(this::hold);
            found.clear();
            fetchedTo = part.upTo();
        }

        /** Whether there is another event; fetches rows if necessary. */
        boolean advance() {
            if (lastVersion >= stream.version().value()) {
                return false;
            }
            if (page.isEmpty() && hasMore()) {
                fetchRows(this);
            }
            EventRow next = page.poll();
            if (next == null || next.version() != lastVersion + 1) {
                throw new StreamIntegrityException(stream.id(), StreamVersion.of(lastVersion + 1));
            }
            rowsHeld--;
            lastVersion++;
            current = next;
            return true;
        }

        EventRow current() {
            if (current == null) {
                throw new IllegalStateException("The read of stream '" + stream.id() + "' has not begun");
            }
            return current;
        }

        /** Adds the positions of the events whose payload is missing. */
        void addMissing(List<Long> positions) {
            if (current != null) {
                addMissing(current, positions);
            }
            page.forEach(row -> addMissing(row, positions));
        }

        private void addMissing(EventRow row, List<Long> positions) {
            if (!row.isWhole() && !fetched.containsKey(row.position())) {
                positions.add(row.position());
            }
        }
    }
}
