package io.eventcore.autoconfigure;

import io.eventcore.AppendLimits;
import io.eventcore.AppendListener;
import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.GroupCommit;
import io.eventcore.autoconfigure.EventCoreProperties.Indexes;
import io.eventcore.autoconfigure.EventCoreProperties.Jdbc;
import io.eventcore.autoconfigure.EventCoreProperties.Limits;
import io.eventcore.autoconfigure.EventCoreProperties.SchemaInitialization;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.internal.OwnThreads;
import io.eventcore.jdbc.GroupCommitSettings;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcExecutedCommands;
import io.eventcore.jdbc.JdbcProjectionStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.JdbcSnapshotStore;
import io.eventcore.jdbc.OptionalIndex;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import java.sql.DatabaseMetaData;
import java.util.EnumSet;
import java.util.Set;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
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
        return JdbcSchema.in(dataSources.single(), jdbc.schema(), jdbc.tablePrefix())
                .with(indexes(jdbc.indexes()));
    }

    @Bean
    @ConditionalOnMissingBean
    EventStoreSchemaInitializer eventStoreSchemaInitializer(
            EventCoreProperties properties, DataSources dataSources, JdbcSchema schema) {
        DataSource dataSource = dataSources.single();
        Jdbc jdbc = properties.jdbc();
        boolean create = jdbc.initializeSchema() == SchemaInitialization.ALWAYS
                || (jdbc.initializeSchema() == SchemaInitialization.EMBEDDED
                        && EmbeddedDatabaseConnection.isEmbedded(dataSource));
        return new EventStoreSchemaInitializer(schema, create);
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
    @DependsOnDatabaseInitialization
    EventStore eventStore(
            EventCoreProperties properties,
            DataSources dataSources,
            EventSerializer serializer,
            ObjectProvider<AppendListener> listeners) {
        DataSource dataSource = dataSources.single();
        warnIfEventsAreLost(dataSource);
        JdbcEventStore.Builder store = JdbcEventStore.builder(dataSource, serializer)
                .schema(properties.jdbc().schema())
                .tablePrefix(properties.jdbc().tablePrefix())
                .limits(limits(properties.limits()))
                .appendListener(AppendListener.all(listeners.orderedStream().toList()))
                .readBytes(properties.jdbc().readBytes().toBytes())
                .groupCommit(groupCommit(properties.jdbc().groupCommit()));
        dataSources.poolSize().ifPresent(store::poolSize);
        return (properties.jdbc().validateSchema() ? store : store.withoutSchemaCheck()).build();
    }

    private static GroupCommitSettings groupCommit(GroupCommit settings) {
        return new GroupCommitSettings(
                settings.enabled(), settings.maxEvents(), settings.maxBytes().toBytes());
    }

    @Bean
    @DependsOnDatabaseInitialization
    @ConditionalOnMissingBean(ExecutedCommands.class)
    ExecutedCommands executedCommands(EventCoreProperties properties, DataSources dataSources) {
        DataSource dataSource = dataSources.single();
        Jdbc jdbc = properties.jdbc();
        return jdbc.validateSchema()
                ? JdbcExecutedCommands.in(dataSource, jdbc.schema(), jdbc.tablePrefix())
                : JdbcExecutedCommands.withoutSchemaCheck(dataSource, jdbc.schema(), jdbc.tablePrefix());
    }

    @Bean
    @DependsOnDatabaseInitialization
    @ConditionalOnMissingBean(SnapshotStore.class)
    SnapshotStore snapshotStore(EventCoreProperties properties, DataSources dataSources) {
        DataSource dataSource = dataSources.single();
        Jdbc jdbc = properties.jdbc();
        return jdbc.validateSchema()
                ? JdbcSnapshotStore.in(dataSource, jdbc.schema(), jdbc.tablePrefix())
                : JdbcSnapshotStore.withoutSchemaCheck(dataSource, jdbc.schema(), jdbc.tablePrefix());
    }

    @Bean
    @DependsOnDatabaseInitialization
    @ConditionalOnMissingBean(ProjectionStore.class)
    ProjectionStore projectionStore(EventCoreProperties properties, DataSources dataSources) {
        DataSource dataSource = dataSources.single();
        Jdbc jdbc = properties.jdbc();
        return jdbc.validateSchema()
                ? JdbcProjectionStore.in(dataSource, jdbc.schema(), jdbc.tablePrefix())
                : JdbcProjectionStore.withoutSchemaCheck(dataSource, jdbc.schema(), jdbc.tablePrefix());
    }

    static AppendLimits limits(Limits limits) {
        return new AppendLimits(
                limits.maxEvents(),
                Math.toIntExact(limits.maxPayload().toBytes()),
                Math.toIntExact(limits.maxMetadata().toBytes()));
    }

    private static void warnIfEventsAreLost(DataSource dataSource) {
        try {
            String url = JdbcUtils.extractDatabaseMetaData(dataSource, DatabaseMetaData::getURL);
            // A driver may not know its URL.
            if (String.valueOf(url).startsWith("jdbc:h2:mem:")) {
                LOG.warn("Events are kept in an H2 database in memory and are lost when the application ends."
                        + " Set spring.datasource.url to keep them.");
            }
        } catch (MetaDataAccessException e) {
            LOG.debug("The database does not tell its URL", OwnThreads.redacted(e));
        }
    }
}
