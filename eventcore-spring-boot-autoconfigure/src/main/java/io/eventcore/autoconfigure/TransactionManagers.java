package io.eventcore.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * Finds the transaction manager for the database of the events: the one that drives its data source, which need not be
 * the primary one.
 */
final class TransactionManagers {
    private static final boolean JDBC = isPresent("org.springframework.jdbc.datasource.DataSourceTransactionManager");
    private static final boolean JPA = JDBC && isPresent("org.springframework.orm.jpa.JpaTransactionManager");

    private final ListableBeanFactory beans;
    private final ObjectProvider<PlatformTransactionManager> candidates;
    private final ObjectProvider<DataSources> dataSources;

    TransactionManagers(
            ListableBeanFactory beans,
            ObjectProvider<PlatformTransactionManager> candidates,
            ObjectProvider<DataSources> dataSources) {
        this.beans = beans;
        this.candidates = candidates;
        this.dataSources = dataSources;
    }

    private static boolean isPresent(String type) {
        return ClassUtils.isPresent(type, TransactionManagers.class.getClassLoader());
    }

    /**
     * The one that drives the data source of the event store. Of several, the primary one, then that of JPA, whose
     * transactions include JDBC. If none drives it, the only or the primary one of all. Every manager reaches a store
     * that is in no data source known here, such as one in memory.
     */
    Optional<PlatformTransactionManager> ofEventStore() {
        List<PlatformTransactionManager> all = List.copyOf(all().values());
        if (all.size() < 2) {
            return all.stream().findFirst();
        }
        List<PlatformTransactionManager> driving =
                all.stream().filter(this::drivesEventStore).toList();
        return driving.isEmpty() ? Optional.ofNullable(candidates.getIfUnique()) : best(driving);
    }

    /** The application's manager that drives a data source; empty if none does, or if two of equal rank do. */
    Optional<PlatformTransactionManager> driving(DataSource wanted) {
        return best(all().values().stream()
                .filter(manager -> drives(manager, wanted))
                .toList());
    }

    private Optional<PlatformTransactionManager> best(List<PlatformTransactionManager> driving) {
        PlatformTransactionManager primary = candidates.getIfUnique();
        if (primary != null && driving.contains(primary)) {
            return Optional.of(primary);
        }
        List<PlatformTransactionManager> ofJpa =
                driving.stream().filter(TransactionManagers::isOfJpa).toList();
        List<PlatformTransactionManager> best = ofJpa.isEmpty() ? driving : ofJpa;
        return best.size() == 1 ? Optional.of(best.get(0)) : Optional.empty();
    }

    /** The only or the primary one; otherwise the one of the event store, or else any, rather than no transaction. */
    Optional<PlatformTransactionManager> ofApplication() {
        return Optional.ofNullable(candidates.getIfUnique())
                .or(this::ofEventStore)
                .or(() -> all().values().stream().findFirst());
    }

    /**
     * Each one with its name, its type and the name of its data source, for the message that says why none was chosen.
     */
    List<String> described() {
        List<String> described = new ArrayList<>();
        all().forEach((name, manager) -> described.add("'%s' (%s%s)"
                .formatted(
                        name,
                        target(manager).getClass().getSimpleName(),
                        dataSource(manager)
                                .map(driven -> ", data source " + name(driven))
                                .orElse(""))));
        return described;
    }

    /** The data source of the event store, by its name; empty if it is in none known here. */
    Optional<String> eventDataSourceName() {
        return eventDataSource().map(dataSource -> "data source " + name(dataSource));
    }

    private String name(DataSource dataSource) {
        return BeanFactoryUtils.beansOfTypeIncludingAncestors(beans, DataSource.class).entrySet().stream()
                .filter(bean -> innermost(bean.getValue()) == innermost(dataSource))
                .map(bean -> "'" + bean.getKey() + "'")
                .findFirst()
                .orElse("that is not a bean");
    }

    /**
     * Includes managers that are not default candidates: the one for a data source that holds only the events often is
     * not.
     */
    private Map<String, PlatformTransactionManager> all() {
        return BeanFactoryUtils.beansOfTypeIncludingAncestors(beans, PlatformTransactionManager.class);
    }

    private boolean drivesEventStore(PlatformTransactionManager manager) {
        Optional<DataSource> wanted = eventDataSource();
        return wanted.isEmpty() || drives(manager, wanted.get());
    }

    private static boolean drives(PlatformTransactionManager manager, DataSource wanted) {
        return dataSource(manager)
                .filter(driven -> innermost(driven) == innermost(wanted))
                .isPresent();
    }

    private Optional<DataSource> eventDataSource() {
        return Optional.ofNullable(dataSources.getIfAvailable()).map(DataSources::single);
    }

    private static Optional<DataSource> dataSource(PlatformTransactionManager manager) {
        Object target = target(manager);
        @Nullable DataSource driven = null;
        if (JPA && target instanceof JpaTransactionManager jpa) {
            driven = jpa.getDataSource();
        } else if (JDBC && target instanceof DataSourceTransactionManager jdbc) {
            driven = jdbc.getDataSource();
        }
        return Optional.ofNullable(driven);
    }

    private static boolean isOfJpa(PlatformTransactionManager manager) {
        return JPA && target(manager) instanceof JpaTransactionManager;
    }

    /** The data source behind proxies and aspects. */
    static DataSource innermost(DataSource dataSource) {
        Object innermost = target(dataSource);
        while (innermost instanceof DelegatingDataSource delegating && delegating.getTargetDataSource() != null) {
            innermost = target(delegating.getTargetDataSource());
        }
        return (DataSource) innermost;
    }

    /** The object behind the aspects of the application. */
    private static Object target(Object bean) {
        return Objects.requireNonNullElse(AopProxyUtils.getSingletonTarget(bean), bean);
    }
}
