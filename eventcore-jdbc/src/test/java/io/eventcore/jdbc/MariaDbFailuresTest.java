package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MariaDbFailuresTest {
    @ParameterizedTest
    @CsvSource({
        "1213, 40001, TRANSIENT", // deadlock
        "1205, HY000, TIMED_OUT", // lock wait time-out
        "1020, HY000, TRANSIENT", // changed since the snapshot
        "1969, 70100, TIMED_OUT", // max_statement_time of MariaDB
        "3024, HY000, TIMED_OUT", // max_execution_time of MySQL
        "1317, 70100, TIMED_OUT", // statement killed
        "3572, HY000, TRANSIENT", // NOWAIT of MySQL
        "1062, 23000, DUPLICATE",
        "1927, 70100, CONNECTION_LOST", // connection killed
        "1053, 08S01, CONNECTION_LOST", // shutting down
        "0, 08000, CONNECTION_LOST",
        "0, 25S03, CONNECTION_LOST", // driver reconnected
        "1290, HY000, REFUSED", // read-only server
        "1836, HY000, REFUSED", // read-only mode
        "1114, HY000, REFUSED", // disk full
        "1142, 42000, REFUSED", // no right to the table
        "1044, 42000, REFUSED", // no right to the database
        "1153, 08S01, REFUSED", // larger than max_allowed_packet
        "1644, 45000, REFUSED", // our own trigger
        "1701, 42000, REFUSED", // TRUNCATE of a table that is referred to
    })
    void a_failure_is_told_by_its_code(int code, String state, Failure failure) {
        assertThat(SqlErrors.MARIADB.classify(new SQLException("text", state, code)))
                .isEqualTo(failure);
    }

    /** The driver of MariaDB throws this class for the trigger's refusal. */
    @Test
    void the_class_of_the_exception_says_nothing() {
        assertThat(SqlErrors.MARIADB.classify(new SQLTransientConnectionException("text", "45000", 1644)))
                .isEqualTo(Failure.REFUSED);
    }
}
