package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.personaldata.KeyWrapping;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.transfer.StoredLog;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import javax.sql.DataSource;

/**
 * A database with the tables of an event store, looked at once: PostgreSQL, MariaDB, MySQL or H2. Gives every store that
 * these tables hold.
 *
 * <pre>{@code
 * JdbcDatabase database = JdbcDatabase.of(dataSource);
 * CommandExecutor commands = CommandExecutor.builder(database.eventStore(serializer))
 *         .executedCommands(database.executedCommands())
 *         .build();
 * }</pre>
 *
 * <p>The tables must be there: see {@link JdbcSchema}. Stores of one database know its engine, its kind of sessions and how many
 * connections there are. Safe for any number of threads.
 *
 * @since 0.1
 */
public class JdbcDatabase {
    private final Connections connections;
    private final Dialect dialect;
    private final OptionalInt poolSize;
    private final boolean uniqueIds;
    private final Optional<Replica> replica;

    JdbcDatabase(
            Connections connections,
            Dialect dialect,
            OptionalInt poolSize,
            boolean uniqueIds,
            Optional<Replica> replica) {
        this.connections = connections;
        this.dialect = dialect;
        this.poolSize = poolSize;
        this.uniqueIds = uniqueIds;
        this.replica = replica;
    }

    /**
     * The database with the default names of tables.
     *
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if the tables are missing or of another version
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public static JdbcDatabase of(DataSource dataSource) {
        return builder(dataSource).build();
    }

    /** The database, with the names of its tables still to be chosen. */
    public static Builder builder(DataSource dataSource) {
        return new Builder(dataSource);
    }

    /** The events, with the default limits and settings. */
    public JdbcEventStore eventStore(EventSerializer serializer) {
        return eventStoreBuilder(serializer).build();
    }

    /** The events, with the limits and settings still to be chosen. */
    public JdbcEventStore.Builder eventStoreBuilder(EventSerializer serializer) {
        return new JdbcEventStore.Builder(this, serializer);
    }

    /** Leases, checkpoints, parked streams and deadlines of projections and reactions. */
    public JdbcProjectionStore projectionStore() {
        return new JdbcProjectionStore(dialect, connections);
    }

    /** Snapshots of the state of commands. */
    public JdbcSnapshotStore snapshotStore() {
        return new JdbcSnapshotStore(connections, dialect);
    }

    /**
     * The keys of subjects whose personal data is sealed.
     *
     * @param wrapping protects them in the database: {@link io.eventcore.personaldata.MasterKeys}, or a key management service
     */
    public JdbcSubjectKeyStore subjectKeyStore(KeyWrapping wrapping) {
        return new JdbcSubjectKeyStore(connections, dialect, Objects.requireNonNull(wrapping, "wrapping"));
    }

    /** Commands that were executed under an id. */
    public JdbcExecutedCommands executedCommands() {
        return new JdbcExecutedCommands(connections, dialect, ConnectionShare.quarter(poolSize));
    }

    /**
     * The events as they are stored, to be exported and imported; nothing is decoded. To import takes the owner of the
     * tables, for applications cannot write past the functions of the schema.
     */
    public StoredLog storedLog() {
        return new JdbcStoredLog(connections, dialect, keepsIdsUnique());
    }

    /**
     * Gives events that were stored without them the tags that they say today. Takes the owner of the tables.
     *
     * @param serializer reads the events
     * @param types the types it reads, which tell the names of the tags: those that {@link io.eventcore.Tag} marks
     */
    public TagBackfill tagBackfill(EventSerializer serializer, EventTypes types) {
        return TagBackfill.of(connections, dialect, serializer, types);
    }

    /** Where pages of the log have come from; empty if there is no replica. */
    public Optional<ReplicaStatus> replicaStatus() {
        return replica.map(Replica::status);
    }

    Optional<Replica> replica() {
        return replica;
    }

    Connections connections() {
        return connections;
    }

    Dialect dialect() {
        return dialect;
    }

    /** How many connections there are at most; empty if it is not known. */
    OptionalInt poolSize() {
        return poolSize;
    }

