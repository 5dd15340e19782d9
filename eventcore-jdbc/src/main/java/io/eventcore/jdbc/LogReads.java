package io.eventcore.jdbc;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.jdbc.LogEnd.Mark;
import io.eventcore.jdbc.TagQueries.CutRow;
import io.eventcore.transfer.ExportedEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * Reads the log without ever passing an event that may still appear.
 *
 * <p>Appends draw positions before they commit, so a page may lack an event that a slow transaction commits later. A
 * page without a gap lacks nothing. If there is a gap, three steps decide, and only their order makes them correct:
 * first, read the last position handed out; second, read the lowest position that an append in flight has announced;
 * third, with a newer snapshot, read the highest <em>committed</em> event up to the lower of the two, and the page
 * again up to that event. An append that drew a position before the first step had announced a lower one before that.
 * At the second step, either it is still announced, and the page ends before it; or it has ended, and the third step
 * sees what it left.
 *
 * <p>A reader continues from a committed event, never from a position that only a rolled-back append has drawn: after a
 * crash the server hands out these positions again, because only a commit flushes what a sequence has handed out. The
 * commit of an event flushes every position below it.
 *
 * <p>All this holds only on the server that holds the locks: a standby replays commits in their own order, so it may
 * show a high position before a lower one. So the statement for a page fails on a standby, and what was settled counts
 * only while the same run of the same server answers. A {@link Replica} returns what is settled on the primary, once it
 * has replayed that.
 *
 * <p>Each step is a separate statement in auto-commit mode: inside one snapshot the third step would see nothing new.
 */
final class LogReads {
    /** SQLState of an object that is not in the state needed. */
    private static final String NOT_IN_STATE = "55000";

    private static final int WINDOW_GROWTH = 4;

    /** A statement asks for at least this many rows, however large the events are. */
    private static final int SMALLEST_PART = 4;

    /** A statement asks for at most this many rows, so that events of some kilobytes come with their rows. */
    private static final int LARGEST_PART = 1_000;

    private final Dialect dialect;
    private final Connections connections;
    private final Payloads payloads;
    private final String selectSizes;
    private final TagTables tagTables;
    private final Optional<Replica> replica;

    /** The approximate size of the events read last, which shows how many are worth asking for. */
    private volatile long usualBytes;

    /**
     * What has been settled, so that a reader that catches up need not ask again for every page. A reader may replace
     * what another reader has found with less: it costs the other one more question. Read this before any question to
     * the database: what another reader settles afterwards says nothing about older answers.
     */
    private volatile Mark settled = Mark.NONE;

    /**
     * Reads by these connections.
     *
     * @param payloads fetches the payloads of large events, and knows how many bytes a page may hold
     * @param tagTables whether the tables hold tags
     */
    LogReads(Dialect dialect, Connections connections, Payloads payloads, TagTables tagTables) {
        this(dialect, connections, payloads, tagTables, Optional.empty());
    }

    /**
     * Reads by these connections, and from a replica whatever it has.
     *
     * @param payloads fetches the payloads of large events, and knows how many bytes a page may hold
     * @param tagTables whether the tables hold tags
     */
    LogReads(
            Dialect dialect,
            Connections connections,
            Payloads payloads,
            TagTables tagTables,
            Optional<Replica> replica) {
        this.dialect = dialect;
        this.connections = connections;
        this.payloads = payloads;
        SqlExpressions expressions = dialect.expressions();
        this.selectSizes = dialect.names()
                .in("SELECT e.position, %s + %s FROM eventcore_event e WHERE e.position > ? AND e.position <= ?%s"
                                .formatted(
                                        expressions.payloadBytes(),
                                        expressions.metadataBytes(),
                                        expressions.andNotFromCache())
                        + " ORDER BY e.position LIMIT ?");
        this.tagTables = tagTables;
        this.replica = replica;
    }

    StoredPage read(EventFilter filter, Set<String> typeNames, EventPage page, StoredEvent.Decoder decoder)
            throws SQLException {
        Query query = query(filter, typeNames, page);
        Begun begun = begin(query, decoder);
        if (begun.page.isPresent()) {
            return begun.page.get();
        }
        return connections.own(connection -> {
            if (!filter.tags().isEmpty()) {
                tagTables.check(connection);
            }
            Mark before = settled;
            Page read = filter.matchesAll() && begun.reached == query.after()
                    ? readAll(connection, query, before)
                    : readFiltered(connection, query, before, begun);
            if (!read.endReached) {
                replica.ifPresent(standby -> standby.logGoesOnAfter(read.continueAfter));
            }
            return new StoredPage(
                    eventsOf(connection, read.rows, (row, stream) -> row.of(stream, decoder)),
                    GlobalPosition.of(read.continueAfter),
                    read.endReached);
        });
    }

