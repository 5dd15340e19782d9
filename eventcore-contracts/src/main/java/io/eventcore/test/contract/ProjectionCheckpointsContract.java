package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * How far a partition has come: the checkpoint moves under the newest lease, from where it is, and with the caller's
 * transaction.
 */
abstract class ProjectionCheckpointsContract extends ProjectionStoreFixture {
    @Test
    void a_checkpoint_moves_under_the_newest_token_only() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        Lease current = acquire("two");

        boolean late = store.advance(lost, Checkpoint.START, TEN, List.of());

        assertThat(late).isFalse();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(Checkpoint.START);
        assertThat(store.advance(current, Checkpoint.START, TEN, List.of())).isTrue();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
    }

    @Test
    void a_checkpoint_moves_only_from_where_it_is() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of());

        boolean again = store.advance(lease, Checkpoint.START, TEN.movedTo(at(12)), List.of());

        assertThat(again).isFalse();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
    }

    @Test
    void of_many_who_move_a_checkpoint_from_one_place_exactly_one_succeeds() {
        Lease lease = acquire("one");

        List<Boolean> moved =
                Race.run(8, number -> store.advance(lease, Checkpoint.START, TEN.movedTo(at(20 + number)), List.of()));

        assertThat(moved).filteredOn(done -> done).hasSize(1);
    }

    @Test
    void a_rollback_takes_the_checkpoint_along() {
        Lease lease = acquire("one");

        boolean moved = Boolean.TRUE.equals(transaction.execute(status -> {
            boolean done = store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));
            status.setRollbackOnly();
            return done;
        }));

        assertThat(moved).isTrue();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(Checkpoint.START);
        assertThat(store.parkedStreams(NAME)).isEmpty();
        assertThat(store.advance(lease, Checkpoint.START, TEN, List.of())).isTrue();
    }

    @Test
    void a_rollback_to_a_savepoint_takes_the_checkpoint_along() {
        Lease lease = acquire("one");
        TransactionTemplate nested = new TransactionTemplate(manager);
        nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);

        transaction.executeWithoutResult(status -> {
            nested.executeWithoutResult(inner -> {
                assertThat(store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3)))))
                        .isTrue();
                inner.setRollbackOnly();
            });
            assertThat(store.advance(lease, Checkpoint.START, TEN.movedTo(at(12)), List.of()))
                    .isTrue();
            nested.executeWithoutResult(inner -> {
                store.advance(lease, TEN.movedTo(at(12)), TEN.movedTo(at(14)), List.of());
                inner.setRollbackOnly();
            });
        });

        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN.movedTo(at(12)));
        assertThat(store.parkedStreams(NAME)).isEmpty();
    }

    @Test
    void a_transaction_moves_a_checkpoint_more_than_once() {
        Lease lease = acquire("one");

        transaction.executeWithoutResult(status -> {
            assertThat(store.advance(lease, Checkpoint.START, TEN, List.of())).isTrue();
            assertThat(store.advance(lease, Checkpoint.START, TEN.movedTo(at(11)), List.of()))
                    .isFalse();
            assertThat(store.advance(lease, TEN, TEN.movedTo(at(12)), List.of()))
                    .isTrue();
        });

        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN.movedTo(at(12)));
    }

    @Test
    void a_checkpoint_moves_when_the_transaction_commits() {
        Lease lease = acquire("one");

        transaction.executeWithoutResult(status -> {
            assertThat(store.joinsCallersTransaction()).isTrue();
            assertThat(store.isCurrent(lease, LONG)).isTrue();
            assertThat(store.advance(lease, Checkpoint.START, TEN, List.of())).isTrue();
            assertThat(Race.<Checkpoint>elsewhere(() -> store.checkpoint(BALANCES)))
                    .isEqualTo(Checkpoint.START);
        });

        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        assertThat(store.joinsCallersTransaction()).isFalse();
    }
}
