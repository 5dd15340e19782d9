package io.eventcore.autoconfigure;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The event stores of an application that has several, by the names under {@code eventcore.stores}.
 *
 * <pre>{@code
 * stores.of(tenant).commands().execute(command);
 * }</pre>
 *
 * <p>The names are those of the configuration: none is added or removed while the application runs. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public class EventStores {
    private final Map<String, NamedEventStore> byName = new TreeMap<>();

    EventStores(Collection<NamedEventStore> stores) {
        stores.forEach(store -> byName.put(store.name(), store));
    }

    /**
     * The store of a name, whether its database can be reached or not.
     *
     * @throws UnknownEventStoreException if there is no store of that name
     */
    public NamedEventStore of(String name) {
        NamedEventStore found = byName.get(name);
        if (found == null) {
            throw new UnknownEventStoreException(name, names());
        }
        return found;
    }

    /** The names of all stores, in alphabetical order. */
    public List<String> names() {
        return List.copyOf(byName.keySet());
    }
}
