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
 * Connections to standbys: those of a data source of the application, or of a pool that is made by properties and closed with
 * this. No bean of type {@link DataSource}, so that nothing else of the application takes it for its own.
 *
 * @param dataSource where they come from; empty if there is no replica
 * @param owned whether it is closed with this
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
        // As HikariCP calls them; another pool keeps its defaults. A standby that is down must not stop the start.
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