    /** Whether the database keeps event ids unique. If the thread chooses the database, only one of them was asked. */
    boolean keepsIdsUnique() {
        return uniqueIds && !connections.isRouting();
    }

    /**
     * How to find the tables. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final DataSource dataSource;
        private String schema = "";
        private String tablePrefix = TableNames.DEFAULT_PREFIX;
        private OptionalInt poolSize = OptionalInt.empty();
        private boolean checksSchema = true;
        private boolean acceptsUnfinishedImport;
        private Optional<DataSource> replica = Optional.empty();
        private int smallestReplicaPage = Replica.SMALLEST_PAGE;

        private Builder(DataSource dataSource) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
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

        /**
         * How many connections the data source has at most. At most half of them, and no more than four, wait for streams that
         * other transactions have locked; with one connection none does. Commands with an id have a quarter for that, apart.
         * A HikariCP pool tells its size itself. Of another pool that says nothing here, one connection waits.
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

        /**
         * Trusts the tables to be there and of the right version, instead of looking. For tables that are created later; with
         * wrong ones, the first call fails or events are lost.
         */
        public Builder withoutSchemaCheck() {
            this.checksSchema = false;
            return this;
        }

        /**
         * Accepts tables into which an import was begun and not ended: to go on with it by {@link JdbcDatabase#storedLog()}.
         * Until then nothing can be appended to them.
         */
        public Builder acceptUnfinishedImport() {
            this.acceptsUnfinishedImport = true;
            return this;
        }

        /**
         * Standbys of the primary, for readers of the log that have much to catch up with: they are given what is settled on
         * the primary, from a standby that has replayed it, and lack nothing. All else, and what no standby can give, comes from the
         * primary. Only PostgreSQL; its servers must not allow prepared transactions.
         *
         * <p>No connection is taken from it until then. It should give up soon when it has none, within a second or two: so long a
         * reader waits before it turns to the primary.
         *
         * @param standbys connections to standbys, whichever answers
         */
        public Builder replica(DataSource standbys) {
            this.replica = Optional.of(Objects.requireNonNull(standbys, "standbys"));
            return this;
        }

        /** How many events must be wanted, and there, for a standby to be asked; for tests of few events. */
        Builder smallestReplicaPage(int events) {
            this.smallestReplicaPage = events;
            return this;
        }

        /**
         * The database, after a look at it and its tables on one connection.
         *
         * @throws IllegalArgumentException if schema or prefix are not acceptable
         * @throws UnsupportedDatabaseException if the database is of a kind that is not supported, or has a replica and is no
         *     PostgreSQL
         * @throws SchemaException if the tables are missing or of another version
         * @throws EventStoreUnavailableException if the database cannot be reached
         */
        public JdbcDatabase build() {
            Connections connections = new Connections(dataSource);
            JdbcSchema tables = new JdbcSchema(connections, new TableNames(schema, tablePrefix));
            OptionalInt size = poolSize.isPresent() ? poolSize : PoolSize.of(connections.ownDataSource());
            JdbcSchema opened = acceptsUnfinishedImport ? tables.acceptingUnfinishedImport() : tables;
            return opened.open(
                    checksSchema,
                    (dialect, uniqueIds) -> new JdbcDatabase(
                            connections,
                            dialect,
                            size,
                            uniqueIds,
                            replica.map(standbys -> replicaOf(connections, dialect, standbys))));
        }

        private Replica replicaOf(Connections connections, Dialect dialect, DataSource standbys) {
            if (dialect.engine() != Engine.POSTGRESQL) {
                throw new UnsupportedDatabaseException(
                        dialect.engine().name(),
                        "Only PostgreSQL can have a replica for readers of the log; this is " + dialect.engine());
            }
            if (connections.isRouting()) {
                throw new IllegalArgumentException(
                        "A data source that chooses among databases cannot have one replica for all of them");
            }
            return new Replica(new Connections(standbys), dialect, smallestReplicaPage, System::nanoTime);
        }
    }
}
