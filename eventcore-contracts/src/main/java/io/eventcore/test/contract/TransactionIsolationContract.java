package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.StreamVersion;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;

/** What a transaction sees of others, and which transactions are refused. */
abstract class TransactionIsolationContract extends ConcurrentTransactionsFixture {
    @Test
    void a_transaction_in_read_committed_sees_what_others_commit_meanwhile() {
        fill(ADA, 1);

        transaction.executeWithoutResult(status -> {
            assertThat(cents(ADA)).hasSize(1);
            Race.elsewhere(() -> store.appendEvents(deposit(ADA, exactly(1), 2)));
            assertThat(cents(ADA)).hasSize(2);
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(2));
            store.appendEvents(deposit(ADA, exactly(2), 3));
        });

        assertThat(cents(ADA)).containsExactly(1L, 2L, 3L);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {TransactionDefinition.ISOLATION_READ_COMMITTED, TransactionDefinition.ISOLATION_REPEATABLE_READ})
    void no_isolation_makes_a_stale_expectation_true(int isolation) {
        fill(ADA, 1);
        fill(BOB, 1);
        transaction.setIsolationLevel(isolation);

        String written = outcome(() -> Objects.requireNonNull(transaction.execute(status -> {
            assertThat(cents(ADA)).hasSize(1);
            Race.elsewhere(() -> store.appendEvents(deposit(ADA, exactly(1), 2)));
            return store.appendEvents(deposit(ADA, exactly(1), 3));
        })));
        String reliedOn = outcome(() -> Objects.requireNonNull(transaction.execute(status -> {
            assertThat(cents(BOB)).hasSize(1);
            Race.elsewhere(() -> store.appendEvents(deposit(ADA, exactly(2), 4)));
            return store.appendEvents(deposit(BOB, exactly(1), 5).registerStream(ADA, exactly(2)));
        })));

        assertThat(written).isIn("conflict at version 2", "transient");
        assertThat(reliedOn).isIn("conflict at version 3", "transient");
        assertThat(log()).hasSize(4);
    }

    @Test
    void a_transaction_whose_end_the_store_cannot_see_is_refused() {
        manager.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);

        transaction.executeWithoutResult(status -> assertThatIllegalStateException()
                .isThrownBy(() -> store.appendEvents(deposit(ADA, noStream(), 1)))
                .withMessageContaining("SYNCHRONIZATION_ALWAYS"));

        assertThat(log()).isEmpty();
    }
}
