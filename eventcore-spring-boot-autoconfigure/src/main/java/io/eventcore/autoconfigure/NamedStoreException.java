package io.eventcore.autoconfigure;

/** One of several stores cannot be opened, and trying again will not help. */
final class NamedStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String store;

    NamedStoreException(String store, Throwable cause) {
        super(
                "Event store '" + store + "' cannot be opened: "
                        + cause.getClass().getName(),
                cause);
        this.store = store;
    }

    String store() {
        return store;
    }
}
