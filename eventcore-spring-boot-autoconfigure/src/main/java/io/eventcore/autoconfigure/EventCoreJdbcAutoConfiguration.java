package io.eventcore.autoconfigure;

import io.eventcore.AppendLimits;
import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.GroupCommit;
import io.eventcore.autoconfigure.EventCoreProperties.Jdbc;
import io.eventcore.autoconfigure.EventCoreProperties.Limits;
import io.eventcore.autoconfigure.EventCoreProperties.SchemaInitialization;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.jdbc.GroupCommitSettings;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.serialization.EventSerializer;
import java.sql.DatabaseMetaData;
import java.util.List;
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
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
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
public final class EventCoreJdbcAutoConfiguration {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreJdbcAutoConfiguration.class);

    EventCoreJdbcAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    EventStoreSchemaInitializer eventStoreSchemaInitializer(
            EventCoreProperties properties, ObjectProvider<DataSource> dataSources, ListableBeanFactory beans) {
        DataSource dataSource = single(dataSources, beans);
        Jdbc jdbc = properties.jdbc();
        boolean create = jdbc.initializeSchema() == SchemaInitialization.ALWAYS
                || (jdbc.initializeSchema() == SchemaInitialization.EMBEDDED
                        && EmbeddedDatabaseConnection.isEmbedded(dataSource));
        return new EventStoreSchemaInitializer(JdbcSchema.in(dataSource, jdbc.schema(), jdbc.tablePrefix()), create);
    }

    @Bean
    @DependsOnDatabaseInitialization
    JdbcEventStore eventStore(
            EventCoreProperties properties,
            ObjectProvider<DataSource> dataSources,
            ListableBeanFactory beans,
            EventSerializer serializer) {
        DataSource dataSource = single(dataSources, beans);
        warnIfEventsAreLost(dataSource);
        return JdbcEventStore.builder(dataSource, serializer)
                .schema(properties.jdbc().schema())
                .tablePrefix(properties.jdbc().tablePrefix())
                .limits(limits(properties.limits()))
                .groupCommit(groupCommit(properties.jdbc().groupCommit()))
                .build();
    }

    private static GroupCommitSettings groupCommit(GroupCommit settings) {
        return new GroupCommitSettings(
                settings.enabled(), settings.maxEvents(), settings.maxBytes().toBytes());
    }

    static AppendLimits limits(Limits limits) {
        return new AppendLimits(
                limits.maxEvents(),
                Math.toIntExact(limits.maxPayload().toBytes()),
                Math.toIntExact(limits.maxMetadata().toBytes()));
    }

    private static DataSource single(ObjectProvider<DataSource> dataSources, ListableBeanFactory beans) {
        DataSource single = dataSources.getIfUnique();
        if (single == null) {
            throw new NoSingleDataSourceException(List.of(beans.getBeanNamesForType(DataSource.class)));
        }
        return single;
    }

    private static void warnIfEventsAreLost(DataSource dataSource) {
        try {
            String url = JdbcUtils.extractDatabaseMetaData(dataSource, DatabaseMetaData::getURL);
            if (url.startsWith("jdbc:h2:mem:")) {
                LOG.warn("Events are kept in an H2 database in memory and are lost when the application ends."
                        + " Set spring.datasource.url to keep them.");
            }
        } catch (MetaDataAccessException e) {
            LOG.debug("The database does not tell its URL", e);
        }
    }
}
