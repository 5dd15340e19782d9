package io.eventcore.jdbc;

import io.eventcore.AppendInFlight;
import io.eventcore.AppendLimits;
import io.eventcore.AppendListener;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.UndecodedBatch;
import io.eventcore.UndecodedEvent;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.Callback;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializerRoundTrip;
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
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * An event store in a relational database: PostgreSQL, MariaDB, MySQL or H2.
 *
 * <p>An append inside a Spring transaction that holds a connection to the same database joins it. Otherwise it runs on
 * a connection of its own and is committed when the call returns; so does an append from a callback after a commit, for
 * which the transaction manager needs {@link io.eventcore.transaction.TransactionPhase#listener()}. Reading the log
 * never joins.
 *
 * <p>The tables must be there: see {@link JdbcSchema}. Safe for any number of threads.
 *
 * @since 0.1
 */
public class JdbcEventStore implements EventStore {
    private final Dialect dialect;
    private final Connections connections;
    private final EventSerializer serializer;
    private final AppendLimits limits;
    private final AppendListener listener;
    private final OwnAppends ownAppends;
    private final StreamReads streams;
    private final LogReads log;

    /** Whether the database keeps event ids unique. Where the thread chooses the database, only one of them was asked. */
    private final boolean uniqueIds;

    JdbcEventStore(Builder builder, Dialect dialect, Connections connections, boolean uniqueIds) {
        this.uniqueIds = uniqueIds && !connections.isRouting();
        this.dialect = dialect;
        this.connections = connections;
        this.serializer = builder.serializer;
        this.limits = builder.limits;
        this.listener = builder.listener;
        GroupCommitSettings group = connections.isRouting() ? GroupCommitSettings.off() : builder.groupCommit;
        ConnectionShare share = ConnectionShare.half(
                builder.poolSize.isPresent() ? builder.poolSize : PoolSize.of(connections.ownDataSource()));
        this.ownAppends = new OwnAppends(dialect, connections, share, group, builder.settlingPause, builder.listener);
        Payloads payloads = new Payloads(dialect, builder.readBytes);
        this.streams = new StreamReads(dialect, connections, payloads, group.enabled());
        this.log = new LogReads(dialect, connections, payloads);
    }

    /** A store in this database, with the names of tables and the limits still to be chosen. */
    public static Builder builder(DataSource dataSource, EventSerializer serializer) {
        return new Builder(dataSource, serializer);
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        SerializedAppend append = SerializedAppend.of(writes, serializer, limits);
        append.impossible().ifPresent(stream -> {
            throw new VersionConflictException(stream.id(), stream.expected(), streamVersion(stream.id()));
        });
        Optional<CallersConnection> callers = connections.callersConnection();
        AppendOutcome outcome = callers.isPresent() ? appendJoined(callers.get(), append) : appendOwn(append);
        if (outcome instanceof AppendOutcome.Written written) {
            if (!written.slice().events().isEmpty()) {
                tellListener(callers.isPresent());
            }
            return written.slice();
        }
        if (outcome instanceof AppendOutcome.Found found) {
            return found.slice();
        }
        if (outcome instanceof AppendOutcome.Conflict conflict) {
            // Thrown here, outside of any transaction of ours, so that the caller's can go on.
            throw conflict.conflict();
        }
        throw new IllegalStateException("An append ended as " + outcome);
    }

    private void tellListener(boolean joined) {
        if (joined) {
            TransactionAppends.note(listener);
        } else {
            Callback.APPEND_LISTENER.run(listener::eventsCommitted);
        }
    }

    private AppendOutcome appendOwn(SerializedAppend append) {
        AppendOutcome outcome = ownAppends.append(append);
        return outcome instanceof AppendOutcome.Conflict && isToldByIds(append)
                ? ownAppends.findStored(append).orElse(outcome)
                : outcome;
    }

    /** Whether a repetition of this append is recognised by its ids alone, not by the versions it expects. */
    private boolean isToldByIds(SerializedAppend append) {
        return uniqueIds && !append.isRefusedTheSecondTime();
    }

    private AppendOutcome appendJoined(CallersConnection callers, SerializedAppend append) {
        if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
        if (!append.entries().isEmpty()) {
            callers.checkGuards();
        }
        try {
            return callers.write(
                    connection -> {
                        // Before it is sent: the unique index would end the transaction.
                        Optional<AppendOutcome> found =
                                isToldByIds(append) ? dialect.stored().find(connection, append) : Optional.empty();
                        return found.isPresent()
                                ? found.get()
                                : dialect.appends().appendJoined(connection, append);
                    },
                    outcome -> outcome instanceof AppendOutcome.Written written
                            ? dialect.marks().of(append, written.slice())
                            : Optional.empty());
        } catch (SQLException e) {
            // It was stored between the two, or after the snapshot of the transaction: the next one will find it.
            boolean repetition = isToldByIds(append) && dialect.classify(e) == Failure.DUPLICATE;
            throw repetition ? Failure.TRANSIENT.toException("The append", e) : failed("The append", e);
        }
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        try {
            return streams.read(Map.copyOf(streamsAfter), new EventDecoder<>(serializer, eventType));
        } catch (SQLException e) {
            throw failed("Reading streams", e);
        }
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        try {
            return log.read(filter, typeNames(filter), page, new EventDecoder<>(serializer, eventType));
        } catch (SQLException e) {
            throw failed("Reading the log", e);
        }
    }

    @Override
    public UndecodedBatch readUndecoded(EventFilter filter, EventPage page) {
        try {
            return log.readUndecoded(filter, typeNames(filter), page, new EventDecoder<>(serializer, Event.class));
        } catch (SQLException e) {
            throw failed("Reading the log", e);
        }
    }

    @Override
    public Predicate<UndecodedEvent> matching(EventFilter filter) {
        return filter.matchingNames(typeNames(filter));
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
    public Optional<UnaryOperator<Event>> roundTrip() {
        // Where the calling thread chooses the database, nobody may go on from what another thread appends.
        return connections.isRouting() ? Optional.empty() : Optional.of(new SerializerRoundTrip(serializer));
    }

    @Override
    public boolean joinsCallersTransaction() {
        return connections.inCallersTransaction();
    }

    private EventStoreException failed(String action, SQLException e) {
        return dialect.classify(e).toException(action, e);
    }

    /**
     * Settings of a store. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private static final long DEFAULT_READ_BYTES = 4L * 1024 * 1024;

        private final DataSource dataSource;
        private final EventSerializer serializer;
        private String schema = "";
        private String tablePrefix = TableNames.DEFAULT_PREFIX;
        private AppendLimits limits = AppendLimits.defaults();
        private AppendListener listener = AppendListener.none();
        private GroupCommitSettings groupCommit = GroupCommitSettings.defaults();
        private OwnAppends.Pause settlingPause = Thread::sleep;
        private long readBytes = DEFAULT_READ_BYTES;
        private OptionalInt poolSize = OptionalInt.empty();
        private boolean checksSchema = true;

        private Builder(DataSource dataSource, EventSerializer serializer) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
            this.serializer = Objects.requireNonNull(serializer, "serializer");
        }

        /** The schema of the tables; by default the one the connections are in. Lower case, digits, underscores. */
        public Builder schema(String name) {
            this.schema = Objects.requireNonNull(name, "schema");
            return this;
        }

        /** What the names of the tables begin with, by default {@code eventcore_}. Lower case, digits, underscores. */
        public Builder tablePrefix(String prefix) {
            this.tablePrefix = Objects.requireNonNull(prefix, "tablePrefix");
            return this;
        }

        /** How large one append may be. */
        public Builder limits(AppendLimits appendLimits) {
            this.limits = Objects.requireNonNull(appendLimits, "limits");
            return this;
        }

        /** Who is told when events were committed by this store. */
        public Builder appendListener(AppendListener appendListener) {
            this.listener = Objects.requireNonNull(appendListener, "appendListener");
            return this;
        }

        /**
         * Whether and how appends that wait at the same time share a transaction. Never where the data source chooses
         * the database by the calling thread, since one thread sends what others append.
         */
        public Builder groupCommit(GroupCommitSettings settings) {
            this.groupCommit = Objects.requireNonNull(settings, "groupCommit");
            return this;
        }

        /**
         * How many bytes of payload and metadata one read holds at once, by default 4 MiB: a page of the log ends when they
         * are used up, and what is fetched ahead of a stream too. An event that is larger is read alone.
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
         * How many connections the data source has at most. At most half of them, and no more than four, wait for streams that
         * other transactions have locked; with one connection none does. A HikariCP pool tells its size itself. Of another
         * pool that says nothing here, one connection waits.
         *
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder poolSize(int connections) {
            if (connections < 1) {
                throw new IllegalArgumentException("poolSize must be at least 1, is " + connections);
            }
            this.poolSize = OptionalInt.of(connections);
            return this;
        }

        /** How to spend the time before another attempt to settle an append; for tests, which do not wait. */
        Builder settlingPause(OwnAppends.Pause pause) {
            this.settlingPause = pause;
            return this;
        }

        /**
         * Trusts the tables to be there and of the right version, instead of looking when the store is built. For tables
         * that are created later; with wrong ones, the first call fails or events are lost.
         */
        public Builder withoutSchemaCheck() {
            this.checksSchema = false;
            return this;
        }

        /**
         * The store, after a look at the database and its tables.
         *
         * @throws IllegalArgumentException if schema or prefix are not acceptable
         * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
         * @throws SchemaException if the tables are missing or of another version
         * @throws EventStoreUnavailableException if the database cannot be reached
         */
        public JdbcEventStore build() {
            TableNames names = new TableNames(schema, tablePrefix);
            Connections connections = new Connections(dataSource);
            JdbcSchema tables = new JdbcSchema(connections, names);
            Dialect dialect = checksSchema ? tables.check() : tables.trust();
            return new JdbcEventStore(this, dialect, connections, tables.has(OptionalIndex.EVENT_ID));
        }
    }
}
