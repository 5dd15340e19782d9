package io.eventcore.autoconfigure;

import io.eventcore.AppendLimits;
import io.eventcore.AppendListener;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.autoconfigure.EventCoreProperties.GroupCommit;
import io.eventcore.autoconfigure.EventCoreProperties.Indexes;
import io.eventcore.autoconfigure.EventCoreProperties.Jdbc;
import io.eventcore.autoconfigure.EventCoreProperties.Limits;
import io.eventcore.autoconfigure.EventCoreProperties.SchemaInitialization;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.internal.OwnThreads;
import io.eventcore.jdbc.GroupCommitSettings;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.JdbcSubjectKeyStore;
import io.eventcore.jdbc.OptionalIndex;
import io.eventcore.personaldata.KeyWrapping;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import java.sql.DatabaseMetaData;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.EmbeddedDatabaseConnection;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.jdbc.support.MetaDataAccessException;

/**
 * Auto-configuration of the event store in the application's database.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = EventCoreSerializationAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration"
        })
@ConditionalOnClass({JdbcOperations.class, EmbeddedDatabaseConnection.class})
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnMissingBean(EventStore.class)
@ConditionalOnEventStore(Store.JDBC)
@Import(DatabaseInitializationDependencyConfigurer.class)
public final class EventCoreJdbcAutoConfiguration {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreJdbcAutoConfiguration.class);

    EventCoreJdbcAutoConfiguration() {}

    @Bean
    DataSources eventCoreDataSources(
            @EventCoreDataSource ObjectProvider<DataSource> marked,
            ObjectProvider<DataSource> all,
            ObjectProvider<DataSourcePoolMetadataProvider> pools,
            ListableBeanFactory beans) {
        return new DataSources(marked, all, pools, beans);
    }

    @Bean
    @ConditionalOnMissingBean
    JdbcSchema eventStoreSchema(EventCoreProperties properties, DataSources dataSources) {
        Jdbc jdbc = properties.jdbc();
        DataSource dataSource = dataSources.single();
        checkNames(dataSource, jdbc);
        return schema(dataSource, jdbc.schema(), jdbc.tablePrefix(), jdbc.indexes());
    }

    static JdbcSchema schema(DataSource dataSource, String schema, String tablePrefix, Indexes indexes) {
        return JdbcSchema.in(dataSource, schema, tablePrefix).with(indexes(indexes));
    }

    /** The store refuses more names than the properties do: the reserved words of any supported database. */
    private static void checkNames(DataSource dataSource, Jdbc jdbc) {
        checkName("eventcore.jdbc.schema", jdbc.schema(), name -> JdbcSchema.in(dataSource, name, "eventcore_"));
        checkName("eventcore.jdbc.table-prefix", jdbc.tablePrefix(), name -> JdbcSchema.in(dataSource, "", name));
    }

    static void checkName(String property, String name, Consumer<String> tables) {
        try {
            tables.accept(name);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(property, name, e.getMessage());
        }
    }

    @Bean
    @ConditionalOnMissingBean
    EventStoreSchemaInitializer eventStoreSchemaInitializer(
            EventCoreProperties properties, DataSources dataSources, JdbcSchema schema) {
        return new EventStoreSchemaInitializer(
                schema, isCreated(dataSources.single(), properties.jdbc().initializeSchema()));
    }

    static boolean isCreated(DataSource dataSource, SchemaInitialization when) {
        return when == SchemaInitialization.ALWAYS
                || (when == SchemaInitialization.EMBEDDED && EmbeddedDatabaseConnection.isEmbedded(dataSource));
    }

    private static OptionalIndex[] indexes(Indexes indexes) {
        Set<OptionalIndex> wanted = EnumSet.noneOf(OptionalIndex.class);
        if (indexes.eventType()) {
            wanted.add(OptionalIndex.EVENT_TYPE);
        }
        if (indexes.eventId()) {
            wanted.add(OptionalIndex.EVENT_ID);
        }
        return wanted.toArray(OptionalIndex[]::new);
    }

    @Bean
    ReplicaConnections eventCoreReplicaConnections(
            EventCoreProperties properties, @EventCoreReplica ObjectProvider<DataSource> marked) {
        return ReplicaConnections.of(marked, properties.jdbc().replica());
    }

    /** Inspected once, after the tables were created, for all stores in it. */
    @Bean
    @DependsOnDatabaseInitialization
    @ConditionalOnMissingBean
    JdbcDatabase eventStoreDatabase(
            EventCoreProperties properties, DataSources dataSources, ReplicaConnections replica) {
        DataSource dataSource = dataSources.single();
        Jdbc jdbc = properties.jdbc();
        warnIfEventsAreLost(dataSource);
        checkNames(dataSource, jdbc);
        JdbcDatabase.Builder database =
                database(dataSource, jdbc.schema(), jdbc.tablePrefix(), dataSources.poolSize(), jdbc.validateSchema());
        replica.dataSource().ifPresent(database::replica);
        return database.build();
    }

    static JdbcDatabase.Builder database(
            DataSource dataSource, String schema, String tablePrefix, OptionalInt poolSize, boolean validate) {
        JdbcDatabase.Builder database =
                JdbcDatabase.builder(dataSource).schema(schema).tablePrefix(tablePrefix);
        poolSize.ifPresent(database::poolSize);
        return validate ? database : database.withoutSchemaCheck();
    }

    @Bean
    EventStore eventStore(
            EventCoreProperties properties,
            JdbcDatabase database,
            EventSerializer serializer,
            ObjectProvider<EventTypes> types,
            ObjectProvider<AppendListener> listeners) {
        return store(
                properties,
                database,
                serializer,
                types.stream().toList(),
                listeners.orderedStream().toList());
    }

    static EventStore store(
            EventCoreProperties properties,
            JdbcDatabase database,
            EventSerializer serializer,
            List<EventTypes> types,
            List<AppendListener> listeners) {
        JdbcEventStore.Builder store = database.eventStoreBuilder(serializer);
        if (properties.jdbc().validateSchema() && types.stream().anyMatch(EventCoreJdbcAutoConfiguration::areTagged)) {
            store.checkTags();
        }
        return store.limits(limits(properties.limits()))
                .appendListener(AppendListener.all(listeners))
                .readBytes(properties.jdbc().readBytes().toBytes())
                .groupCommit(groupCommit(properties.jdbc().groupCommit()))
                .build();
    }

    private static boolean areTagged(EventTypes types) {
        return types.types().stream()
                .anyMatch(type -> !EventTag.namesMarkedOn(type).isEmpty());
    }

    private static GroupCommitSettings groupCommit(GroupCommit settings) {
        return (settings.enabled() ? GroupCommitSettings.defaults() : GroupCommitSettings.off())
                .withMaxEvents(settings.maxEvents())
                .withMaxBytes(settings.maxBytes().toBytes());
    }

    @Bean
    @ConditionalOnMissingBean(ExecutedCommands.class)
    ExecutedCommands executedCommands(JdbcDatabase database) {
        return database.executedCommands();
    }

    @Bean
    @ConditionalOnMissingBean(SnapshotStore.class)
    SnapshotStore snapshotStore(JdbcDatabase database) {
        return database.snapshotStore();
    }

    @Bean
    @ConditionalOnMissingBean(SubjectKeyStore.class)
    @ConditionalOnBean(KeyWrapping.class)
    JdbcSubjectKeyStore subjectKeyStore(JdbcDatabase database, KeyWrapping wrapping) {
        return database.subjectKeyStore(wrapping);
    }

    @Bean
    @ConditionalOnMissingBean(ProjectionStore.class)
    ProjectionStore projectionStore(JdbcDatabase database) {
        return database.projectionStore();
    }

    @Bean
    @ConditionalOnMissingBean
    EventExport eventExport(JdbcDatabase database) {
        return EventExport.from(database.storedLog());
    }

    @Bean
    @ConditionalOnMissingBean
    EventImport eventImport(JdbcDatabase database) {
        return EventImport.into(database.storedLog());
    }

    static AppendLimits limits(Limits limits) {
        return AppendLimits.defaults()
                .withEvents(limits.maxEvents())
                .withPayloadBytes(Math.toIntExact(limits.maxPayload().toBytes()))
                .withMetadataBytes(Math.toIntExact(limits.maxMetadata().toBytes()));
    }

    static void warnIfEventsAreLost(DataSource dataSource) {
        try {
            String url = JdbcUtils.extractDatabaseMetaData(dataSource, DatabaseMetaData::getURL);
            // A driver may not reveal its URL.
            if (String.valueOf(url).startsWith("jdbc:h2:mem:")) {
                LOG.warn("Events are kept in an H2 database in memory and are lost when the application ends."
                        + " Set spring.datasource.url to keep them.");
            }
        } catch (MetaDataAccessException e) {
            LOG.debug("The database does not reveal its URL", OwnThreads.redacted(e));
        }
    }
}
