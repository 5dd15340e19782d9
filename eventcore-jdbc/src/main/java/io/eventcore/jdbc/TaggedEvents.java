package io.eventcore.jdbc;

import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * The events of a query, page by page. One statement reads each page in its own snapshot, and all pages end at the cut
 * of the read. The rows and bytes of a page are limited. Not safe for concurrent use.
 */
final class TaggedEvents implements Iterator<StoredEvent> {
    private static final int LARGEST_PAGE = 1_000;
    private static final int SMALLEST_PAGE = 4;

    /** SQLState of an object that is not in the state needed. */
    private static final String NOT_IN_STATE = "55000";

    private final Dialect dialect;
    private final Connections connections;
    private final Payloads payloads;
    private final StoredEvent.Decoder decoder;
    private final Optional<Whole> whole;
    private final Deque<StoredEvent> page = new ArrayDeque<>();
    private final Map<Long, StreamId> ids = new HashMap<>();
    private List<TagPart> left;
    private long given;
    private long usualBytes;

    /**
     * States that the events are all that carry one tag.
     *
     * @param rowId the row of the tag
     * @param events how many there are
     */
    record Whole(String rowId, long events) {}

    /** A row and the key of the stream that it belongs to. */
    private record KeyedRow(long streamKey, EventRow event) {
        KeyedRow with(EventRow completed) {
            return new KeyedRow(streamKey, completed);
        }
    }

    TaggedEvents(
            Dialect dialect,
            Connections connections,
            Payloads payloads,
            StoredEvent.Decoder decoder,
            List<TagPart> parts,
            Optional<Whole> whole) {
        this.dialect = dialect;
        this.connections = connections;
        this.payloads = payloads;
        this.decoder = decoder;
        this.left = parts;
        this.whole = whole;
    }

    @Override
    public boolean hasNext() {
        // A page may hold none of the wanted types.
        while (page.isEmpty() && !left.isEmpty()) {
            try {
                connections.joinOrOwn(connection -> {
                    fetch(connection);
                    return true;
                });
                checkWhole();
            } catch (SQLException e) {
                throw dialect.failed("Reading tags", e);
            }
        }
        return !page.isEmpty();
    }

    @Override
    public StoredEvent next() {
        if (!hasNext()) {
            throw new NoSuchElementException("The read has ended");
        }
        return page.removeFirst();
    }

    private void fetch(Connection connection) throws SQLException {
        int limit = likelyToFit();
        Set<String> types = TagPart.typesOfAll(left);
        List<KeyedRow> looked = new ArrayList<>();
        long candidates = 0;
        try (PreparedStatement query =
                        dialect.tags().selectPage(connection, left, limit, payloads.largestOf(limit, 0));
                ResultSet result = query.executeQuery()) {
            while (result.next()) {
                candidates = result.getLong(1);
                looked.add(new KeyedRow(result.getLong(2), new EventRow(result, 3, dialect.types())));
            }
        }
        boolean more = Math.max(candidates, looked.size()) >= limit;
        List<KeyedRow> rows = new ArrayList<>(looked);
        rows.removeIf(row -> !types.isEmpty() && !types.contains(row.event.typeName()));
        int fitting = payloads.complete(connection, rows, KeyedRow::event, KeyedRow::with, payloads.budget(), true);
        List<KeyedRow> fit = rows.subList(0, fitting);
        if (fitting < rows.size()) {
            goOnAfter(fit, true);
        } else {
            goOnAfter(looked, more);
        }
        learnIds(connection, fit);
        if (decoder.prepares()) {
            List<byte[]> found = new ArrayList<>();
            fit.forEach(row -> row.event.addPayload(found));
            decoder.prepare(found);
        }
        long bytes = 0;
        for (KeyedRow row : fit) {
            StreamId id = ids.get(row.streamKey);
            if (id == null) {
                throw withoutStream(row.event, row.streamKey);
            }
            bytes += row.event.bytes();
            page.add(row.event.of(id, decoder));
        }
        given += fit.size();
        usualBytes = fit.isEmpty() ? usualBytes : bytes / fit.size();
    }

    /** How many rows are likely to fit what a read holds at once, judged by the page before. */
    private int likelyToFit() {
        int rows = LARGEST_PAGE;
        while (rows > SMALLEST_PAGE && rows * usualBytes > payloads.budget()) {
            rows = rows / 2;
        }
        return rows;
    }

    /** Sets where each part continues: a tag behind the last position, a stream behind its own last version. */
    private void goOnAfter(List<KeyedRow> rows, boolean more) {
        if (!more) {
            left = List.of();
            return;
        }
        long position = rows.get(rows.size() - 1).event.position();
        Map<Long, Long> versions = new HashMap<>();
        rows.forEach(row -> versions.put(row.streamKey, row.event.version()));
        left = left.stream()
                .map(part -> part.from(part.isTag() ? position : versions.getOrDefault(part.key(), 0L)))
                .filter(part -> !part.isEmpty())
                .toList();
    }

    private void learnIds(Connection connection, List<KeyedRow> rows) throws SQLException {
        Set<Long> unknown = new HashSet<>();
        rows.forEach(row -> unknown.add(row.streamKey));
        if (ids.size() > LARGEST_PAGE) {
            ids.clear();
        }
        unknown.removeAll(ids.keySet());
        if (!unknown.isEmpty()) {
            ids.putAll(dialect.lookups().streamIds(connection, unknown));
        }
    }

    static SQLException withoutStream(EventRow event, long streamKey) {
        return new SQLException(
                "The event at position %d belongs to a stream with key %d, which is not there"
                        .formatted(event.position(), streamKey),
                NOT_IN_STATE);
    }

    /** Checks that as many events carry the tag as it counts. */
    private void checkWhole() throws SQLException {
        if (left.isEmpty() && whole.isPresent() && given != whole.get().events()) {
            throw new SQLException(
                    "%s counts %d events in this range, %d are there"
                            .formatted(
                                    RowIds.named(whole.get().rowId()),
                                    whole.get().events(),
                                    given),
                    NOT_IN_STATE);
        }
    }
}
