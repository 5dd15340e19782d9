package io.eventcore;

/**
 * An append is larger than the store accepts. Nothing was sent to the database.
 *
 * <p>Split the append, make the payload smaller, or raise the limit.
 *
 * @since 0.1
 */
public final class AppendLimitExceededException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final String what;
    private final long limit;
    private final long actual;

    /**
     * A limit and what exceeded it.
     *
     * @param what what is limited, with its unit, for example {@code "bytes of payload of one event"}
     */
    public AppendLimitExceededException(String what, long limit, long actual) {
        super("At most %d %s are accepted, the append has %d".formatted(limit, what, actual), null);
        this.what = what;
        this.limit = limit;
        this.actual = actual;
    }

    /** What is limited, with its unit. */
    public String what() {
        return what;
    }

    /** The limit, inclusive. */
    public long limit() {
        return limit;
    }

    /** How much the append has. */
    public long actual() {
        return actual;
    }
}
