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
 * Whether the event store can be reached, its tables are right and it takes changes: a few short statements. Tells of a
 * failure only its type, for the text may quote what is stored.
 */
final class EventStoreHealth implements HealthIndicator {
    /** For so long no other part of the health asks a store that has failed: each would wait for a connection again. */
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

    /** The type of the failure that the store has had a moment ago; empty if it has answered since, or was not asked. */
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
