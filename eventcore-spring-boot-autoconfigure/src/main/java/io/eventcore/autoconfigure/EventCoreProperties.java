package io.eventcore.autoconfigure;

import io.eventcore.serialization.UnknownTypes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * The settings of eventcore.
 *
 * @param enabled whether to configure eventcore in this application
 * @param store which event store to use; 'auto' uses the application's database if it has one
 * @param eventPackages packages to search for event classes, subpackages included; by default the packages of the
 *     application
 * @param showExceptionText whether messages and log lines include the text of exceptions, which may quote events; for
 *     development only
 * @param serialization the stored form of events
 * @param personalData how personal data in events is protected, so that it can be erased
 * @param jdbc settings of the store in a database
 * @param limits how large one append may be
 * @param retry how commands are retried after a conflict
 * @param commands how commands are executed, and what they store beside their events
 * @param snapshots when the states of commands are stored
 * @param projections how projections run
 * @param metrics what is measured
 * @param health the limits beyond which the health reports a problem
 * @param endpoint what the actuator endpoint shows
 * @param applicationEvents whether committed events are published to the listeners of the application
 * @param kafka where committed events are sent
 * @param stores several named event stores in one application, for tenants or shards
 * @param web how requests over HTTP see the events of earlier commands, and how failures are answered
 * @since 0.1
 */
