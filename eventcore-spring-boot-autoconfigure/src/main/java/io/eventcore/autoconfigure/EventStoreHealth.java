package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.ReplicaStatus;
import io.eventcore.jdbc.SchemaException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Whether the event store can be reached, its tables are right and it accepts writes: a few short statements. Shows
 * only the type of a failure, since its text may quote stored data.
 */
final class EventStoreHealth implements HealthIndicator {
    /**
     * After a failure, no other part of the health queries the store for this long: each would wait for a connection
     * again.
     */
    private static final long FAILED_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EventStore store;
    private final @Nullable JdbcSchema schema;
    private final @Nullable JdbcDatabase database;
    private volatile @Nullable Failed failed;

    private record Failed(long at, String type) {}

    EventStoreHealth(EventStore store, @Nullable JdbcSchema schema, @Nullable JdbcDatabase database) {
        this.store = store;
        this.schema = schema;
        this.database = database;
    }

    /** The type of the store's recent failure; empty if the store has answered since, or was not queried. */
    Optional<String> failedJustNow() {
        Failed last = failed;
        return last == null || System.nanoTime() - last.at() > FAILED_NANOS
                ? Optional.empty()
                : Optional.of(last.type());
    }

    @Override
    public Health health() {
        try {
            Health.Builder up = Health.up();
            if (schema != null) {
                up.withDetail("schemaVersion", schema.probe());
            }
            up.withDetail("lastPosition", store.lastPosition().value());
            if (database != null) {
                database.replicaStatus().ifPresent(status -> up.withDetail("replica", details(status)));
            }
            failed = null;
            return up.build();
        } catch (SchemaException e) {
            failed = new Failed(System.nanoTime(), e.getClass().getName());
            return Health.down()
                    .withDetail("schema", e.problem())
                    .withDetail("script", e.script())
                    .build();
        } catch (RuntimeException e) {
            failed = new Failed(System.nanoTime(), e.getClass().getName());
            return Health.down().withDetail("failure", e.getClass().getName()).build();
        }
    }

    private static Map<String, Object> details(ReplicaStatus status) {
        return Map.of(
                "pagesFromReplica", status.pagesFromReplica(),
                "pagesFromPrimary", status.pagesFromPrimary(),
                "answer", status.answer());
    }
}
