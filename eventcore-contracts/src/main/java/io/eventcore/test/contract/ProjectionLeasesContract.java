package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who may run a partition of a projection, and until when. */
abstract class ProjectionLeasesContract extends ProjectionStoreFixture {
    @Test
    void of_many_who_want_a_lease_exactly_one_gets_it() {
        List<Optional<Lease>> leases = Race.run(8, number -> store.acquire(BALANCES, 1, "owner-" + number, LONG));

        assertThat(leases).filteredOn(Optional::isPresent).hasSize(1);
        assertThat(state().free()).isFalse();
    }

    @Test
    void a_lease_that_has_run_out_is_taken_over_under_a_greater_token() {
        Lease first = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();

        Lease second = acquire("two");

        assertThat(second.token()).isGreaterThan(first.token());
        assertThat(state().isHeldBy(second)).isTrue();
        assertThat(state().isHeldBy(first)).isFalse();
    }

    /** A server may limit how long a session is idle, to less than this time. */
    @Test
    void a_lease_may_last_for_years() {
        Duration years = Duration.ofDays(3650);

        Lease lease = store.acquire(BALANCES, 1, "one", years).orElseThrow();

        assertThat(store.isCurrent(lease, years)).isTrue();
        assertThat(store.acquire(BALANCES, 1, "two", years)).isEmpty();
    }

    @Test
    void a_renewed_lease_is_not_taken_over() {
        Lease lease = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();

        assertThat(store.renew(List.of(lease), LONG)).isTrue();

        assertThat(store.acquire(BALANCES, 1, "two", LONG)).isEmpty();
    }

    @Test
    void renewing_what_somebody_else_took_over_changes_nothing() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        store.acquire(BALANCES, 1, "two", OVER);

        assertThat(store.renew(List.of(lost), LONG)).isFalse();

        assertThat(store.acquire(BALANCES, 1, "three", LONG)).isPresent();
    }

    @Test
    void leases_are_renewed_that_are_named_and_no_other_of_their_owner() {
        store.forget(NAME);
        List<Lease> leases = new ArrayList<>();
        for (String name : List.of("many", "more", "most")) {
            store.register(name, 1, 50, GlobalPosition.START);
            for (int number = 0; number < 50; number++) {
                leases.add(store.acquire(new ProjectionPartition(name, number), 50, "one", OVER)
                        .orElseThrow());
            }
        }
        Lease unknown = leases.remove(117);

        assertThat(store.renew(leases, LONG)).isTrue();

        assertThat(store.partitions())
                .filteredOn(PartitionState::free)
                .extracting(PartitionState::partition)
                .containsExactly(unknown.partition());
        assertThat(store.renew(List.of(), LONG)).isTrue();
    }

    @Test
    void of_leases_some_of_which_are_lost_the_others_are_renewed() {
        store.register("many", 1, 3, GlobalPosition.START);
        List<Lease> leases = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            leases.add(store.acquire(new ProjectionPartition("many", number), 3, "one", OVER)
                    .orElseThrow());
        }
        store.acquire(leases.get(1).partition(), 3, "one", OVER);

        assertThat(store.renew(leases, LONG)).isFalse();

        assertThat(statesOf("many")).extracting(PartitionState::free).containsExactly(false, true, false);
    }

    @Test
    void an_owner_takes_its_own_lease_again_and_nobody_else_does() {
        Lease unheard = acquire("one");

        Lease again = acquire("one");

        assertThat(again.token()).isGreaterThan(unheard.token());
        assertThat(store.isCurrent(unheard, LONG)).isFalse();
        assertThat(store.acquire(BALANCES, 1, "two", LONG)).isEmpty();
    }

    @Test
    void a_lease_that_was_given_back_is_free_at_once() {
        Lease first = acquire("one");

        store.release(first);

        assertThat(state().free()).isTrue();
        assertThat(acquire("two").token()).isGreaterThan(first.token());
    }

    @Test
    void giving_back_a_lease_that_was_lost_does_not_harm_the_new_owner() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        Lease current = acquire("two");

        store.release(lost);

        assertThat(state().free()).isFalse();
        assertThat(store.isCurrent(current, LONG)).isTrue();
    }

    @Test
    void a_seized_lease_makes_the_old_one_worthless() {
        Lease lost = acquire("one");

        Lease seized = store.seize(BALANCES, "two", LONG);

        assertThat(seized.token()).isGreaterThan(lost.token());
        assertThat(store.isCurrent(lost, LONG)).isFalse();
        assertThat(store.advance(lost, Checkpoint.START, TEN, List.of())).isFalse();
        assertThat(store.advance(seized, Checkpoint.START, TEN, List.of())).isTrue();
    }

    @Test
    void a_transaction_that_applies_events_does_not_keep_others_from_taking_the_lease() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();

        Boolean moved = transaction.execute(status -> {
            assertThat(store.isCurrent(lost, LONG)).isTrue();
            assertThat(Race.<Optional<Lease>>elsewhere(() -> store.acquire(BALANCES, 1, "two", LONG)))
                    .isPresent();
            boolean done = store.advance(lost, Checkpoint.START, TEN, List.of());
            status.setRollbackOnly();
            return done;
        });

        assertThat(moved).isFalse();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(Checkpoint.START);
    }

    @Test
    void a_lease_can_be_renewed_while_a_transaction_applies_events() {
        Lease lease = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();

        Boolean moved = transaction.execute(status -> {
            store.isCurrent(lease, LONG);
            Race.elsewhere(() -> store.renew(List.of(lease), LONG));
            return store.advance(lease, Checkpoint.START, TEN, List.of());
        });

        assertThat(moved).isTrue();
        assertThat(store.acquire(BALANCES, 1, "two", LONG)).isEmpty();
    }
}
