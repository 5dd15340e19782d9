package io.eventcore.autoconfigure;

import java.util.List;
import java.util.OptionalInt;
import javax.sql.DataSource;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.jdbc.metadata.CompositeDataSourcePoolMetadataProvider;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadata;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;

/**
 * Finds the data source that holds the events: the marked one, otherwise the only one or the primary one.
 *
 * @param marked those marked with {@link EventCoreDataSource}
 * @param all all of the application
 * @param pools reads the metadata of pools
 * @param beans knows their names
 */
record DataSources(
        ObjectProvider<DataSource> marked,
        ObjectProvider<DataSource> all,
        ObjectProvider<DataSourcePoolMetadataProvider> pools,
        ListableBeanFactory beans) {
    /**
     * The one.
     *
     * @throws NoSingleDataSourceException if there is none, or several of equal rank
     */
    DataSource single() {
        boolean anyMarked = marked.stream().findAny().isPresent();
        DataSource single = anyMarked ? marked.getIfUnique() : all.getIfUnique();
        if (single == null) {
            throw new NoSingleDataSourceException(names(anyMarked), anyMarked);
        }
        return single;
    }

    /** The maximum size of its connection pool; empty if the pool does not reveal it. */
    OptionalInt poolSize() {
        return poolSize(pools.orderedStream().toList(), single());
    }

    /** The maximum size of a data source's connection pool; empty if the pool does not reveal it. */
    static OptionalInt poolSize(List<DataSourcePoolMetadataProvider> pools, DataSource dataSource) {
        DataSourcePoolMetadata pool =
                new CompositeDataSourcePoolMetadataProvider(pools).getDataSourcePoolMetadata(dataSource);
        Integer most = pool == null ? null : pool.getMax();
        return most == null || most < 1 ? OptionalInt.empty() : OptionalInt.of(most);
    }

    private List<String> names(boolean onlyMarked) {
        return List.of(beans.getBeanNamesForType(DataSource.class)).stream()
                .filter(name -> !onlyMarked || beans.findAnnotationOnBean(name, EventCoreDataSource.class) != null)
                .toList();
    }
}
