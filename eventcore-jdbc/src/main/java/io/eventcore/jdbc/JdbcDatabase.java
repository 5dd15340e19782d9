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
 * A database with the tables of an event store, inspected once: PostgreSQL, MariaDB, MySQL or H2. Provides every store
 * that these tables hold.
 *
 * <pre>{@code
 * JdbcDatabase database = JdbcDatabase.of(dataSource);
 * CommandExecutor commands = CommandExecutor.builder(database.eventStore(serializer))
 *         .executedCommands(database.executedCommands())
 *         .build();
 * }</pre>
 *
 * <p>The tables must exist: see {@link JdbcSchema}. All stores of the database share what it knows about the engine,
 * the kind of sessions and the number of connections. Safe for any number of threads.
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
     * The database with the default table names.
     *
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws SchemaException if the tables are missing or of a different version
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public static JdbcDatabase of(DataSource dataSource) {
        return builder(dataSource).build();
    }

    /** Begins a database with settings of your choice. */
    public static Builder builder(DataSource dataSource) {
        return new Builder(dataSource);
    }

    /** The event store, with the default limits and settings. */
    public JdbcEventStore eventStore(EventSerializer serializer) {
        return eventStoreBuilder(serializer).build();
    }

    /** Begins an event store with limits and settings of your choice. */
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
     * The keys with which the personal data of subjects is sealed.
     *
     * @param wrapping protects the keys in the database: {@link io.eventcore.personaldata.MasterKeys}, or a key
     *     management service
     */
    public JdbcSubjectKeyStore subjectKeyStore(KeyWrapping wrapping) {
        return new JdbcSubjectKeyStore(connections, dialect, Objects.requireNonNull(wrapping, "wrapping"));
    }

    /** Commands that were executed under an id. */
    public JdbcExecutedCommands executedCommands() {
        return new JdbcExecutedCommands(connections, dialect, ConnectionShare.quarter(poolSize));
    }

    /**
     * The events in stored form, for export and import; nothing is decoded. An import needs the owner of the tables,
     * because other roles can write only through the functions of the schema.
     */
    public StoredLog storedLog() {
        return new JdbcStoredLog(connections, dialect, keepsIdsUnique());
    }

    /**
     * Gives stored events the tags that their classes declare today. Needs the owner of the tables.
     *
     * @param serializer reads the events
     * @param types the types that it reads; their {@link io.eventcore.Tag} annotations give the names of the tags
     */
    public TagBackfill tagBackfill(EventSerializer serializer, EventTypes types) {
        return TagBackfill.of(connections, dialect, serializer, types);
    }

    /** How many pages of the log came from the replica and from the primary; empty if there is no replica. */
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

    /** The maximum number of connections; empty if unknown. */
    OptionalInt poolSize() {
        return poolSize;
    }

    /**
     * Whether the database keeps event ids unique. With a routing data source, this was checked on one database only.
     */
    boolean keepsIdsUnique() {
        return uniqueIds && !connections.isRouting();
    }

    /**
     * Settings of a database. Not safe for concurrent use.
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

        /**
         * The schema of the tables; by default the current schema of the connections. Lower-case letters, digits and
         * underscores.
         */
        public Builder schema(String name) {
            this.schema = Objects.requireNonNull(name, "schema");
            return this;
        }

        /**
         * The prefix of the names of the tables, by default {@code eventcore_}. Lower-case letters, digits and
         * underscores.
         */
        public Builder tablePrefix(String prefix) {
            this.tablePrefix = Objects.requireNonNull(prefix, "tablePrefix");
            return this;
        }

        /**
         * The maximum number of connections of the data source. At most half of them, and no more than four, wait for
         * streams that other transactions have locked; with a single connection, none does. Commands with an id use
         * another quarter for that. The library detects the size of a HikariCP pool. If you do not set the size of
         * another pool, one connection waits.
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
         * Trusts that the tables exist and have the right version, instead of checking. Use this for tables that are
         * created later; if they are wrong, the first call fails or events are lost.
         */
        public Builder withoutSchemaCheck() {
            this.checksSchema = false;
            return this;
        }

        /**
         * Accepts tables with an unfinished import, to continue it with {@link JdbcDatabase#storedLog()}. Until it
         * ends, no append is possible.
         */
        public Builder acceptUnfinishedImport() {
            this.acceptsUnfinishedImport = true;
            return this;
        }

        /**
         * Standbys of the primary, for readers of the log that are far behind. They read from a standby what is settled
         * on the primary, once the standby has replayed it, and miss nothing. Everything else, and everything that no
         * standby can provide, comes from the primary. PostgreSQL only; its servers must not allow prepared
         * transactions.
         *
         * <p>The library does not use the data source before that. Set a short connection time-out, a second or two: a
         * reader waits that long before it reads from the primary instead.
         *
         * @param standbys connections to any of the standbys
         */
        public Builder replica(DataSource standbys) {
            this.replica = Optional.of(Objects.requireNonNull(standbys, "standbys"));
            return this;
        }

        /**
         * How many events a page must ask for, and the log must have, before a reader asks a standby; for tests with
         * few events.
         */
        Builder smallestReplicaPage(int events) {
            this.smallestReplicaPage = events;
            return this;
        }

        /**
         * The database, after inspecting it and its tables on one connection.
         *
         * @throws IllegalArgumentException if schema or prefix are not valid
         * @throws UnsupportedDatabaseException if the database is of a kind that is not supported, or has a replica and
         *     is not PostgreSQL
         * @throws SchemaException if the tables are missing or of a different version
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
                        "A routing data source cannot have one replica for all of its databases");
            }
            return new Replica(new Connections(standbys), dialect, smallestReplicaPage, System::nanoTime);
        }
    }
}
