package io.eventcore.jdbc;

import io.eventcore.AppendInFlight;
import io.eventcore.AppendLimits;
import io.eventcore.AppendListener;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.QueriedEvents;
import io.eventcore.StoreInternals;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.SubjectErasedException;
import io.eventcore.TagsIncompleteException;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.Callback;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.MovedGuards;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializerRoundTrip;
import io.eventcore.serialization.internal.StoredForms;
import io.eventcore.transaction.TransactionAppends;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * An event store in a relational database: PostgreSQL, MariaDB, MySQL or H2.
 *
 * <p>An append inside a Spring transaction that holds a connection to the same database joins it. Otherwise, it runs on
 * its own connection and is committed when the call returns. The same holds for an append from a callback after a
 * commit; for that, the transaction manager needs {@link io.eventcore.transaction.TransactionPhase#listener()}. Reading
 * the log never joins.
 *
 * <p>Provided by {@link JdbcDatabase}. Safe for any number of threads.
 *
 * @since 0.1
 */
public class JdbcEventStore implements EventStore {
    private final Dialect dialect;
    private final Connections connections;
    private final EventSerializer serializer;
    private final StoredForms forms;
    private final AppendLimits limits;
    private final AppendListener listener;
    private final OwnAppends ownAppends;
    private final StreamReads streams;
    private final LogReads log;
    private final TagTables tagTables;
    private final TagReads tags;
    private final boolean uniqueIds;
    private final StoreInternals internals;

    JdbcEventStore(Builder builder) {
        JdbcDatabase database = builder.database;
        this.uniqueIds = database.keepsIdsUnique();
        this.dialect = database.dialect();
        this.connections = database.connections();
        this.serializer = builder.serializer;
        this.forms = new StoredForms(serializer);
        this.limits = builder.limits;
        this.listener = builder.listener;
        GroupCommitSettings group = connections.isRouting() ? GroupCommitSettings.off() : builder.groupCommit;
        this.ownAppends = new OwnAppends(
                dialect,
                connections,
                ConnectionShare.half(database.poolSize()),
                group,
                builder.settlingPause,
                builder.listener);
        Payloads payloads = new Payloads(dialect, builder.readBytes);
        this.streams = new StreamReads(
                dialect,
                connections,
                payloads,
                group.enabled(),
                builder.streamsFromReplica ? database.replica() : Optional.empty());
        this.tagTables = new TagTables(dialect, !connections.isRouting());
        this.log = new LogReads(dialect, connections, payloads, tagTables, database.replica());
        this.tags = new TagReads(dialect, connections, payloads, tagTables, group.enabled(), SharedReads.PATIENCE);
        if (builder.checksTags) {
            checkTags();
        }
        this.internals = new Internals();
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        SerializedAppend append;
        try {
            append = SerializedAppend.of(writes, forms, limits);
        } catch (SubjectErasedException erased) {
            return storedBefore(SerializedAppend.onlyToBeFound(writes)).orElseThrow(() -> erased);
        }
        append.impossible().ifPresent(stream -> {
            throw new VersionConflictException(stream.id(), stream.expected(), streamVersion(stream.id()));
        });
        if (append.isTagged()) {
            checkTags();
            checkComplete(writes);
        }
        Optional<CallersConnection> callers = connections.callersConnection();
        AppendResult outcome = callers.isPresent() ? appendJoined(callers.get(), append) : appendOwn(append);
        if (outcome instanceof AppendResult.Written written) {
            MovedGuards.tell(listener, written.moved());
            if (!written.slice().events().isEmpty()) {
                tellListener(callers.isPresent());
            }
            return written.slice();
        }
        if (outcome instanceof AppendResult.Found found) {
            return found.slice();
        }
        if (outcome instanceof AppendResult.Conflict conflict) {
            if (conflict.conflict() instanceof BoundaryConflictException moved) {
                MovedGuards.tell(listener, append, moved);
            }
            // Thrown outside any transaction of ours, so that the caller's transaction can continue.
            throw conflict.conflict();
        }
        throw new IllegalStateException("An append ended as " + outcome);
    }

    private void checkTags() {
        if (tagTables.areKnown()) {
            return;
        }
        try {
            connections.joinOrOwn(connection -> {
                tagTables.check(connection);
                return true;
            });
        } catch (SQLException e) {
            throw failed("Reading the version of the tables", e);
        }
    }

    /**
     * Refuses a boundary that claims that nothing was ever there, and that no store of this process has read, if it
     * rests on tags that a backfill is giving to stored events: no row shows which events still lack their tags. A read
     * would have been refused.
     */
    private void checkComplete(StreamWrites writes) {
        Set<String> names = new TreeSet<>();
        for (Boundary boundary : writes.boundaries()) {
            for (int i = 0; i < boundary.guardRows().size(); i++) {
                if (!boundary.wasRead()
                        && boundary.seen(boundary.guardRows().get(i)).version() == 0) {
                    boundary.query().items().get(i).tags().forEach(tag -> names.add(tag.name()));
                }
            }
        }
        if (names.isEmpty()) {
            return;
        }
        Map<String, Boolean> told = tagNames();
        for (String name : names) {
            if (!told.getOrDefault(name, true)) {
                throw new TagsIncompleteException(name);
            }
        }
    }

    /**
     * The names of tags that a {@link TagBackfill} has worked on, each with whether the backfill has ended. All other
     * names are complete, and all names are if the tables hold no tags.
     *
     * @throws EventStoreException if the database cannot be read
     */
    public Map<String, Boolean> tagNames() {
        try {
            return connections.joinOrOwn(connection ->
                    tagTables.hold(connection) ? dialect.tags().names(connection) : Map.<String, Boolean>of());
        } catch (SQLException e) {
            throw failed("Reading the names of tags", e);
        }
    }

    private void tellListener(boolean joined) {
        if (joined) {
            TransactionAppends.note(listener);
        } else {
            Callback.APPEND_LISTENER.run(listener::eventsCommitted);
        }
    }

    private AppendResult appendOwn(SerializedAppend append) {
        AppendResult outcome = ownAppends.append(append);
        return outcome instanceof AppendResult.Conflict && isToldByIds(append)
                ? ownAppends.findStored(append).orElse(outcome)
                : outcome;
    }

    /** The result of an append that cannot be sent again, as if it were a repetition. */
    private Optional<EventStreamSlice> storedBefore(SerializedAppend append) {
        if (!uniqueIds && !append.isRefusedTheSecondTime()) {
            return Optional.empty();
        }
        try {
            return connections
                    .joinOrOwn(connection -> dialect.stored().find(connection, append))
                    .flatMap(result -> result instanceof AppendResult.Found found
                            ? Optional.of(found.slice()).filter(append::isCarriedOutBy)
                            : Optional.empty());
        } catch (SQLException e) {
            throw failed("Looking for an append", e);
        }
    }

    /** Whether the store recognises a repetition of this append only by its ids, not by its expected versions. */
    private boolean isToldByIds(SerializedAppend append) {
        return uniqueIds && !append.isRefusedTheSecondTime();
    }

    private AppendResult appendJoined(CallersConnection callers, SerializedAppend append) {
        if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
        if (!append.entries().isEmpty()) {
            callers.checkGuards();
        }
        try {
            return callers.write(
                    connection -> {
                        // Before the append is sent: the unique index would end the transaction.
                        Optional<AppendResult> found =
                                isToldByIds(append) ? dialect.stored().find(connection, append) : Optional.empty();
                        return found.isPresent()
                                ? found.get()
                                : dialect.appends().appendJoined(connection, append);
                    },
                    outcome -> outcome instanceof AppendResult.Written written
                            ? dialect.marks().of(append, written.slice())
                            : Optional.empty());
        } catch (SQLException e) {
            // The event was stored between the two statements, or after the snapshot of the transaction: the next one
            // will find it.
            boolean repetition = isToldByIds(append) && dialect.classify(e) == Failure.DUPLICATE;
            throw repetition ? Failure.TRANSIENT.toException("The append", e) : failed("The append", e);
        }
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        try {
            return streams.read(Map.copyOf(streamsAfter), eventType, new EventDecoder(serializer));
        } catch (SQLException e) {
            throw failed("Reading streams", e);
        }
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        return internals.readStored(filter, page).decode(filter, eventType);
    }

    @Override
    public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
        return QueriedEvents.of(internals.readMatching(query, eventType, Optional.empty()), query, eventType);
    }

    private Set<String> typeNames(EventFilter filter) {
        Set<String> names = new HashSet<>();
        filter.types().forEach(type -> names.addAll(serializer.storedNames(type)));
        return names;
    }

    @Override
    public GlobalPosition lastPosition() {
        try {
            return GlobalPosition.of(connections.own(dialect.log()::lastPosition));
        } catch (SQLException e) {
            throw failed("Reading the last position of the log", e);
        }
    }

    @Override
    public Optional<AppendInFlight> oldestAppendInFlight() {
        try {
            return connections.own(dialect.log()::oldestInFlight);
        } catch (SQLException e) {
            throw failed("Looking for appends in flight", e);
        }
    }

    /**
     * The current version of the tables, by one short read on its own connection: a script may have been run since the
     * store was built.
     *
     * @throws SchemaException if the settings are missing
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public int schemaVersion() {
        try {
            return connections
                    .own(connection -> SchemaSettings.read(connection, dialect.names(), dialect.expressions()))
                    .orElseThrow(() -> SchemaSettings.missing(dialect))
                    .version();
        } catch (SQLException e) {
            throw failed("Reading the version of the tables", e);
        }
    }

    @Override
    public StreamVersion streamVersion(StreamId streamId) {
        Objects.requireNonNull(streamId, "streamId");
        try {
            return connections.joinOrOwn(connection -> {
                try (PreparedStatement query = dialect.streams().selectVersion(connection, streamId);
                        ResultSet row = query.executeQuery()) {
                    return row.next() ? StreamVersion.of(row.getLong(1)) : StreamVersion.NONE;
                }
            });
        } catch (SQLException e) {
            throw failed("Reading the version of stream '" + streamId + "'", e);
        }
    }

    @Override
    public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
        String after = page.after().map(StreamId::value).orElse("");
        try {
            return connections.joinOrOwn(connection -> {
                List<StreamId> ids = new ArrayList<>();
                try (PreparedStatement query =
                                dialect.streams().selectIds(connection, prefix.value(), after, page.limit());
                        ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        ids.add(ForeignIds.read(row.getString(1)));
                    }
                }
                return ids;
            });
        } catch (SQLException e) {
            throw failed("Reading stream ids", e);
        }
    }

    @Override
    public StoreInternals internals() {
        return internals;
    }

    private final class Internals implements StoreInternals {
        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            try {
                EventDecoder decoder = new EventDecoder(serializer);
                StoredPage found = log.read(filter, typeNames(filter), page, decoder);
                // Outside the transaction in which the events are decoded later.
                if (decoder.prepares()) {
                    decoder.prepare(
                            found.events().stream().map(StoredEvent::payload).toList());
                }
                return found;
            } catch (SQLException e) {
                throw failed("Reading the log", e);
            }
        }

        @Override
        public StoredMatches readMatching(
                EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
            EventQuery resolved = query.resolve(serializer::storedNames, eventType);
            Optional<Boundary> before = after.map(boundary -> boundary.resolve(serializer::storedNames));
            if (before.isPresent() && !before.get().query().equals(resolved)) {
                throw new IllegalArgumentException("The boundary to read after is of another query");
            }
            try {
                return tags.read(resolved, before, new EventDecoder(serializer));
            } catch (SQLException e) {
                throw failed("Reading tags", e);
            }
        }

        @Override
        public Predicate<StoredEvent> matching(EventFilter filter) {
            return filter.matchingNames(typeNames(filter));
        }

        @Override
        public Optional<EventRoundTrip> roundTrip() {
            // With a routing data source, no thread may continue from what another thread appends.
            return connections.isRouting()
                    ? Optional.empty()
                    : Optional.of(new SerializerRoundTrip(forms, new EventDecoder(serializer)));
        }

        @Override
        public String readingKey() {
            return serializer.readingKey();
        }

        @Override
        public boolean joinsCallersTransaction() {
            return connections.inCallersTransaction();
        }
    }

    private EventStoreException failed(String action, SQLException e) {
        return dialect.failed(action, e);
    }

    /**
     * Settings of a store. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private static final long DEFAULT_READ_BYTES = 4L * 1024 * 1024;

        private final JdbcDatabase database;
        private final EventSerializer serializer;
        private AppendLimits limits = AppendLimits.defaults();
        private AppendListener listener = AppendListener.none();
        private GroupCommitSettings groupCommit = GroupCommitSettings.defaults();
        private boolean checksTags;
        private boolean streamsFromReplica;
        private OwnAppends.Pause settlingPause = Thread::sleep;
        private long readBytes = DEFAULT_READ_BYTES;

        Builder(JdbcDatabase database, EventSerializer serializer) {
            this.database = database;
            this.serializer = Objects.requireNonNull(serializer, "serializer");
        }

        /** How large one append may be. */
        public Builder limits(AppendLimits appendLimits) {
            this.limits = Objects.requireNonNull(appendLimits, "limits");
            return this;
        }

        /** The listener that hears of events that this store has committed. */
        public Builder appendListener(AppendListener appendListener) {
            this.listener = Objects.requireNonNull(appendListener, "appendListener");
            return this;
        }

        /**
         * Checks, when the store is built, that the tables hold tags: for a store whose events carry them. Otherwise
         * the first append or read with tags checks it.
         */
        public Builder checkTags() {
            this.checksTags = true;
            return this;
        }

        /**
         * Whether and how appends that wait at the same time share a transaction. With a routing data source they never
         * do: it chooses the database by the calling thread, but one thread sends what other threads append.
         */
        public Builder groupCommit(GroupCommitSettings settings) {
            this.groupCommit = Objects.requireNonNull(settings, "groupCommit");
            return this;
        }

        /**
         * Upper limit for the bytes of payload and metadata that one read holds at once, by default 4 MiB. It limits a
         * page of the log, and what is fetched ahead of a stream. A larger event is read alone.
         *
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder readBytes(long bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("readBytes must be at least 1, is " + bytes);
            }
            this.readBytes = bytes;
            return this;
        }

        /**
         * Also reads long streams from the database's replica, if it has one: everything after the first statement,
         * which the primary always answers. A read ends where it would end on the primary and misses nothing.
         */
        public Builder streamsFromReplica() {
            this.streamsFromReplica = true;
            return this;
        }

        /** The pause before another attempt to settle an append; for tests, which do not wait. */
        Builder settlingPause(OwnAppends.Pause pause) {
            this.settlingPause = pause;
            return this;
        }

        /** The store. */
        public JdbcEventStore build() {
            return new JdbcEventStore(this);
        }
    }
}