@ConfigurationProperties("eventcore")
public record EventCoreProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("auto") Store store,
        @DefaultValue List<String> eventPackages,
        @DefaultValue("false") boolean showExceptionText,
        @DefaultValue Serialization serialization,
        @DefaultValue PersonalData personalData,
        @DefaultValue Jdbc jdbc,
        @DefaultValue Limits limits,
        @DefaultValue Retry retry,
        @DefaultValue Commands commands,
        @DefaultValue Snapshots snapshots,
        @DefaultValue Projections projections,
        @DefaultValue Metrics metrics,
        @DefaultValue Health health,
        @DefaultValue Endpoint endpoint,
        @DefaultValue ApplicationEvents applicationEvents,
        @DefaultValue Kafka kafka,
        @DefaultValue Map<String, NamedStore> stores,
        @DefaultValue Web web) {
    private static final Duration LONGEST_INTERVAL = Duration.ofDays(3650);

    /** Part of names of meters, threads and paths, so that no other character has to be escaped anywhere. */
    private static final Pattern STORE_NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

    /** Checks the names of stores. */
    public EventCoreProperties {
        stores.forEach((name, named) -> {
            check(isStoreName(name), "eventcore.stores", name, "must match " + STORE_NAME);
            named.check("eventcore.stores." + name);
        });
        stores = Map.copyOf(stores);
    }

    static boolean isStoreName(String name) {
        return STORE_NAME.matcher(name).matches();
    }

    /** The event stores to choose from. */
    public enum Store {
        /** The application's database if it has one data source, memory if it has none. */
        AUTO,

        /** The application's database. */
        JDBC,

        /** Memory: events are lost when the application ends. */
        IN_MEMORY
    }

    /** When the tables are created. */
    public enum SchemaInitialization {
        /** At every start, if they are missing. */
        ALWAYS,

        /** At every start of a database in memory, if they are missing. */
        EMBEDDED,

        /** Never: the application creates them itself, for example with Flyway. */
        NEVER
    }

    /**
     * The stored form of events.
     *
     * @param deriveEventNames whether an event class without EventType is stored under its simple name; renaming the
     *     class then makes its events unreadable, so for prototypes only
     * @param unknownTypes what a read does with a stored event of an unknown type: throw an error (fail), skip it
     *     (skip), or return a RawEvent if the read asks for Event (raw)
     */
    public record Serialization(
            @DefaultValue("false") boolean deriveEventNames,
            @DefaultValue("fail") UnknownTypes unknownTypes) {}

    /**
     * How personal data in events is protected, so that it can be erased.
     *
     * @param masterKey master key that wraps the keys of persons in the database: an id of your choice, a colon, and 32
     *     random bytes in Base64; keep it secret, and outside the database
     * @param previousMasterKeys earlier master keys of personal data, in the same format as the current one; needed
     *     until the current one wraps all keys
     * @param keysLiveFor how long an instance caches a key of personal data; after an erasure, it may still read the
     *     data for that long
     * @param maxKeys upper limit for the keys of personal data that an instance caches
     */
    public record PersonalData(
            @DefaultValue("") String masterKey,
            @DefaultValue List<String> previousMasterKeys,
            @DefaultValue("5s") Duration keysLiveFor,
            @DefaultValue("10000") int maxKeys) {
        private static final Duration LONGEST_LIFE = Duration.ofHours(1);

        /** Checks the settings. */
        public PersonalData {
            checkInterval("eventcore.personal-data.keys-live-for", keysLiveFor);
            check(
                    keysLiveFor.compareTo(LONGEST_LIFE) <= 0,
                    "eventcore.personal-data.keys-live-for",
                    keysLiveFor,
                    "must not be longer than an hour");
            check(maxKeys >= 1, "eventcore.personal-data.max-keys", maxKeys, "must be at least 1");
        }

        /** Without the keys. */
        @Override
        public String toString() {
            return "PersonalData[keysLiveFor=%s, maxKeys=%d]".formatted(keysLiveFor, maxKeys);
        }
    }

    /**
     * Settings of the store in a database.
     *
     * @param initializeSchema when to create eventcore's tables at the start of the application; an H2 file does not
     *     count as embedded
     * @param validateSchema whether to check the version of eventcore's tables when the application starts
     * @param schema existing schema that holds eventcore's tables; by default the current schema of the connections
     * @param tablePrefix prefix of the names of eventcore's tables; lower-case letters, digits and underscores
     * @param readBytes upper limit for the bytes of events that one read holds in memory at once; a larger event is
     *     read alone
     * @param groupCommit how appends that wait at the same time share a transaction
     * @param indexes indexes to create with the tables, or on existing tables
     * @param replica standbys of the database
     */
    public record Jdbc(
            @DefaultValue("embedded") SchemaInitialization initializeSchema,
            @DefaultValue("true") boolean validateSchema,
            @DefaultValue("") String schema,
            @DefaultValue("eventcore_") String tablePrefix,
            @DefaultValue("4MB") DataSize readBytes,
            @DefaultValue GroupCommit groupCommit,
            @DefaultValue Indexes indexes,
            @DefaultValue Replica replica) {
        /** The rule of the store, checked here so that the message names the property. */
        private static final Pattern IDENTIFIER = Pattern.compile("[a-z_][a-z0-9_]{0,39}");

        /** Checks the names. */
        public Jdbc {
            check(
                    schema.isEmpty() || IDENTIFIER.matcher(schema).matches(),
                    "eventcore.jdbc.schema",
                    schema,
                    "must match " + IDENTIFIER);
            check(
                    IDENTIFIER.matcher(tablePrefix).matches(),
                    "eventcore.jdbc.table-prefix",
                    tablePrefix,
                    "must match " + IDENTIFIER);
            check(readBytes.toBytes() >= 1, "eventcore.jdbc.read-bytes", readBytes, "must be at least 1B");
        }
    }

    /**
     * One of several event stores.
     *
     * @param dataSource name of the DataSource bean that the store uses; behind a routing data source, the store uses
     *     one target
     * @param target key of the store's target in a routing data source; by default the name of the store
     * @param schema schema that holds the tables of this store; by default the value of eventcore.jdbc.schema
     * @param tablePrefix prefix of the names of this store's tables; by default the value of
     *     eventcore.jdbc.table-prefix
     */
    public record NamedStore(
            @DefaultValue("") String dataSource,
            @DefaultValue("") String target,
            @DefaultValue("") String schema,
            @DefaultValue("") String tablePrefix) {
        private void check(String property) {
            EventCoreProperties.check(
                    !dataSource.isBlank(), property + ".data-source", dataSource, "must name a DataSource bean");
            checkIdentifier(property + ".schema", schema);
            checkIdentifier(property + ".table-prefix", tablePrefix);
        }

        private static void checkIdentifier(String property, String name) {
            EventCoreProperties.check(
                    name.isEmpty() || Jdbc.IDENTIFIER.matcher(name).matches(),
                    property,
                    name,
                    "must match " + Jdbc.IDENTIFIER);
        }
    }

    /**
     * Indexes that not every application needs. Created whenever the tables are, so not if {@code initialize-schema} is
     * {@code never}.
     *
     * @param eventType whether to create an index on event types, for reads of the log that select a few types
     * @param eventId whether to create a unique index on event ids, so that a repeated append is recognised in
     *     every case
     */
    public record Indexes(
            @DefaultValue("false") boolean eventType,
            @DefaultValue("false") boolean eventId) {}

    /**
     * Standbys of the database. Readers of the log that are behind catch up from them.
     *
     * @param url JDBC URL of one or more standbys of the PostgreSQL server that holds the events; without it,
     *     everything is read from the primary
     * @param username user that reads events on standbys
     * @param password password of the user that reads events on standbys
     * @param maxConnections upper limit for open connections to standbys
     * @param connectionTimeout how long a reader waits for a connection to a standby before it reads from the primary
     *     instead
     */
    public record Replica(
            @DefaultValue("") String url,
            @DefaultValue("") String username,
            @DefaultValue("") String password,
            @DefaultValue("4") int maxConnections,
            @DefaultValue("1s") Duration connectionTimeout) {
        /** Checks the bounds. */
        public Replica {
            check(maxConnections >= 1, "eventcore.jdbc.replica.max-connections", maxConnections, "must be at least 1");
            check(
                    connectionTimeout.toMillis() >= 250,
                    "eventcore.jdbc.replica.connection-timeout",
                    connectionTimeout,
                    "must be at least 250ms");
        }

        /** Without user and password. */
        @Override
        public String toString() {
            return "Replica[maxConnections=%d, connectionTimeout=%s]".formatted(maxConnections, connectionTimeout);
        }
    }

    /**
     * How appends that wait at the same time share a transaction.
     *
     * @param enabled whether concurrent appends share a transaction; always off behind a routing data source
     * @param maxEvents upper limit for the events of all appends that share a transaction; a larger append is sent
     *     alone
     * @param maxBytes upper limit for the payload and metadata of all appends that share a transaction
     */
    public record GroupCommit(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("512") int maxEvents,
            @DefaultValue("4MB") DataSize maxBytes) {
        /** Checks the bounds. */
        public GroupCommit {
            check(maxEvents >= 1, "eventcore.jdbc.group-commit.max-events", maxEvents, "must be at least 1");
            check(maxBytes.toBytes() >= 1, "eventcore.jdbc.group-commit.max-bytes", maxBytes, "must be at least 1B");
        }
    }

    /**
     * How large one append may be.
     *
     * @param maxEvents upper limit for the events of one append
     * @param maxPayload upper limit for the payload of one event, itself at most 256MB
     * @param maxMetadata upper limit for the metadata of one append, itself at most 16MB
     */
    public record Limits(
            @DefaultValue("10000") int maxEvents,
            @DefaultValue("1MB") DataSize maxPayload,
            @DefaultValue("16KB") DataSize maxMetadata) {
        /** Checks the limits. */
        public Limits {
            check(maxEvents >= 1, "eventcore.limits.max-events", maxEvents, "must be at least 1");
            checkSize("eventcore.limits.max-payload", maxPayload, 256);
            checkSize("eventcore.limits.max-metadata", maxMetadata, 16);
        }

        private static void checkSize(String property, DataSize size, int maxMegabytes) {
            check(
                    size.toBytes() >= 1 && size.compareTo(DataSize.ofMegabytes(maxMegabytes)) <= 0,
                    property,
                    size,
                    "must be at least 1B and at most " + maxMegabytes + "MB");
        }
    }

    /**
     * How commands are retried after a conflict or a transient failure of the store.
     *
     * @param maxAttempts upper limit for the attempts to execute a command, the first one included
     * @param initialDelay delay before the second attempt to execute a command
     * @param multiplier factor by which the delay between two attempts to execute a command grows; 1 for a fixed
     *     delay
     * @param maxDelay upper limit for the delay between two attempts to execute a command
     * @param jitter random variation of the delay between two attempts to execute a command, as a fraction of that
     *     delay from 0 to 1
     * @param budget how long after a command was passed to the executor another attempt may still begin
     */
    public record Retry(
            @DefaultValue("5") int maxAttempts,
            @DefaultValue("10ms") Duration initialDelay,
            @DefaultValue("2") double multiplier,
            @DefaultValue("1s") Duration maxDelay,
            @DefaultValue("0.2") double jitter,
            @DefaultValue("30s") Duration budget) {
        /** Checks the settings. */
        public Retry {
            check(maxAttempts >= 1, "eventcore.retry.max-attempts", maxAttempts, "must be at least 1");
            checkDuration("eventcore.retry.initial-delay", initialDelay);
            check(
                    multiplier >= 1 && Double.isFinite(multiplier),
                    "eventcore.retry.multiplier",
                    multiplier,
                    "must be at least 1");
            checkDuration("eventcore.retry.max-delay", maxDelay);
            check(
                    maxDelay.compareTo(initialDelay) >= 0,
                    "eventcore.retry.max-delay",
                    maxDelay,
                    "must not be below eventcore.retry.initial-delay");
            check(jitter >= 0 && jitter <= 1, "eventcore.retry.jitter", jitter, "must be between 0 and 1");
            checkDuration("eventcore.retry.budget", budget);
        }

        private static void checkDuration(String property, Duration duration) {
            check(!duration.isNegative(), property, duration, "must not be negative");
        }
    }

    /**
     * How commands are executed, and what they store beside their events.
     *
     * @param traceMetadata whether each event stores the ids of the trace and the span in which it was appended, if
     *     there are any
     * @param hotStreams streams that many commands contend for
     * @param warmStreams streams that commands need not read, because they were used recently
     */
    public record Commands(
            @DefaultValue("true") boolean traceMetadata,
            @DefaultValue HotStreams hotStreams,
            @DefaultValue WarmStreams warmStreams) {}

    /**
     * Streams that many commands contend for.
     *
     * @param enabled whether commands that contend for a stream take turns, instead of racing and trying again
     */
    public record HotStreams(@DefaultValue("true") boolean enabled) {}

    /**
     * Streams that commands need not read, because they were used recently.
     *
     * @param enabled whether the events of recently used streams are remembered, so that a command on them needs no
     *     read
     * @param maxSize upper limit for the memory that remembered events of recently used streams take; 0 for a sixteenth
     *     of the maximum heap size
     * @param logCheckedWithin how soon a running application notices that its database was restored from a backup, and
     *     forgets the events it remembers of recently used streams
     */
    public record WarmStreams(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("0B") DataSize maxSize,
            @DefaultValue("1s") Duration logCheckedWithin) {
        /** Checks the numbers. */
        public WarmStreams {
            check(!maxSize.isNegative(), "eventcore.commands.warm-streams.max-size", maxSize, "must not be negative");
            check(
                    !logCheckedWithin.isNegative() && !logCheckedWithin.isZero(),
                    "eventcore.commands.warm-streams.log-checked-within",
                    logCheckedWithin,
                    "must be positive");
        }
    }

    /**
     * When snapshots of the states of commands are stored.
     *
     * @param enabled whether snapshots of the states of commands are stored and used
     * @param afterEvents number of folded events after which a new snapshot of a command's state is stored
     * @param maxUnused number of snapshots of one command class, stored in a row without one being used, after which no
     *     more are stored until one is used
     */
    public record Snapshots(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("100") int afterEvents,
            @DefaultValue("10000") int maxUnused) {
        /** Checks the numbers. */
        public Snapshots {
            check(afterEvents >= 1, "eventcore.snapshots.after-events", afterEvents, "must be at least 1");
            check(maxUnused >= 1, "eventcore.snapshots.max-unused", maxUnused, "must be at least 1");
        }
    }

    /**
     * How projections run.
     *
     * @param enabled whether projections run in this instance of the application
     * @param batchSize upper limit for the events that a projection applies in one transaction; a batch starts with 500
     *     events, and later ones have more while each takes less than 50 ms; a batch outside of a transaction has at
     *     most 500
     * @param lease how long an instance that has stopped responding keeps its projections before another instance takes
     *     over; at least 100 ms
     * @param minPollInterval shortest pause before projections poll the log again, while events of other instances
     *     arrive
     * @param maxPollInterval longest pause before projections poll the log again, while no events arrive
     * @param minRetryDelay delay before the second attempt to apply a failing event
     * @param maxRetryDelay upper limit for the delay between two attempts to apply a failing event
     * @param notifications whether instances notify each other of new events, on PostgreSQL by NOTIFY; each instance
     *     listens on a connection of its own
     */
    public record Projections(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("2000") int batchSize,
            @DefaultValue("10s") Duration lease,
            @DefaultValue("5ms") Duration minPollInterval,
            @DefaultValue("1s") Duration maxPollInterval,
            @DefaultValue("100ms") Duration minRetryDelay,
            @DefaultValue("30s") Duration maxRetryDelay,
            @DefaultValue("false") boolean notifications) {
        /** Checks the numbers. */
        public Projections {
            check(batchSize >= 1, "eventcore.projections.batch-size", batchSize, "must be at least 1");
            checkInterval("eventcore.projections.lease", lease);
            check(lease.toMillis() >= 100, "eventcore.projections.lease", lease, "must be at least 100 ms");
            checkInterval("eventcore.projections.min-poll-interval", minPollInterval);
            checkInterval("eventcore.projections.max-poll-interval", maxPollInterval);
            check(
                    maxPollInterval.compareTo(minPollInterval) >= 0,
                    "eventcore.projections.max-poll-interval",
                    maxPollInterval,
                    "must not be below eventcore.projections.min-poll-interval");
            checkInterval("eventcore.projections.min-retry-delay", minRetryDelay);
            checkInterval("eventcore.projections.max-retry-delay", maxRetryDelay);
            check(
                    maxRetryDelay.compareTo(minRetryDelay) >= 0,
                    "eventcore.projections.max-retry-delay",
                    maxRetryDelay,
                    "must not be below eventcore.projections.min-retry-delay");
        }
    }

    /**
     * What is measured.
     *
     * @param enabled whether appends, reads and commands are observed, if the application has a meter registry
     */
    public record Metrics(@DefaultValue("true") boolean enabled) {}

    /**
     * The limits beyond which the health reports a problem.
     *
     * @param maxLag how long the oldest event may wait to be applied before its projection counts as lagging
     * @param maxAppendAge how long an append may be in flight before the health reports that it holds readers back
     * @param maxParkedStreams how many parked streams a projection may have before it counts as degraded
     * @param maxStandstill how long a projection that is behind may make no progress, for example inside one apply,
     *     before it counts as stuck: the health is then down, and a log line says so
     * @param maxDeadlineDelay how long a deadline of a reaction may be overdue before the reaction counts as degraded
     * @param maxParkedDeadlines how many parked deadlines a reaction may have before it counts as degraded
     */
    public record Health(
            @DefaultValue("1m") Duration maxLag,
            @DefaultValue("10s") Duration maxAppendAge,
            @DefaultValue("0") int maxParkedStreams,
            @DefaultValue("2m") Duration maxStandstill,
            @DefaultValue("1m") Duration maxDeadlineDelay,
            @DefaultValue("0") int maxParkedDeadlines) {
        /** Checks the thresholds. */
        public Health {
            check(!maxLag.isNegative(), "eventcore.health.max-lag", maxLag, "must not be negative");
            check(!maxAppendAge.isNegative(), "eventcore.health.max-append-age", maxAppendAge, "must not be negative");
            check(
                    maxParkedStreams >= 0,
                    "eventcore.health.max-parked-streams",
                    maxParkedStreams,
                    "must not be negative");
            checkInterval("eventcore.health.max-standstill", maxStandstill);
            check(
                    !maxDeadlineDelay.isNegative(),
                    "eventcore.health.max-deadline-delay",
                    maxDeadlineDelay,
                    "must not be negative");
            check(
                    maxParkedDeadlines >= 0,
                    "eventcore.health.max-parked-deadlines",
                    maxParkedDeadlines,
                    "must not be negative");
        }
    }

    /**
     * What the actuator endpoint shows.
     *
     * @param showStreamIds whether the actuator endpoint shows the ids of streams and the tags of events, which may name persons
     * @param showPayloads whether the actuator endpoint shows the payloads of events, and the states of streams made of them; both may contain ids of streams and names of persons
     * @param showMetadata whether the actuator endpoint shows the metadata of events, such as correlation ids and actors
     */
    public record Endpoint(
            @DefaultValue("false") boolean showStreamIds,
            @DefaultValue("false") boolean showPayloads,
            @DefaultValue("false") boolean showMetadata) {}

    /**
     * Whether committed events are published to the listeners of the application.
     *
     * @param enabled whether committed events are published to the listeners of the application
     * @param since events recorded before this time are not published to the listeners of the application
     */
    public record ApplicationEvents(
            @DefaultValue("false") boolean enabled,
            @DefaultValue("1970-01-01T00:00:00Z") Instant since) {}

    /**
     * Where committed events are sent.
     *
     * @param topic Kafka topic that every committed event is sent to; without a topic, nothing is sent
     * @param since events recorded before this time are not sent to Kafka
     */
    public record Kafka(
            @DefaultValue("") String topic,
            @DefaultValue("1970-01-01T00:00:00Z") Instant since) {}

    /**
     * How requests over HTTP see the events of earlier commands, and how failures are answered.
     *
     * @param consistencyToken the header that carries a position of the log
     * @param problemDetails the answers when commands and queries throw exceptions
     */
    public record Web(
            @DefaultValue ConsistencyToken consistencyToken,
            @DefaultValue ProblemDetails problemDetails) {}

    /**
     * The answers when commands and queries throw exceptions.
     *
     * @param enabled whether a request whose command is rejected, conflicts or cannot be stored is answered with a
     *     problem detail and a matching status, unless the application handles the exception itself
     */
    public record ProblemDetails(@DefaultValue("true") boolean enabled) {}

    /**
     * The header that carries a position of the log.
     *
     * @param enabled whether responses to requests that execute commands carry a ConsistencyToken header, and queries
     *     that send it wait for their projections
     * @param timeout how long a query that sends a ConsistencyToken header waits at most for its projections
     * @param behindStatus HTTP status for a query whose projection does not reach the position of its ConsistencyToken
     *     in time
     */
    public record ConsistencyToken(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("2s") Duration timeout,
            @DefaultValue("503") int behindStatus) {
        /** Checks the numbers. */
        public ConsistencyToken {
            check(!timeout.isNegative(), "eventcore.web.consistency-token.timeout", timeout, "must not be negative");
            check(
                    behindStatus >= 400 && behindStatus <= 599,
                    "eventcore.web.consistency-token.behind-status",
                    behindStatus,
                    "must be a status from 400 to 599");
        }
    }

    /** The rule of the projection runner, checked here so that the message names the property. */
    private static void checkInterval(String property, Duration interval) {
        check(!interval.isNegative() && !interval.isZero(), property, interval, "must be positive");
        check(
                interval.compareTo(LONGEST_INTERVAL) <= 0,
                property,
                interval,
                "must not be longer than " + LONGEST_INTERVAL.toDays() + " days");
    }

    private static void check(boolean condition, String property, Object value, String rule) {
        if (!condition) {
            throw new InvalidConfigurationPropertyValueException(property, value, rule);
        }
    }
}