    /** The position of the last committed event before which no other event can appear; the start if there is none. */
    GlobalPosition settledEnd() throws SQLException {
        Query query = query(EventFilter.all(), Set.of(), EventPage.first(1));
        return connections.own(connection -> {
            Mark before = settled;
            return GlobalPosition.of(settle(connection, logEnd(connection, query, before), before, 0)
                    .position());
        });
    }

    /** The next events to export, up to a position before which no other event can appear. */
    List<ExportedEvent> export(GlobalPosition after, GlobalPosition upTo, int limit) throws SQLException {
        Query query = query(EventFilter.all(), Set.of(), EventPage.after(after, limit));
        return connections.own(connection -> {
            PageRows page = new PageRows();
            long fitting = lastFitting(connection, after.value(), upTo.value(), limit);
            if (fitting > after.value()) {
                select(connection, query, List.of(), after.value(), fitting, page);
            }
            return eventsOf(connection, page.rows, EventRow::exported);
        });
    }

    /** The next events up to a position before which no other event can appear. */
    List<StoredEvent> settled(GlobalPosition after, GlobalPosition upTo, int limit, StoredEvent.Decoder decoder)
            throws SQLException {
        return connections.own(connection -> {
            PageRows page = new PageRows();
            Query query = query(EventFilter.all(), Set.of(), EventPage.after(after, limit));
            select(connection, query, List.of(), after.value(), upTo.value(), page);
            return eventsOf(connection, page.rows, (row, stream) -> row.of(stream, decoder));
        });
    }

    /**
     * What is committed after a position, read in a transaction that keeps others from storing events.
     *
     * @return empty if it is more than a page
     */
    Optional<List<StoredEvent>> tail(
            Connection connection, GlobalPosition after, int limit, StoredEvent.Decoder decoder) throws SQLException {
        PageRows page = new PageRows();
        Query query = query(EventFilter.all(), Set.of(), EventPage.after(after, limit));
        select(connection, query, List.of(), after.value(), Long.MAX_VALUE, page);
        return page.full
                ? Optional.empty()
                : Optional.of(eventsOf(connection, page.rows, (row, stream) -> row.of(stream, decoder)));
    }

