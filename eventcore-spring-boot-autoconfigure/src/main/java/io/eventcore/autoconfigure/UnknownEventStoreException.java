package io.eventcore.autoconfigure;

import java.util.List;

/**
 * There is no event store of a name. Ask with one of the {@linkplain #known() known} names, or declare the store under
 * {@code eventcore.stores}.
 *
 * @since 0.1
 */
public final class UnknownEventStoreException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** An application may have many; a message of all of them is of no use. */
    private static final int SHOWN = 20;

    private final String store;
    private final transient List<String> known;

    UnknownEventStoreException(String store, List<String> known) {
        super(message(store, known));
        this.store = store;
        this.known = List.copyOf(known);
    }

    /** What was asked for may come from a request: it is shown only if it could be a name. */
    private static String message(String store, List<String> known) {
        String asked = EventCoreProperties.isStoreName(store)
                ? "There is no event store '" + store + "'"
                : "There is no event store of a name that breaks the rule for names";
        List<String> shown = known.subList(0, Math.min(SHOWN, known.size()));
        String more = known.size() > SHOWN ? " and " + (known.size() - SHOWN) + " more" : "";
        return asked + "; eventcore.stores declares " + String.join(", ", shown) + more;
    }

    /** The name that was asked for. */
    public String store() {
        return store;
    }

    /** The names that there are. */
    public List<String> known() {
        return known;
    }
}
