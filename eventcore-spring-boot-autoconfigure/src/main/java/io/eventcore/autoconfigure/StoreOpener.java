package io.eventcore.autoconfigure;

import io.eventcore.AppendListener;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.autoconfigure.EventCoreProperties.Jdbc;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandListener;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.HotStreamSettings;
import io.eventcore.command.MetadataContributor;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.micrometer.TraceMetadata;
import io.eventcore.personaldata.KeyWrapping;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.UnknownTypeListener;
import io.eventcore.serialization.Upcaster;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import java.sql.Connection;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.jdbc.support.MetaDataAccessException;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.json.JsonMapper;

/**
 * Creates all objects of one of several stores. All stores share values and listeners. Each store has its own object
 * for everything that knows a database, remembers streams or keys, or runs.
 */
final class StoreOpener {
    private static final boolean POSTGRESQL =
            ClassUtils.isPresent("org.postgresql.PGConnection", StoreOpener.class.getClassLoader());

    private final EventCoreProperties properties;
    private final ForeignTransactions foreign;
    private final StoreInstruments.Factory instruments;
    private final Shared shared;

    /** The store that owns tables, by database, schema and prefix. */
    private final Map<List<String>, String> tables = new HashMap<>();

    /** The beans that all stores use. Requested at once: threads that open stores must not create beans. */
    private record Shared(
            List<DataSourcePoolMetadataProvider> pools,
            @Nullable KeyWrapping wrapping,
            EventTypes types,
            @Nullable EventSerializer serializer,
            JsonMapper json,
            List<Upcaster> upcasters,
            List<UnknownTypeListener> unknownTypes,
            List<AppendListener> appends,
            List<CommandListener> commands,
            List<ProjectionListener> projections,
            @Nullable SnapshotListener snapshots,
            @Nullable SnapshotSettings snapshotSettings,
            RetryPolicy retryPolicy,
            HotStreamSettings hotStreams,
            WarmStreamSettings warmStreams,
            List<MetadataContributor> contributors,
            Clock clock,
            List<ProjectionRunnerCustomizer> customizers,
            boolean virtualThreads) {
        static Shared of(EventCoreProperties properties, ListableBeanFactory beans, Environment environment) {
            return new Shared(
                    list(beans, DataSourcePoolMetadataProvider.class),
                    beans.getBeanProvider(KeyWrapping.class).getIfAvailable(),
                    beans.getBean(EventTypes.class),
                    beans.getBeanProvider(EventSerializer.class).getIfAvailable(),
                    beans.getBean(StoredJson.class).mapper(),
                    list(beans, Upcaster.class),
                    list(beans, UnknownTypeListener.class),
                    list(beans, AppendListener.class),
                    list(beans, CommandListener.class),
                    list(beans, ProjectionListener.class),
                    beans.getBeanProvider(SnapshotListener.class).getIfAvailable(),
                    beans.getBeanProvider(SnapshotSettings.class).getIfAvailable(),
                    beans.getBeanProvider(RetryPolicy.class)
                            .getIfAvailable(() -> EventCoreCommandAutoConfiguration.retryPolicy(
                                    properties.retry(), list(beans, RetryPolicyCustomizer.class))),
                    beans.getBeanProvider(HotStreamSettings.class)
                            .getIfAvailable(() -> EventCoreCommandAutoConfiguration.hotStreams(properties.commands())),
                    warmStreams(properties, beans),
                    contributors(properties, beans),
                    EventCoreClock.of(beans.getBeanProvider(EventCoreClock.class)),
                    list(beans, ProjectionRunnerCustomizer.class),
                    Threading.VIRTUAL.isActive(environment));
        }

        private static <T> List<T> list(ListableBeanFactory beans, Class<T> type) {
            return beans.getBeanProvider(type).orderedStream().toList();
        }

        /** The limit for remembered events holds for all stores together. */
        private static WarmStreamSettings warmStreams(EventCoreProperties properties, ListableBeanFactory beans) {
            WarmStreamSettings all = beans.getBeanProvider(WarmStreamSettings.class)
                    .getIfAvailable(() -> EventCoreCommandAutoConfiguration.warmStreams(properties.commands()));
            return all.enabled()
                    ? all.withMaxBytes(
                            Math.max(1, all.maxBytes() / properties.stores().size()))
                    : all;
        }

        private static List<MetadataContributor> contributors(
                EventCoreProperties properties, ListableBeanFactory beans) {
            List<MetadataContributor> contributors = new ArrayList<>(list(beans, MetadataContributor.class));
            // A tracing library, or the application, may have declared another one as a bean.
            boolean traced = contributors.stream().anyMatch(EventCoreCommandAutoConfiguration::tellsOfTraces);
            if (properties.commands().traceMetadata() && !traced) {
                contributors.add(new TraceMetadata());
            }
            return contributors;
        }
    }