    /**
     * The last position at which the events, with all that is stored of them, still fit a page: metadata comes with
     * each row, and an import may bring any amount. If there is no event, the position to begin after.
     */
    private long lastFitting(Connection connection, long after, long upTo, int limit) throws SQLException {
        long last = after;
        long bytes = 0;
        int events = 0;
        while (events < limit) {
            // No more than are likely to fit, because a server has to read an event to know its size.
            int part = Math.min(limit - events, likelyToFit(limit, new PageRows()));
            int found = 0;
            try (PreparedStatement query = connection.prepareStatement(selectSizes)) {
                query.setLong(1, last);
                query.setLong(2, upTo);
                query.setInt(3, part);
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        bytes += row.getLong(2);
                        if (last > after && bytes > payloads.budget()) {
                            return last;
                        }
                        last = row.getLong(1);
                        found++;
                    }
                }
            }
            if (found < part) {
                return last;
            }
            events += found;
        }
        return last;
    }

    /** What is made of each row and the stream it belongs to. */
    private <T> List<T> eventsOf(Connection connection, List<LogRow> rows, BiFunction<EventRow, StreamId, T> event)
            throws SQLException {
        Set<Long> keys = new HashSet<>();
        rows.forEach(row -> keys.add(row.streamKey));
        Map<Long, StreamId> ids = dialect.lookups().streamIds(connection, keys);
        List<T> events = new ArrayList<>(rows.size());
        for (LogRow row : rows) {
            StreamId id = ids.get(row.streamKey);
            if (id == null) {
                throw new SQLException(
                        "The event at position %d belongs to a stream with key %d, which is not there"
                                .formatted(row.event.position(), row.streamKey),
                        NOT_IN_STATE);
            }
            events.add(event.apply(row.event, id));
        }
        return events;
    }

    /**
     * A page of everything: while a reader catches up, most pages are full and without a gap, and need no further
     * question.
     */
    private Page readAll(Connection connection, Query query, Mark before) throws SQLException {
        long reach = Query.windowEnd(query.after(), firstWindow(query));
        PageRows found = new PageRows();
        select(connection, query, List.of(), query.after(), reach, found);
        List<LogRow> rows = found.rows;
        boolean full = found.full;
        boolean gapless = !rows.isEmpty() && isContiguous(query.after(), rows);
        if (full && gapless) {
            return Page.upToLastRow(query, found);
        }
        LogEnd end = logEnd(connection, query, before);
        // So many positions may be lost that the next event lies beyond the range of this read.
        boolean whole = full || reach >= end.drawn();
        if (rows.isEmpty()) {
            if (whole) {
                return Page.upToLastRow(query, found);
            }
        } else {
            checkNotBehind(end, last(rows));
            if (whole && (gapless || last(rows) <= known(end, before))) {
                return Page.upToLastRow(query, found);
            }
        }
        Bound bound = settle(connection, end, before, query.after());
        return readUpTo(bound.position(), new PageRows(), query.after(), connection, query);
    }

    /** A page of what a filter matches, which never looks contiguous. */
    private Page readFiltered(Connection connection, Query query, Mark before, Begun begun) throws SQLException {
        LogEnd end = logEnd(connection, query, before);
        long known = known(end, before);
        PageRows found = begun.rows;
        Page settledBefore = readUpTo(known, found, begun.reached, connection, query);
        long reached = Math.max(known, begun.reached);
        if (!settledBefore.endReached || end.drawn() <= reached) {
            return settledBefore;
        }
        Bound bound = settle(connection, end, before, query.after());
        return readUpTo(bound.position(), found, reached, connection, query);
    }

    /** What a replica returns of a page: all of it, its beginning, or nothing. */
    private Begun begin(Query query, StoredEvent.Decoder decoder) throws SQLException {
        Begun nothing = new Begun(Optional.empty(), new PageRows(), query.after());
        // The tags of an event may change after its commit, so only the primary knows which events carry a tag.
        if (replica.isEmpty() || !query.filter.tags().isEmpty()) {
            return nothing;
        }
        Replica standby = replica.get();
        if (!standby.isWorthWhile(query.after(), query.limit())) {
            return nothing;
        }
        Optional<Begun> begun = standby.mayAnswer(query.after()) ? begin(standby, query, decoder) : Optional.empty();
        if (begun.isPresent() || standby.isWorthWhile(query.after(), query.limit())) {
            standby.count(begun.isPresent());
        }
        return begun.orElse(nothing);
    }

    private Optional<Begun> begin(Replica standby, Query query, StoredEvent.Decoder decoder) throws SQLException {
        Optional<ReplicaPlace> place = connections.own(connection -> replicaPlace(connection, standby, query));
        return place.flatMap(
                settledPlace -> standby.read(settledPlace, there -> beginThere(there, settledPlace, query, decoder)));
    }

    private Begun beginThere(Connection there, ReplicaPlace place, Query query, StoredEvent.Decoder decoder)
            throws SQLException {
        PageRows found = new PageRows();
        Page page = readUpTo(
                place.mark().position(),
                found,
                query.after(),
                there,
                query.of(replica.orElseThrow().log()));
        if (!found.full) {
            return new Begun(Optional.empty(), found, page.continueAfter);
        }
        List<StoredEvent> events = eventsOf(there, found.rows, (row, stream) -> row.of(stream, decoder));
        StoredPage whole = new StoredPage(events, GlobalPosition.of(page.continueAfter), false);
        return new Begun(Optional.of(whole), found, page.continueAfter);
    }

    /**
     * A place up to which a replica may be read, once it has replayed the place. Each time, the primary is asked
     * whether its log is still the one in which the place was noted, and whether it reaches the reader.
     */
    private Optional<ReplicaPlace> replicaPlace(Connection connection, Replica standby, Query query)
            throws SQLException {
        ReplicaPlace known = standby.placeBeyond(query.after());
        LogEnd end = logEnd(connection, query, known.mark());
        if (!standby.isWorthWhile(end.drawn() - query.after())) {
            return Optional.empty();
        }
        if (end.holdsMark()) {
            return Optional.of(known);
        }
        if (!known.isNone()) {
            standby.forget();
        }
        // In this order: all that the bound covers has ended by then, so its commits stand before the place.
        Bound bound = settle(connection, end, known.mark(), query.after());
        Optional<ReplicaPlace> place = bound.mark().isPresent()
                ? dialect.log().replicaPlace(connection, bound.mark().get())
                : Optional.empty();
        if (place.isPresent()) {
            standby.offer(place.get());
        } else if (bound.mark().isPresent()) {
            standby.noPlace();
        }
        return place;
    }

    /**
     * The page up to a bound. It is read in windows of the log, each larger than the one before: a server that does not
     * know how many rows meet a condition may sort everything it reads, again for every page.
     *
     * @param found what was found up to {@code from}
     */
    private Page readUpTo(long bound, PageRows found, long from, Connection connection, Query query)
            throws SQLException {
        Optional<List<Long>> tags = tagsSettled(connection, query);
        if (tags.isEmpty()) {
            return new Page(found.rows, Math.max(bound, from), true);
        }
        long after = from;
        for (long window = firstWindow(query); after < bound && !found.full; window = Query.larger(window)) {
            long end = Math.min(bound, Query.windowEnd(after, window));
            select(connection, query, tags.get(), after, end, found);
            after = end;
        }
        return found.full ? Page.upToLastRow(query, found) : new Page(found.rows, Math.max(bound, from), true);
    }

    /**
     * The keys of the wanted tags, the rarest first; empty if one of them is on no event that was committed before this
     * call. So call this once the bound is known, and again for each bound: a tag may be used for the first time
     * between the two.
     */
    private Optional<List<Long>> tagsSettled(Connection connection, Query query) throws SQLException {
        Set<EventTag> wanted = query.filter.tags();
        if (wanted.isEmpty()) {
            return Optional.of(List.of());
        }
        Set<String> rows = wanted.stream().map(EventTag::rowId).collect(Collectors.toCollection(TreeSet::new));
        Set<String> names = wanted.stream().map(EventTag::name).collect(Collectors.toSet());
        Collection<CutRow> found =
                dialect.tags().cut(connection, rows).checked(rows, names).values();
        return found.size() < rows.size()
                ? Optional.empty()
                : Optional.of(found.stream()
                        .sorted(Comparator.comparingLong(CutRow::version))
                        .map(CutRow::key)
                        .toList());
    }

    /** Whether no event can be missing between the position a page begins after and its last row. */
    private static boolean isContiguous(long after, List<LogRow> rows) {
        return last(rows) - after == rows.size();
    }

    private static long last(List<LogRow> rows) {
        return rows.get(rows.size() - 1).event.position();
    }

    /** How far the log goes; throws if the reader is further ahead. */
    private LogEnd logEnd(Connection connection, Query query, Mark before) throws SQLException {
        LogEnd end = dialect.log().end(connection, query.after(), before);
        replica.ifPresent(standby -> standby.logReaches(end.drawn()));
        if (end.server() == LogEnd.STANDBY) {
            throw otherServer("A standby answers", query.after());
        }
        if (before.position() > 0 && end.holdsMark()) {
            checkNotBehind(end, before.position());
        }
        if (!end.reachesReader()) {
            throw EventStoreUnavailableException.logEndsBefore(
                    GlobalPosition.of(query.after()),
                    GlobalPosition.of(dialect.log().lastPosition(connection)));
        }
        return end;
    }

    /** The position up to which nothing more can appear, by what was known before. */
    private static long known(LogEnd end, Mark before) {
        return end.holdsMark() ? before.position() : 0;
    }

    /**
     * The highest committed event up to which nothing more can appear; a read after this call lacks nothing up to
     * there.
     *
     * @param before a mark that was taken before {@code end}
     */
    private Bound settle(Connection connection, LogEnd end, Mark before, long after) throws SQLException {
        // An append may announce itself late, with a position from before: what was settled stays settled.
        long from = Math.max(known(end, before), after);
        long limit = Math.min(end.drawn(), dialect.log().lowestInFlight(connection));
        Optional<Mark> highest =
                limit > from ? dialect.log().highestCommitted(connection, from, limit) : Optional.empty();
        if (highest.isPresent()) {
            if (highest.get().server() != end.server()) {
                throw otherServer("Another server than before answers", after);
            }
            settled = highest.get();
        }
        return new Bound(highest.map(Mark::position).orElse(from), highest);
    }

    private static SQLException otherServer(String what, long after) {
        return new SQLException(
                "%s to the reader at position %d: read the log on the primary".formatted(what, after), NOT_IN_STATE);
    }

    private static void checkNotBehind(LogEnd end, long seen) throws SQLException {
        if (seen > end.drawn()) {
            throw new SQLException(
                    "The log has reached position %d, but %d counts as the last one given to an append: it was set back"
                            .formatted(seen, end.drawn()),
                    NOT_IN_STATE);
        }
    }

    /**
     * Adds the events after a position, while the page has room for more events and more bytes. If another statement
     * would fill less than half of the page, the rest is left to the next page.
     *
     * <p>Each statement asks for no more rows than are likely to fill the page, because a server has to read a payload
     * to know its size.
     */
    private void select(Connection connection, Query query, List<Long> tags, long after, long upTo, PageRows page)
            throws SQLException {
        long from = after;
        boolean more = true;
        while (more && !page.full) {
            int limit = Math.min(query.limit() - page.rows.size(), likelyToFit(query.limit(), page));
            List<LogRow> found = selectPart(connection, query, tags, from, upTo, limit, page.bytes);
            more = found.size() == limit;
            from = found.isEmpty() ? from : last(found);
            int fitting = payloads.complete(
                    connection,
                    found,
                    LogRow::event,
                    LogRow::with,
                    payloads.budget() - page.bytes,
                    page.rows.isEmpty());
            page.add(found.subList(0, fitting));
            page.full = fitting < found.size()
                    || page.rows.size() == query.limit()
                    || (more && page.bytes > payloads.budget() / 2);
        }
        if (!page.rows.isEmpty()) {
            usualBytes = page.bytes / page.rows.size();
        }
    }

    /**
     * The size of the first window, in positions: enough for a page if most events are wanted and few were rolled back.
     */
    private long firstWindow(Query query) {
        if (query.isOfTagsAlone()) {
            // An index has them in the order of their positions, however far apart they are.
            return Long.MAX_VALUE;
        }
        return 2L * Math.min(query.limit(), 2 * likelyToFit(query.limit(), new PageRows()));
    }

    /** How many rows are likely to fill a page, judged by the rows on it, or else by the last read. */
    private int likelyToFit(int limit, PageRows page) {
        long usual = page.rows.isEmpty() ? usualBytes : page.bytes / page.rows.size();
        int rows = Math.min(limit, LARGEST_PART);
        while (rows > SMALLEST_PART && rows * usual > payloads.budget()) {
            rows = rows / 2;
        }
        return rows;
    }

    private List<LogRow> selectPart(
            Connection connection, Query query, List<Long> tags, long after, long upTo, int limit, long bytesSoFar)
            throws SQLException {
        long largest = payloads.largestOf(limit, bytesSoFar);
        List<LogRow> rows = new ArrayList<>(Math.min(limit, 1024));
        try (PreparedStatement statement = query.log.selectPage(
                        connection, query.filter, query.typeNames, tags, after, upTo, limit, largest);
                ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                rows.add(new LogRow(result.getLong(1), new EventRow(result, 2, dialect.types())));
            }
        }
        return rows;
    }

    private Query query(EventFilter filter, Set<String> typeNames, EventPage page) {
        return new Query(filter, typeNames, page, dialect.log());
    }

    /**
     * The position up to which nothing more can appear.
     *
     * @param mark the mark found just now; empty if there is no new one
     */
    private record Bound(long position, Optional<Mark> mark) {}

    /**
     * What a replica has returned of a page.
     *
     * @param page the whole page, if the replica has returned all of it
     * @param rows its beginning
     * @param reached the position up to which nothing is missing among the rows
     */
    private record Begun(Optional<StoredPage> page, PageRows rows, long reached) {}

    /** The rows of a page while they are collected. */
    private static final class PageRows {
        private final List<LogRow> rows = new ArrayList<>();
        private long bytes;

        /** Whether there is no room for more events or bytes; if so, the log may have more. */
        private boolean full;

        void add(List<LogRow> more) {
            rows.addAll(more);
            for (LogRow row : more) {
                bytes += row.event.bytes();
            }
        }
    }

    /** What is wanted, and the statements that ask for it. */
    private record Query(EventFilter filter, Set<String> typeNames, EventPage page, LogQueries log) {
        Query of(LogQueries other) {
            return new Query(filter, typeNames, page, other);
        }

        long after() {
            return page.after().value();
        }

        int limit() {
            return page.limit();
        }

        boolean isOfTagsAlone() {
            return !filter.tags().isEmpty() && filter.withAnyTags().matchesAll();
        }

        static long larger(long window) {
            return window > Long.MAX_VALUE / WINDOW_GROWTH ? Long.MAX_VALUE : window * WINDOW_GROWTH;
        }

        static long windowEnd(long after, long window) {
            return Long.MAX_VALUE - after < window ? Long.MAX_VALUE : after + window;
        }
    }

    /** An event whose stream is known only by its key. */
    private record LogRow(long streamKey, EventRow event) {
        LogRow with(EventRow whole) {
            return new LogRow(streamKey, whole);
        }
    }

    private record Page(List<LogRow> rows, long continueAfter, boolean endReached) {
        static Page upToLastRow(Query query, PageRows page) {
            long last = page.rows.isEmpty() ? query.after() : last(page.rows);
            return new Page(page.rows, last, !page.full);
        }
    }
}
