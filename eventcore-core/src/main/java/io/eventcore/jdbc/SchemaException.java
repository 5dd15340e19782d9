package io.eventcore.jdbc;

/**
 * The tables of the event store are missing, or are not those this version works with.
 *
 * @since 0.1
 */
public final class SchemaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String script;

    SchemaException(String problem, String script, Throwable cause) {
        super(problem, cause);
        this.script = script;
    }

    SchemaException(String problem, String script) {
        super(problem);
        this.script = script;
    }

    /** The script on the class path that creates the tables. */
    public String script() {
        return script;
    }
}
