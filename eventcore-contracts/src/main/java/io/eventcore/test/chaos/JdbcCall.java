package io.eventcore.test.chaos;

import java.util.List;

/**
 * A moment at which a database can fail.
 *
 * @since 0.1
 */
public enum JdbcCall {
    /** A connection is asked for. */
    CONNECT,

    /** A statement is executed. */
    EXECUTE,

    /** The next row of a result is asked for. */
    FETCH,

    /** A transaction is committed, by the connection or by a statement. */
    COMMIT,

    /** A transaction is rolled back, by the connection or by a statement. */
    ROLLBACK,

    /** A connection is given back. */
    CLOSE;

    /** What can happen at this moment. */
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
