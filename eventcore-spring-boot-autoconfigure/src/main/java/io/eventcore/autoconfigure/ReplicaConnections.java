package io.eventcore.autoconfigure;

import io.eventcore.autoconfigure.EventCoreProperties.Replica;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.jdbc.DataSourceBuilder;

/**
 * Connections to standbys: from a data source of the application, or from a pool that the properties describe and that
 * is closed with this. Not a bean of type {@link DataSource}, so that no other part of the application uses it.
 *
 * @param dataSource the source of the connections; empty if there is no replica
 * @param owned whether closing this closes it
 */
record ReplicaConnections(Optional<DataSource> dataSource, boolean owned) implements Closeable {
    static ReplicaConnections of(ObjectProvider<DataSource> marked, Replica settings) {
        DataSource ofApplication = marked.getIfUnique();
        if (ofApplication != null) {
            return new ReplicaConnections(Optional.of(ofApplication), false);
        }
        return settings.url().isEmpty()
                ? new ReplicaConnections(Optional.empty(), false)
                : new ReplicaConnections(Optional.of(pool(settings)), true);
    }

    private static DataSource pool(Replica settings) {
        DataSourceBuilder<?> builder = DataSourceBuilder.create().url(settings.url());
        if (!settings.username().isEmpty()) {
            builder.username(settings.username()).password(settings.password());
        }
        DataSource pool = builder.build();
        // The names are HikariCP's; another pool keeps its defaults. A standby that is down must not stop the start.
        Map<String, Object> asHikariCalls = Map.of(
                "pool-name",
                "eventcore-replica",
                "maximum-pool-size",
                settings.maxConnections(),
                "minimum-idle",
                0,
                "connection-timeout",
                settings.connectionTimeout().toMillis(),
                "initialization-fail-timeout",
                -1);
        new Binder(new MapConfigurationPropertySource(asHikariCalls))
                .bind(ConfigurationPropertyName.EMPTY, Bindable.ofInstance(pool));
        return pool;
    }

    @Override
    public void close() throws IOException {
        if (owned && dataSource.isPresent() && dataSource.get() instanceof Closeable pool) {
            pool.close();
        }
    }
}
