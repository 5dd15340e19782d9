package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A batch waits for no lock, and leaves the connection to the next user as it was. */
class H2LockTimeoutTest {
    private static final H2Database DATABASE = H2Database.INSTANCE;
    private static final StreamId HELD = StreamId.of("held");
    private static final StreamId FREE = StreamId.of("free");

    @Test
    void a_batch_that_meets_a_stream_in_the_making_leaves_the_lock_time_out_as_it_was() throws SQLException {
        String prefix = DATABASE.newTables();
        JdbcEventStore store = DATABASE.store(prefix);
        Appends appends = Engine.H2.appends(new TableNames("", prefix));
        // Only relied on, so that the row which gives positions away stays free.
        StreamWrites making = StreamWrites.empty().registerStream(HELD, noStream());
        try (Holder holder = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(making));
                Connection connection = DATABASE.dataSource().getConnection()) {
            long before = lockTimeout(connection);

            List<AppendResult> outcomes = appends.appendBatch(connection, List.of(append(HELD), append(FREE)));

            assertThat(outcomes).hasExactlyElementsOfTypes(AppendResult.Busy.class, AppendResult.Written.class);
            assertThat(lockTimeout(connection)).isEqualTo(before).isGreaterThan(50);
            holder.rollBack();
        }
    }

    private static long lockTimeout(Connection connection) throws SQLException {
        return Statements.number(connection, "SELECT LOCK_TIMEOUT()", 0);
    }

    private static SerializedAppend append(StreamId account) {
        return SerializedAppend.of(
                StreamWrites.to(account, any(), new Deposited(account, 1)),
                new JacksonEventSerializer(LedgerEvent.types()),
                AppendLimits.defaults());
    }
}
