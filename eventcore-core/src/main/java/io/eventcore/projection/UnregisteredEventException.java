package io.eventcore.projection;

/**
 * A projection or a reaction wants events of a type for which no class is registered, so it would never get one. The runner does
 * not start; the message says how the class is registered.
 *
 * @since 0.1
 */
public final class UnregisteredEventException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String projection;

    UnregisteredEventException(String projection, String problem, IllegalArgumentException cause) {
        super(problem, cause);
        this.projection = projection;
    }

    /** The name of the projection. */
    public String projection() {
        return projection;
    }
}
