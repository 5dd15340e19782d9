package io.eventcore.jdbc;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The tables of the event store are missing, or this version does not work with them.
 *
 * @since 0.1
 */
public final class SchemaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Problem problem;
    private final String script;

    /**
     * What is wrong with the tables.
     *
     * @since 0.1
     */
    public enum Problem {
        /** They do not exist, or this user may not read them. */
        MISSING,

        /** Their version is lower than the library's: run the scripts in between. */
        TOO_OLD,

        /** Their version is higher than the library's: upgrade the library. */
        TOO_NEW,

        /** Their log is ordered in another way; writing to them would lose events. */
        OTHER_ORDER,

        /** The last position given to an append lies before the end of the log: set it to the highest in the log. */
        SET_BACK,

        /** An import into them was begun and not finished; repeat it to finish it. */
        UNFINISHED_IMPORT,

        /** They could not be created; the cause says why. */
        NOT_CREATED
    }

    SchemaException(Problem problem, String message, String script, @Nullable Throwable cause) {
        super(message, cause);
        this.problem = Objects.requireNonNull(problem, "problem");
        this.script = Objects.requireNonNull(script, "script");
    }

    /** What is wrong. */
    public Problem problem() {
        return problem;
    }

    /** The script on the class path that creates the tables. */
    public String script() {
        return script;
    }
}
