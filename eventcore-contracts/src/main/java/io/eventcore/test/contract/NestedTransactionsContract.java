package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** What a rollback to a savepoint, or of a nested transaction, undoes. */
abstract class NestedTransactionsContract extends ConcurrentTransactionsFixture {
    @Test
    void what_is_rolled_back_with_a_nested_transaction_was_never_there() {
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        transaction.executeWithoutResult(status -> {
            nested.executeWithoutResult(inner -> {
                store.appendEvents(deposit(ADA, noStream(), 1));
                store.appendEvents(deposit(BOB, noStream(), 2));
                inner.setRollbackOnly();
            });
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
            store.appendEvents(deposit(ADA, noStream(), 3));
            Race.<Object>elsewhere(() -> store.streamVersion(BOB));
            nested.executeWithoutResult(inner -> store.appendEvents(deposit(ADA, exactly(1), 4)));
            nested.executeWithoutResult(inner -> {
                assertThatExceptionOfType(VersionConflictException.class)
                        .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 5)));
                inner.setRollbackOnly();
            });
            store.appendEvents(deposit(ADA, exactly(2), 6));
        });

        assertThat(cents(ADA)).containsExactly(3L, 4L, 6L);
        assertThat(log()).hasSize(3);
    }

    @Test
    void an_exception_of_a_nested_transaction_leaves_what_the_outer_one_has_appended() {
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            assertThatIllegalStateException()
                    .isThrownBy(() -> nested.executeWithoutResult(inner -> {
                        store.appendEvents(deposit(ADA, exactly(1), 2));
                        nested.executeWithoutResult(innermost -> store.appendEvents(deposit(BOB, noStream(), 3)));
                        throw new IllegalStateException("the business says no");
                    }));
        });

        assertThat(cents(ADA)).containsExactly(1L);
        assertThat(cents(BOB)).isEmpty();
        assertThat(log()).hasSize(1);
    }

    @Test
    void what_is_rolled_back_to_a_savepoint_was_never_there() {
        transaction.executeWithoutResult(status -> {
            Object beforeAll = status.createSavepoint();
            store.appendEvents(deposit(ADA, noStream(), 1));
            status.rollbackToSavepoint(beforeAll);
            store.appendEvents(deposit(ADA, noStream(), 2));
            Object first = status.createSavepoint();
            store.appendEvents(deposit(ADA, exactly(1), 3));
            store.appendEvents(deposit(BOB, noStream(), 4));
            Object second = status.createSavepoint();
            store.appendEvents(deposit(BOB, exactly(1), 5));
            status.rollbackToSavepoint(second);
            assertThat(cents(BOB)).containsExactly(4L);
            status.rollbackToSavepoint(first);
            assertThat(cents(ADA)).containsExactly(2L);
            assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.NONE);
            store.appendEvents(deposit(BOB, noStream(), 6));
            status.rollbackToSavepoint(first);
            store.appendEvents(deposit(ADA, exactly(1), 7));
        });

        assertThat(cents(ADA)).containsExactly(2L, 7L);
        assertThat(cents(BOB)).isEmpty();
        assertThat(log()).extracting(RecordedEvent::version).containsExactly(StreamVersion.of(1), StreamVersion.of(2));
    }

    @Test
    void a_rollback_takes_along_what_a_nested_transaction_has_committed() {
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        transaction.executeWithoutResult(status -> {
            nested.executeWithoutResult(inner -> store.appendEvents(deposit(ADA, noStream(), 1)));
            assertThat(Race.<List<Long>>elsewhere(() -> cents(ADA))).isEmpty();
            status.setRollbackOnly();
        });

        assertThat(log()).isEmpty();
    }
}
