package io.eventcore.test.chaos;

import java.util.List;

/**
 * A moment at which a database can fail.
 *
 * @since 0.1
 */
public enum JdbcCall {
    /** A caller asks for a connection. */
    CONNECT,

    /** A caller executes a statement. */
    EXECUTE,

    /** A caller asks for the next row of a result. */
    FETCH,

    /** A caller commits a transaction, through the connection or with a statement. */
    COMMIT,

    /** A caller rolls back a transaction, through the connection or with a statement. */
    ROLLBACK,

    /** A caller returns a connection. */
    CLOSE;

    /** The faults that can happen at this moment. */
    public List<Fault> faults() {
        return switch (this) {
            case CONNECT -> List.of(Fault.REFUSED);
            case EXECUTE ->
                List.of(
                        Fault.LOST_BEFORE,
                        Fault.LOST_AFTER,
                        Fault.LATE,
                        Fault.MUCH_LATER,
                        Fault.DEADLOCK,
                        Fault.TIMEOUT,
                        Fault.DISK_FULL,
                        Fault.READ_ONLY,
                        Fault.WARNING);
            case COMMIT -> List.of(Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.LATE, Fault.DEADLOCK, Fault.WARNING);
            case ROLLBACK -> List.of(Fault.LOST_BEFORE, Fault.LOST_AFTER);
            case FETCH, CLOSE -> List.of(Fault.LOST_AFTER);
        };
    }
}
