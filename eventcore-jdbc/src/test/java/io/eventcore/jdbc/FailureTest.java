package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureTest {

    @ParameterizedTest
    @CsvSource(textBlock = """
            40001, TRANSIENT,       serialization failure
            40P01, TRANSIENT,       deadlock
            25P02, TRANSIENT,       the transaction has failed before
            55P03, TIMED_OUT,       lock not available
            57014, TIMED_OUT,       statement cancelled or timed out
            08000, CONNECTION_LOST, connection exception
            08001, CONNECTION_LOST, cannot connect
            08003, CONNECTION_LOST, connection does not exist
            08006, CONNECTION_LOST, connection failure
            08007, CONNECTION_LOST, transaction resolution unknown
            08P01, CONNECTION_LOST, protocol violation
            25P03, CONNECTION_LOST, idle in transaction for too long
            25P04, CONNECTION_LOST, transaction took too long
            57P01, CONNECTION_LOST, administrator ended the session
            57P02, CONNECTION_LOST, the server crashes
            57P03, CONNECTION_LOST, the server starts up
            57P05, CONNECTION_LOST, idle for too long
            ,      CONNECTION_LOST, a driver or pool without a word
            23505, DUPLICATE,       unique violation
            23001, REFUSED,         an event is to be changed
            22021, REFUSED,         a character that cannot be stored
            25006, REFUSED,         read-only
            42501, REFUSED,         not allowed
            42P01, REFUSED,         no such table
            42883, REFUSED,         no such function
            53100, REFUSED,         disk full
            53200, REFUSED,         out of memory
            53300, REFUSED,         too many connections
            55000, REFUSED,         the sequence was restarted
            58030, REFUSED,         I/O error
            XX000, REFUSED,         internal error
            0100E, CONNECTION_LOST, the driver has met the answer to another statement
            02000, CONNECTION_LOST, the driver has met no answer
            """)
    void what_postgresql_says_means(@Nullable String sqlState, Failure expected, String meaning) {
        Failure failure = SqlErrors.POSTGRESQL.classify(new SQLException(meaning, sqlState));

        assertThat(failure).as(meaning).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            40001, 40001, TRANSIENT,       deadlock
            90131, 90131, TRANSIENT,       concurrent update
            HYT00, 50200, TIMED_OUT,       lock time-out
            57014, 57014, TIMED_OUT,       statement cancelled or timed out
            08000, 8000,  CONNECTION_LOST, cannot open the database
            90067, 90067, CONNECTION_LOST, connection broken
            90098, 90098, CONNECTION_LOST, database closed
            90121, 90121, CONNECTION_LOST, database closed at exit
            ,      0,     CONNECTION_LOST, a driver or pool without a word
            23505, 23505, DUPLICATE,       unique violation
            23001, 0,     REFUSED,         an event is to be changed
            42S02, 42102, REFUSED,         no such table
            90028, 90028, REFUSED,         I/O error
            90096, 90096, REFUSED,         not enough rights
            90097, 90097, REFUSED,         read-only
            """)
    void what_h2_says_means(@Nullable String sqlState, int code, Failure expected, String meaning) {
        Failure failure = SqlErrors.H2.classify(new SQLException(meaning, sqlState, code));

        assertThat(failure).as(meaning).isEqualTo(expected);
    }

    @Test
    void the_class_of_the_exception_means_nothing() {
        SQLException misleading = new SQLTransientConnectionException("events are immutable", "23001");

        assertThat(SqlErrors.POSTGRESQL.classify(misleading)).isEqualTo(Failure.REFUSED);
    }

    @ParameterizedTest
    @CsvSource({"TRANSIENT, true", "TIMED_OUT, true", "CONNECTION_LOST, true", "DUPLICATE, false", "REFUSED, false"})
    void the_caller_is_told_by_the_type_whether_to_repeat(Failure failure, boolean repeat) {
        EventStoreException exception = failure.toException("The append", new SQLException("s3cr3t", "22P02", 7));

        assertThat(exception)
                .isInstanceOf(repeat ? TransientEventStoreException.class : EventStoreUnavailableException.class)
                .hasMessageContainingAll("The append", "22P02", "7");
        assertThat(exception.getCause()).isNotNull().message().doesNotContain("s3cr3t");
    }

    @Test
    void a_commit_that_fails_is_in_doubt_unless_the_database_says_that_it_rolled_back() {
        assertThat(Failure.inDoubt(new SQLException("deadlock", "40001")).getSQLState())
                .isEqualTo("40001");
        assertThat(Failure.inDoubt(new SQLException("lost", "08006")).getSQLState())
                .isEqualTo("08006");
        for (String unclear : new String[] {null, "HY000", "57014", "90028", "58030"}) {
            SQLException inDoubt = Failure.inDoubt(new SQLException("s3cr3t", unclear));
            assertThat(SqlErrors.H2.classify(inDoubt)).isEqualTo(Failure.CONNECTION_LOST);
        }
    }
}
