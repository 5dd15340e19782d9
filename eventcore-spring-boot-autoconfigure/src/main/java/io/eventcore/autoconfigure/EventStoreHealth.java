package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.SchemaException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Whether the event store can be reached and its tables are right: a few short reads. Tells of a failure only its type,
 * for the text may quote what is stored.
 */
final class EventStoreHealth implements HealthIndicator {
    private final EventStore store;
    private final @Nullable JdbcSchema schema;

    EventStoreHealth(EventStore store, @Nullable JdbcSchema schema) {
        this.store = store;
        this.schema = schema;
    }

    @Override
    public Health health() {
        try {
            Health.Builder up = Health.up();
            if (schema != null) {
                schema.validate();
                up.withDetail("schemaVersion", JdbcSchema.version());
            }
            return up.withDetail("lastPosition", store.lastPosition().value()).build();
        } catch (SchemaException e) {
            return Health.down()
                    .withDetail("schema", e.problem())
                    .withDetail("script", e.script())
                    .build();
        } catch (RuntimeException e) {
            return Health.down().withDetail("failure", e.getClass().getName()).build();
        }
    }
}
