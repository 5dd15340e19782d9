package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.test.contract.SerialDecider.Storing;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("faults")
class PostgreSqlSerialProcessesTest extends SerialProcessesContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }

    @Test
    void decisions_that_lock_no_guard_are_caught() {
        String broken = database().newTables(PostgreSqlTagMutantsTest::withoutGuardLocks);

        assertThat(inCircles(broken, 1_000, Storing.ALONE)).isPositive();
    }
}
