package io.eventcore.autoconfigure;

import java.util.List;

/**
 * There is no event store with that name. Use one of the {@linkplain #known() known} names, or declare the store under
 * {@code eventcore.stores}.
 *
 * @since 0.1
 */
public final class UnknownEventStoreException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** An application may have many; a message that lists all of them would not help. */
    private static final int SHOWN = 20;

    private final String store;
    private final transient List<String> known;

    UnknownEventStoreException(String store, List<String> known) {
        super(message(store, known));
        this.store = store;
        this.known = List.copyOf(known);
    }

    /** The name may come from a request: the message shows it only if it could be the name of a store. */
    private static String message(String store, List<String> known) {
        String asked = EventCoreProperties.isStoreName(store)
                ? "There is no event store '" + store + "'"
                : "There is no event store with the requested name, which breaks the rule for names";
        List<String> shown = known.subList(0, Math.min(SHOWN, known.size()));
        String more = known.size() > SHOWN ? " and " + (known.size() - SHOWN) + " more" : "";
        return asked + "; eventcore.stores declares " + String.join(", ", shown) + more;
    }

    /** The name that was asked for. */
    public String store() {
        return store;
    }

    /** The names of the existing stores. */
    public List<String> known() {
        return known;
    }
}
