package io.eventcore.jdbc;

import io.eventcore.AppendInFlight;
import io.eventcore.Event;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.TransientEventStoreException;
import io.eventcore.jdbc.TagFill.Entry;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.internal.StoredTags;
import io.eventcore.transfer.TransferRefusedException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Gives stored events the tags that {@link Event#eventTags()} returns today. From its beginning to its end, the stores
 * refuse decisions on tags with these names, with a {@link io.eventcore.TagsIncompleteException}; appends and
 * everything else continue.
 *
 * <pre>{@code
 * JdbcDatabase.of(ownersDataSource).tagBackfill(serializer, eventTypes).run();
 * }</pre>
 *
 * <p>Run it as the owner of the tables, when every instance of the application writes these tags, and before commands
 * decide on them. It may be interrupted at any time and run again: with the same types, it continues where it stopped.
 * When it has ended, every event that was appended before the end has its tags, whichever instance appended it. While
 * an instance that does not write these tags is running, the backfill cannot end: it throws an exception.
 *
 * <p>It reads the log page by page and adds a few hundred tags in a transaction, which waits only a moment for locks of
 * other transactions. Immutable, safe for any number of threads; of two backfills of the same names, one may be
 * refused.
 *
 * @since 0.1
 */
public final class TagBackfill {
    private static final int PAGE_EVENTS = 1_000;
    private static final int MAX_ENTRIES = 500;
    private static final int MAX_ROWS = 100;
    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final TagFill fill;
    private final LogReads log;
    private final Connections connections;
    private final Dialect dialect;
    private final StoredTags tags;
    private final EventTypes types;
    private final String readingKey;
    private final SortedSet<String> names;
    private final Duration patience;

    private TagBackfill(
            Connections connections,
            Dialect dialect,
            StoredTags tags,
            EventTypes types,
            String readingKey,
            SortedSet<String> names,
            Duration patience) {
        TagTables tables = new TagTables(dialect, !connections.isRouting());
        this.log = new LogReads(dialect, connections, new Payloads(dialect, JdbcStoredLog.PAGE_BYTES), tables);
        this.fill = new TagFill(connections, dialect, log, tables);
        this.connections = connections;
        this.dialect = dialect;
        this.tags = tags;
        this.types = types;
        this.readingKey = readingKey;
        this.names = names;
        this.patience = patience;
    }

    static TagBackfill of(Connections connections, Dialect dialect, EventSerializer serializer, EventTypes types) {
        SortedSet<String> declared = new TreeSet<>();
        types.types().forEach(type -> declared.addAll(EventTag.namesMarkedOn(type)));
        return new TagBackfill(
                connections, dialect, new StoredTags(serializer), types, serializer.readingKey(), declared, PATIENCE);
    }

    /**
     * The same backfill for these names of tags only: to leave complete names complete, or to include tags that no
     * {@code @Tag} marks because a class returns them from {@link Event#eventTags()} itself.
     *
     * @throws IllegalArgumentException if one is no name of a tag
     */
    public TagBackfill named(String... tagNames) {
        SortedSet<String> chosen = new TreeSet<>();
        for (String name : tagNames) {
            chosen.add(EventTag.of(name).name());
        }
        return new TagBackfill(connections, dialect, tags, types, readingKey, chosen, patience);
    }

    /**
     * The same backfill, with another time to wait for a transaction that blocks it, by default one minute: a
     * transaction that holds a tag, or that has appended and does not end.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public TagBackfill withPatience(Duration forTransactions) {
        if (forTransactions.isNegative()) {
            throw new IllegalArgumentException("patience must not be negative, is " + forTransactions);
        }
        return new TagBackfill(connections, dialect, tags, types, readingKey, names, forTransactions);
    }

    /**
     * How far a backfill has come.
     *
     * @param events how many events this run has read
     * @param given how many tags it has added to events that lacked them
     * @param position up to this position, all events have their tags; this remains true if the run is interrupted
     * @since 0.1
     */
    public record Progress(long events, long given, GlobalPosition position) {}

    /** As {@link #run(Consumer)}, without progress reports. */
    public Progress run() {
        return run(progress -> {});
    }

    /**
     * Gives all events their tags and makes the names complete, on the calling thread. Without names it does nothing.
     *
     * @param progress called after each page, by the calling thread; an exception ends this run, which can be continued
     *     later
     * @return what this run has done
     * @throws TransferRefusedException if an instance appends events without their tags, an event cannot be read, its
     *     {@code eventTags()} fails or returns personal data, another transaction does not end, or another backfill of
     *     these names is in progress. The names stay incomplete, and the added tags stay: run it again when the cause
     *     is fixed
     * @throws SchemaException if the tables do not hold tags; it names the script that adds them
     * @throws io.eventcore.EventStoreException if the store cannot be read or written; run it again as above
     */
    public Progress run(Consumer<? super Progress> progress) {
        if (names.isEmpty()) {
            return new Progress(0, 0, GlobalPosition.START);
        }
        try {
            String plan = plan();
            GlobalPosition filledTo = fill.begin(names, plan);
            // Taken after decisions on these names are refused: an instance that appends beyond this position without
            // tags has not been upgraded.
            Run run = new Run(plan, filledTo, log.settledEnd(), progress);
            return run.toTheEnd();
        } catch (SQLException e) {
            if (SqlErrors.isForbidden(e)) {
                throw new TransferRefusedException(
                        "Only the owner of the tables may run a backfill of tags; this user may not",
                        Failure.redacted(e));
            }
            throw dialect.failed("A backfill of tags", e);
        }
    }

    /** Identifies the types by which tags are added: a run with other types does not continue this one. */
    private String plan() {
        TreeMap<String, Set<String>> carried = new TreeMap<>();
        for (Class<? extends Event> type : types.types()) {
            carried.put(types.nameOf(type) + "=" + type.getName(), new TreeSet<>(EventTag.namesMarkedOn(type)));
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest((carried + readingKey).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** The tags with these names that each event carries, by the row of each tag. */
    private List<Entry> entriesOf(Collection<StoredEvent> events) {
        List<Entry> entries = new ArrayList<>();
        for (StoredEvent stored : events) {
            SortedSet<String> rows = new TreeSet<>();
            try {
                tags.of(stored, tag -> names.contains(tag.name())).forEach(tag -> rows.add(tag.rowId()));
            } catch (StoredTags.UntoldException e) {
                throw new TransferRefusedException(
                        "The tags of the event of type '%s' at position %s cannot be determined: %s"
                                .formatted(stored.typeName(), stored.position(), e.reason()),
                        e.getCause());
            }
            // All events that upcasters made of one stored event stand at one position.
            rows.forEach(row -> entries.add(new Entry(row, stored.position().value())));
        }
        return entries;
    }

    /** One run of the backfill. */
    private final class Run {
        private final String plan;
        private final GlobalPosition begunAt;
        private final Consumer<? super Progress> listener;
        private GlobalPosition filledTo;
        private long lastLate;
        private long events;
        private long given;
        private long movedOn = System.nanoTime();

        private Run(String plan, GlobalPosition filledTo, GlobalPosition begunAt, Consumer<? super Progress> listener) {
            this.plan = plan;
            this.filledTo = filledTo;
            this.begunAt = begunAt;
            this.listener = listener;
        }

        private Progress toTheEnd() throws SQLException {
            while (true) {
                boolean readOn = readUpTo(log.settledEnd());
                if (lastLate > 0) {
                    throw new TransferRefusedException(
                            ("Instances still append events without their tags named '%s', the last one at position"
                                            + " %d. The backfill has added the tags so far: stop the instances that do not"
                                            + " write these tags, and run the backfill again")
                                    .formatted(String.join("', '", names), lastLate));
                }
                Optional<Boolean> complete =
                        fill.complete(names, plan, filledTo, tags.decoder(), TagBackfill.this::entriesOf);
                if (complete.orElse(false)) {
                    return new Progress(events, given, filledTo);
                }
                if (complete.isEmpty() || !readOn) {
                    pause();
                }
            }
        }

        /** Reads up to a position; returns whether there was something to read. */
        private boolean readUpTo(GlobalPosition end) throws SQLException {
            boolean any = false;
            while (filledTo.compareTo(end) < 0) {
                List<StoredEvent> page = log.settled(filledTo, end, PAGE_EVENTS, tags.decoder());
                GlobalPosition last =
                        page.isEmpty() ? end : page.get(page.size() - 1).position();
                List<Entry> entries = entriesOf(page);
                entries.sort(Comparator.comparing(Entry::rowId, RowIds.ORDER).thenComparingLong(Entry::position));
                giveInParts(entries);
                while (!fill.advance(names, plan, last)) {
                    pause();
                }
                filledTo = last;
                movedOn = System.nanoTime();
                events += page.size();
                any = true;
                listener.accept(new Progress(events, given, filledTo));
            }
            return any;
        }

        private void giveInParts(List<Entry> entries) throws SQLException {
            int from = 0;
            while (from < entries.size()) {
                int to = from;
                int rows = 0;
                String row = "";
                while (to < entries.size() && to - from < MAX_ENTRIES) {
                    if (!entries.get(to).rowId().equals(row)) {
                        if (++rows > MAX_ROWS) {
                            break;
                        }
                        row = entries.get(to).rowId();
                    }
                    to++;
                }
                give(entries.subList(from, to));
                from = to;
            }
        }

        /**
         * Tries a busy part again in smaller parts, in the end tag by tag: then it holds nothing else while it waits.
         */
        private void give(List<Entry> part) throws SQLException {
            Optional<List<Entry>> missing = fill.give(part, names, plan);
            while (missing.isEmpty()) {
                int middle = endOfMiddleRow(part);
                if (middle < part.size()) {
                    give(part.subList(0, middle));
                    give(part.subList(middle, part.size()));
                    return;
                }
                pause();
                missing = fill.give(part, names, plan);
            }
            movedOn = System.nanoTime();
            for (Entry entry : missing.get()) {
                given++;
                if (entry.position() > begunAt.value()) {
                    lastLate = Math.max(lastLate, entry.position());
                }
            }
        }

        /**
         * Where to divide entries in the order of their rows, so that no row is in both parts; the size of the part if
         * it has only one row.
         */
        private static int endOfMiddleRow(List<Entry> part) {
            int middle = part.size() / 2;
            int end = middle;
            while (end < part.size()
                    && part.get(end).rowId().equals(part.get(middle).rowId())) {
                end++;
            }
            if (end < part.size()) {
                return end;
            }
            int begin = middle;
            while (begin > 0
                    && part.get(begin - 1).rowId().equals(part.get(middle).rowId())) {
                begin--;
            }
            return begin > 0 ? begin : part.size();
        }

        private void pause() throws SQLException {
            if (Thread.currentThread().isInterrupted()) {
                throw new TransientEventStoreException(
                        "The thread was interrupted: run the backfill again, it continues where it stopped", null);
            }
            if (System.nanoTime() - movedOn > patience.toNanos()) {
                throw new TransferRefusedException(
                        ("Other transactions block the backfill after position %s%s: end them and run it again, it"
                                        + " continues where it stopped")
                                .formatted(filledTo, oldest()));
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }

        private String oldest() throws SQLException {
            Optional<AppendInFlight> append = connections.own(dialect.log()::oldestInFlight);
            return append.map(found -> ", an append in session " + found.session() + " since " + found.since())
                    .orElse("");
        }
    }
}
