package io.eventcore.autoconfigure;

import java.util.List;
import javax.sql.DataSource;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Finds the data source that holds the events: the marked one, otherwise the only or the primary one.
 *
 * @param marked those marked with {@link EventCoreDataSource}
 * @param all all of the application
 * @param beans knows their names
 */
record DataSources(ObjectProvider<DataSource> marked, ObjectProvider<DataSource> all, ListableBeanFactory beans) {
    /**
     * The one.
     *
     * @throws NoSingleDataSourceException if there is none, or it is not clear which one
     */
    DataSource single() {
        boolean anyMarked = marked.stream().findAny().isPresent();
        DataSource single = anyMarked ? marked.getIfUnique() : all.getIfUnique();
        if (single == null) {
            throw new NoSingleDataSourceException(names(anyMarked), anyMarked);
        }
        return single;
    }

    private List<String> names(boolean onlyMarked) {
        return List.of(beans.getBeanNamesForType(DataSource.class)).stream()
                .filter(name -> !onlyMarked || beans.findAnnotationOnBean(name, EventCoreDataSource.class) != null)
                .toList();
    }
}