    StoreOpener(
            EventCoreProperties properties,
            ListableBeanFactory beans,
            Environment environment,
            ForeignTransactions foreign,
            StoreInstruments.Factory instruments) {
        this.properties = properties;
        this.shared = Shared.of(properties, beans, environment);
        this.foreign = foreign;
        this.instruments = instruments;
    }

    /**
     * Inspects the database of a store, creates its tables if configured, and creates the objects of the store; starts
     * nothing.
     *
     * @throws EventStoreUnavailableException if the database cannot be reached
     * @throws io.eventcore.jdbc.SchemaException if its tables are missing or of another version
     */
    OpenedStore open(String name, StorePlace place) {
        Jdbc jdbc = properties.jdbc();
        DataSource dataSource = place.dataSource();
        refuseTablesOfAnother(name, place);
        JdbcSchema schema =
                EventCoreJdbcAutoConfiguration.schema(dataSource, place.schema(), place.tablePrefix(), jdbc.indexes());
        if (EventCoreJdbcAutoConfiguration.isCreated(dataSource, jdbc.initializeSchema())) {
            schema.create();
        }
        JdbcDatabase database = EventCoreJdbcAutoConfiguration.database(
                        dataSource, place.schema(), place.tablePrefix(), connections(place), jdbc.validateSchema())
                .build();
        EventCoreJdbcAutoConfiguration.warnIfEventsAreLost(dataSource);

        StoreInstruments measured = instruments.of(name);
        AppendSignal signal = new AppendSignal();
        Optional<PersonalDataProtection> protection = Optional.ofNullable(shared.wrapping())
                .map(wrapping -> EventCorePersonalDataAutoConfiguration.protection(
                        database.subjectKeyStore(wrapping),
                        properties.personalData(),
                        Math.max(
                                1,
                                properties.personalData().maxKeys()
                                        / properties.stores().size())));
        EventStore bare = new GuardedEventStore(
                EventCoreJdbcAutoConfiguration.store(
                        properties,
                        database,
                        serializer(protection.orElse(null), measured),
                        List.of(shared.types()),
                        and(shared.appends(), Stream.concat(Stream.of(signal), measured.appends().stream()))),
                () -> foreign.refuse(name, TransactionManagers.innermost(dataSource)));
        EventStore events = measured.observed(bare);
        CommandExecutor commands =
                commands(events, GuardedEventStore.guarded(database.executedCommands(), bare), database, measured);
        ProjectionStore progress = database.projectionStore();
        ProjectionRunner runner = runner(name, place, bare, progress, commands, signal, measured);
        OpenedStore opened = new OpenedStore(
                schema,
                database,
                bare,
                events,
                commands,
                progress,
                runner,
                protection,
                protection.map(protecting -> PersonalDataEraser.of(events, protecting)),
                notifications(place, signal));
        measured.measure(opened);
        return opened;
    }

    /** Stores in one data source share its connections: in each, only a part of its share may wait for locks. */
    private OptionalInt connections(StorePlace place) {
        OptionalInt all = poolSize(place.dataSource());
        if (place.sharing() == 1) {
            return all;
        }
        // If the pool does not reveal its size, it might have only one connection for each store.
        return OptionalInt.of(Math.max(1, all.orElse(1) / place.sharing()));
    }

    /** How many connections the pool of a data source has at most; empty if that does not tell. */
    OptionalInt poolSize(DataSource dataSource) {
        return DataSources.poolSize(shared.pools(), dataSource);
    }

