package io.eventcore.autoconfigure;

import io.eventcore.jdbc.SchemaException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;

/**
 * The health of one of several stores and of its projections, as if it were the only one. While the store is not open,
 * it is down, with the type of the failure.
 */
final class NamedStoreHealth {
    private final NamedEventStore store;
    private final EventCoreProperties.Health thresholds;

    /** The stores in the same data source: while its database is down, only one of them waits for a connection. */
    private final List<NamedStoreHealth> neighbours = new ArrayList<>();

    private volatile @Nullable Parts parts;

    private record Parts(EventStoreHealth store, ProjectionHealth projections) {}

    private NamedStoreHealth(NamedEventStore store, EventCoreProperties.Health thresholds) {
        this.store = store;
        this.thresholds = thresholds;
    }

    /** All stores, by name. */
    static HealthContributor ofAll(List<NamedEventStore> stores, EventCoreProperties.Health thresholds) {
        List<NamedStoreHealth> all = stores.stream()
                .map(store -> new NamedStoreHealth(store, thresholds))
                .toList();
        Map<String, HealthContributor> byName = new LinkedHashMap<>();
        for (NamedStoreHealth each : all) {
            all.stream()
                    .filter(other -> other != each && other.dataSource() == each.dataSource())
                    .forEach(each.neighbours::add);
            byName.put(each.store.name(), each.contributor());
        }
        return CompositeHealthContributor.fromMap(byName);
    }

    private DataSource dataSource() {
        return TransactionManagers.innermost(store.dataSource());
    }

    private HealthContributor contributor() {
        Map<String, HealthContributor> both = new LinkedHashMap<>();
        both.put("store", new PatientHealth(store.name(), this::ofStore));
        both.put("projections", new PatientHealth(store.name(), this::ofProjections));
        return CompositeHealthContributor.fromMap(both);
    }

    private Health ofStore() {
        Optional<Parts> open = parts();
        if (open.isEmpty()) {
            return notOpen();
        }
        Optional<String> failed = failedNearby();
        return failed.isPresent()
                ? Health.down().withDetail("failure", failed.get()).build()
                : open.get().store().health();
    }

    private Health ofProjections() {
        Optional<Parts> open = parts();
        Optional<Throwable> failure = store.failure();
        if (open.isEmpty() || failure.isPresent()) {
            // The store was opened, then its database went down before its projections were started.
            return notOpen();
        }
        Optional<String> failed = failedNearby();
        return failed.isPresent()
                ? Health.down().withDetail("failure", failed.get()).build()
                : open.get().projections().health();
    }

    private Health notOpen() {
        Throwable failure = store.failure().orElse(null);
        if (failure instanceof SchemaException schema) {
            return Health.down()
                    .withDetail("schema", schema.problem())
                    .withDetail("script", schema.script())
                    .build();
        }
        return Health.down()
                .withDetail(
                        "failure",
                        failure == null
                                ? "The database has not answered yet"
                                : failure.getClass().getName())
                .build();
    }

    private Optional<String> failedNearby() {
        return neighbours.stream()
                .flatMap(other -> Stream.ofNullable(other.parts))
                .flatMap(other -> other.store().failedJustNow().stream())
                .findFirst();
    }

    private Optional<Parts> parts() {
        if (parts == null) {
            store.ifOpen().ifPresent(opened -> {
                EventStoreHealth health = new EventStoreHealth(opened.bare(), opened.schema(), null);
                parts = new Parts(
                        health, new ProjectionHealth(opened.projections(), opened.bare(), health, thresholds));
            });
        }
        return Optional.ofNullable(parts);
    }
}
