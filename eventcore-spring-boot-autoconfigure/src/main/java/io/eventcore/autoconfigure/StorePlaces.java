package io.eventcore.autoconfigure;

import io.eventcore.autoconfigure.EventCoreProperties.NamedStore;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.projection.Projection;
import io.eventcore.reaction.Reaction;
import io.eventcore.transaction.TransactionPhase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Finds the place of each of several stores without asking any database, so that mistakes in the declaration are
 * reported at once, even if the store's database is down.
 */
final class StorePlaces {
    private static final String STORES = "eventcore.stores.";

    private final EventCoreProperties properties;
    private final ListableBeanFactory beans;
    private final Map<String, DataSource> dataSources = new TreeMap<>();
    private final IdentityHashMap<DataSource, String> owners = new IdentityHashMap<>();

    StorePlaces(EventCoreProperties properties, ListableBeanFactory beans) {
        this.properties = properties;
        this.beans = beans;
        refuseWhatIsOfOneStore();
        properties.stores().forEach((name, store) -> dataSources.put(name, dataSource(name, store)));
        refuseSharedTables();
        IdentityHashMap<DataSource, List<String>> stores = new IdentityHashMap<>();
        dataSources.forEach(
                (name, found) -> stores.computeIfAbsent(TransactionManagers.innermost(found), key -> new ArrayList<>())
                        .add("'" + name + "'"));
        stores.forEach((found, names) ->
                owners.put(found, (names.size() == 1 ? "store " : "stores ") + String.join(", ", names)));
    }

    /** All of them by name. */
    Map<String, StorePlace> all(TransactionManagers managers, List<NamedStoreConfigurer> configurers) {
        IdentityHashMap<DataSource, PlatformTransactionManager> made = new IdentityHashMap<>();
        Map<String, StorePlace> places = new TreeMap<>();
        dataSources.forEach((name, dataSource) -> {
            DataSource innermost = TransactionManagers.innermost(dataSource);
            PlatformTransactionManager manager = made.computeIfAbsent(
                    innermost, key -> managers.driving(dataSource).orElseGet(() -> newManager(dataSource)));
            NamedStoreSetup setup = new NamedStoreSetup(name, dataSource, manager);
            configurers.forEach(configurer -> configurer.configure(setup));
            int sharing = (int) dataSources.values().stream()
                    .filter(each -> TransactionManagers.innermost(each) == innermost)
                    .count();
            places.put(name, new StorePlace(dataSource, sharing, schema(name), tablePrefix(name), manager, setup));
        });
        return places;
    }

    /** In whose transactions a store must not write. */
    ForeignTransactions foreignTransactions() {
        return new ForeignTransactions(owners);
    }

    private static PlatformTransactionManager newManager(DataSource dataSource) {
        JdbcTransactionManager manager = new JdbcTransactionManager(dataSource);
        // It is not a bean, so nothing else makes it record when a transaction is over.
        manager.addListener(TransactionPhase.listener());
        return manager;
    }