    /** Two pools may lead to the same database. */
    private void refuseTablesOfAnother(String name, StorePlace place) {
        List<String> key;
        try {
            key = JdbcUtils.extractDatabaseMetaData(place.dataSource(), metaData -> {
                Connection connection = metaData.getConnection();
                return List.of(
                        // Parameters of the connection do not make it another database.
                        String.valueOf(metaData.getURL()).replaceFirst("[?;].*", ""),
                        place.schema().isEmpty() ? String.valueOf(connection.getSchema()) : place.schema(),
                        place.tablePrefix());
            });
        } catch (MetaDataAccessException e) {
            throw new EventStoreUnavailableException("The event store's database cannot be used", e);
        }
        synchronized (tables) {
            String other = tables.putIfAbsent(key, name);
            if (other != null && !other.equals(name)) {
                throw new IllegalStateException("Event stores '" + other + "' and '" + name
                        + "' use the same tables of one database: separate them with eventcore.stores." + name
                        + ".table-prefix or .schema");
            }
        }
    }

    private EventSerializer serializer(@Nullable PersonalDataProtection protection, StoreInstruments measured) {
        EventSerializer ofApplication = shared.serializer();
        if (ofApplication != null) {
            return ofApplication;
        }
        List<UnknownTypeListener> listeners = and(shared.unknownTypes(), measured.unknownTypes().stream());
        return EventCoreSerializationAutoConfiguration.serializer(
                shared.types(),
                shared.json(),
                shared.upcasters(),
                protection,
                properties.serialization(),
                listeners::stream);
    }

    private CommandExecutor commands(
            EventStore events, ExecutedCommands executed, JdbcDatabase database, StoreInstruments measured) {
        CommandExecutor.Builder executor = CommandExecutor.builder(events)
                .retryPolicy(shared.retryPolicy())
                .hotStreams(shared.hotStreams())
                .warmStreams(shared.warmStreams())
                .jsonMapper(shared.json())
                .metadataContributors(shared.contributors())
                .listener(CommandListener.all(and(shared.commands(), measured.commands().stream())))
                .clock(shared.clock())
                .executedCommands(executed);
        if (properties.snapshots().enabled()) {
            executor.snapshots(database.snapshotStore(), snapshots(measured));
        }
        return executor.build();
    }

    private SnapshotSettings snapshots(StoreInstruments measured) {
        SnapshotSettings ofApplication = shared.snapshotSettings();
        SnapshotListener listener = shared.snapshots();
        return ofApplication != null
                ? ofApplication
                : EventCoreCommandAutoConfiguration.snapshots(
                        properties.snapshots(),
                        listener != null ? listener : measured.snapshots().orElseGet(SnapshotListener::none));
    }

    private ProjectionRunner runner(
            String name,
            StorePlace place,
            EventStore bare,
            ProjectionStore progress,
            CommandExecutor commands,
            AppendSignal signal,
            StoreInstruments measured) {
        ProjectionRunner.Builder runner = EventCoreProjectionAutoConfiguration.runner(properties, bare, progress)
                .listener(ProjectionListener.all(and(shared.projections(), measured.projections().stream())))
                .wokenBy(signal)
                .transactionManager(place.transactionManager());
        if (!shared.virtualThreads()) {
            runner.threads(EventCoreProjectionAutoConfiguration.platformThreads("eventcore-" + name + "-projection-"));
        }
        place.setup().projections().forEach(runner::projection);
        for (Reaction<?> reaction : place.setup().reactions()) {
            runner.projection(Reaction.asProjection(reaction, commands));
        }
        shared.customizers().forEach(customizer -> customizer.customize(runner));
        return runner.build();
    }

    private Optional<PostgreSqlNotifications> notifications(StorePlace place, AppendSignal signal) {
        return properties.projections().notifications() && POSTGRESQL
                ? Optional.of(new PostgreSqlNotifications(place.dataSource(), place.tablePrefix(), signal))
                : Optional.empty();
    }

    /** First the application's beans, then ours. */
    private static <T> List<T> and(List<T> ofApplication, Stream<? extends T> ours) {
        return Stream.<T>concat(ofApplication.stream(), ours).toList();
    }
}
