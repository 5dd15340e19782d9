package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.test.contract.SerialDecider.Storing;
import io.eventcore.test.contract.SerialOrder.Decision;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Decisions that are made at the same time could have been made one after the other, in some order: the graph of what
 * each decision has seen of the others has no cycle.
 */
abstract class SerialDecisionsContract extends TagFixture {
    /** Decisions stored on their own, or in batches if the store sends several at a time. */
    private static final int DECISIONS = 1_000;

    /** Decisions stored in transactions of callers, for each isolation level. */
    private static final int DECISIONS_IN_TRANSACTIONS = 300;

    private static final int DECIDERS = 12;

    @Test
    void decisions_stored_on_their_own_or_in_batches_are_serial() {
        List<SerialDecider> deciders = deciders();
        List<Decision> decisions = SerialDecider.decideUntil(DECIDERS, DECISIONS, deciders, Storing.ALONE);

        assertThat(SerialOrder.inCircles(decisions))
                .as("decisions in circles, of %d", decisions.size())
                .isZero();
        assertThat(deciders).allSatisfy(decider -> {
            assertThat(decider.refused()).isPositive();
            assertThat(decider.refusedWithoutReason())
                    .as("refused without a reason, of %d", decider.refused())
                    .isZero();
        });
    }

    @Test
    void decisions_in_transactions_that_read_what_is_committed_are_serial() {
        assertSerialIn(Storing.READ_COMMITTED);
    }

    @Test
    void decisions_in_transactions_with_repeatable_reads_are_serial() {
        assertSerialIn(Storing.REPEATABLE_READ);
    }

    @Test
    void decisions_in_serializable_transactions_are_serial() {
        assertSerialIn(Storing.SERIALIZABLE);
    }

    private void assertSerialIn(Storing storing) {
        List<Decision> decisions = SerialDecider.decideUntil(DECIDERS, DECISIONS_IN_TRANSACTIONS, deciders(), storing);

        assertThat(SerialOrder.inCircles(decisions))
                .as("decisions in circles, of %d", decisions.size())
                .isZero();
    }

    private List<SerialDecider> deciders() {
        PlatformTransactionManager transactions = Objects.requireNonNull(transaction.getTransactionManager());
        return List.of(new SerialDecider(store, transactions, 0), new SerialDecider(other, transactions, 1L << 40));
    }
}