    private void refuseWhatIsOfOneStore() {
        if (properties.store() == Store.IN_MEMORY) {
            throw new InvalidConfigurationPropertyValueException(
                    "eventcore.store",
                    properties.store(),
                    "cannot be set together with eventcore.stores, because named stores are in databases. For tests,"
                            + " give them data sources of H2 in memory");
        }
        if (!properties.kafka().topic().isEmpty()) {
            throw new InvalidConfigurationPropertyValueException(
                    "eventcore.kafka.topic",
                    properties.kafka().topic(),
                    "is for a single store, and eventcore.stores declares several: in a NamedStoreConfigurer, add a"
                            + " KafkaRelay to each store that sends events");
        }
        if (properties.applicationEvents().enabled()) {
            throw new InvalidConfigurationPropertyValueException(
                    "eventcore.application-events.enabled",
                    true,
                    "is for a single store, and eventcore.stores declares several: in a NamedStoreConfigurer, add an"
                            + " ApplicationEventRelay to each store that publishes events");
        }
        Set<String> shared = new TreeSet<>();
        for (Class<?> type : List.of(Projection.class, Reaction.class)) {
            Collections.addAll(shared, BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beans, type));
        }
        if (!shared.isEmpty()) {
            throw new SharedProjectionException(List.copyOf(shared));
        }
    }

    private DataSource dataSource(String name, NamedStore store) {
        String property = STORES + name + ".data-source";
        Map<String, DataSource> all = BeanFactoryUtils.beansOfTypeIncludingAncestors(beans, DataSource.class);
        DataSource found = all.get(store.dataSource());
        if (found == null) {
            throw new InvalidConfigurationPropertyValueException(
                    property,
                    store.dataSource(),
                    "names no DataSource bean; there are: " + String.join(", ", new TreeSet<>(all.keySet())));
        }
        AbstractRoutingDataSource router = router(found, property, store.dataSource());
        if (router != null) {
            owners.put(
                    TransactionManagers.innermost(found),
                    "data source '" + store.dataSource() + "', a routing data source");
            return target(name, store, router);
        }
        if (!store.target().isEmpty()) {
            throw new InvalidConfigurationPropertyValueException(
                    STORES + name + ".target",
                    store.target(),
                    "has no effect, because data source '" + store.dataSource() + "' is not a routing data source");
        }
        return found;
    }

    private static @Nullable AbstractRoutingDataSource router(DataSource dataSource, String property, String bean) {
        DataSource innermost = TransactionManagers.innermost(dataSource);
        if (innermost instanceof AbstractRoutingDataSource router) {
            return router;
        }
        try {
            return innermost.isWrapperFor(AbstractRoutingDataSource.class)
                    ? innermost.unwrap(AbstractRoutingDataSource.class)
                    : null;
        } catch (SQLException | RuntimeException | AbstractMethodError e) {
            throw new InvalidConfigurationPropertyValueException(
                    property, bean, "does not reveal whether it routes among databases: name a data source that does");
        }
    }

    private static DataSource target(String name, NamedStore store, AbstractRoutingDataSource router) {
        String key = store.target().isEmpty() ? name : store.target();
        Map<String, DataSource> targets = router.getResolvedDataSources().entrySet().stream()
                .collect(Collectors.toMap(
                        target -> String.valueOf(target.getKey()),
                        Map.Entry::getValue,
                        (one, other) -> one,
                        TreeMap::new));
        DataSource found = targets.get(key);
        if (found == null) {
            throw new InvalidConfigurationPropertyValueException(
                    STORES + name + ".target",
                    key,
                    "is not a target of data source '" + store.dataSource() + "'; there are: "
                            + String.join(", ", targets.keySet()));
        }
        if (router(found, STORES + name + ".target", key) != null) {
            throw new InvalidConfigurationPropertyValueException(
                    STORES + name + ".target", key, "is itself a routing data source: name one of its targets");
        }
        return found;
    }

    private String schema(String name) {
        String own = store(name).schema();
        return own.isEmpty() ? properties.jdbc().schema() : own;
    }

    private String tablePrefix(String name) {
        String own = store(name).tablePrefix();
        return own.isEmpty() ? properties.jdbc().tablePrefix() : own;
    }

    private NamedStore store(String name) {
        return Objects.requireNonNull(properties.stores().get(name), name);
    }

    /** Two pools that lead to the same tables are detected when the stores are opened. */
    private void refuseSharedTables() {
        Map<List<Object>, String> seen = new HashMap<>();
        dataSources.forEach((name, dataSource) -> {
            EventCoreJdbcAutoConfiguration.checkName(
                    STORES + name + ".schema", schema(name), found -> JdbcSchema.in(dataSource, found, "eventcore_"));
            EventCoreJdbcAutoConfiguration.checkName(
                    STORES + name + ".table-prefix", tablePrefix(name), found -> JdbcSchema.in(dataSource, "", found));
            String other = seen.putIfAbsent(
                    List.of(
                            System.identityHashCode(TransactionManagers.innermost(dataSource)),
                            schema(name),
                            tablePrefix(name)),
                    name);
            if (other != null) {
                throw new InvalidConfigurationPropertyValueException(
                        STORES + name + ".table-prefix",
                        tablePrefix(name),
                        "is that of store '" + other + "' too, in the same data source and schema: the two stores"
                                + " would share their tables"
                                + " store");
            }
        });
    }
}
