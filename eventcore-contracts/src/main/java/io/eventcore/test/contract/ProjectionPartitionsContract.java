package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The partitions of projections and of their versions: which partitions there are, in what state, and how they are
 * divided anew.
 */
abstract class ProjectionPartitionsContract extends ProjectionStoreFixture {
    @Test
    void a_projection_begins_before_the_first_event_and_belongs_to_nobody() {
        PartitionState state = state();

        assertThat(state.checkpoint()).isEqualTo(Checkpoint.START);
        assertThat(state.free()).isTrue();
        assertThat(state.paused()).isFalse();
        assertThat(state.partitions()).isEqualTo(1);
        assertThat(store.checkpoint(BALANCES)).isEqualTo(Checkpoint.START);
    }

    @Test
    void registering_again_changes_nothing() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of());

        store.register(NAME, 1, 1, GlobalPosition.START);

        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        assertThat(store.acquire(BALANCES, 1, "two", LONG)).isEmpty();
    }

    @Test
    void to_register_another_number_of_partitions_changes_nothing_and_gives_no_lease() {
        store.register(NAME, 1, 4, GlobalPosition.START);

        assertThat(store.partitions())
                .singleElement()
                .satisfies(state -> assertThat(state.partitions()).isEqualTo(1));
        assertThat(store.acquire(BALANCES, 4, "one", LONG)).isEmpty();
        assertThat(store.acquire(new ProjectionPartition(NAME, 3), 4, "one", LONG))
                .isEmpty();
        assertThat(store.acquire(BALANCES, 1, "one", LONG)).isPresent();
    }

    @Test
    void a_projection_is_divided_anew_by_who_holds_all_leases_at_one_position() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        assertThat(store.repartition(List.of(lease), 4, stream -> 2)).isTrue();

        assertThat(store.partitions()).hasSize(4).allSatisfy(state -> {
            assertThat(state.partitions()).isEqualTo(4);
            assertThat(state.checkpoint()).isEqualTo(TEN);
            assertThat(state.free()).isTrue();
            assertThat(state.active()).isTrue();
            assertThat(store.acquire(state.partition(), 4, "two", LONG)
                            .orElseThrow()
                            .token())
                    .isGreaterThan(lease.token());
        });
        assertThat(store.parkedStreams(NAME))
                .singleElement()
                .satisfies(stream -> assertThat(stream.partition().number()).isEqualTo(2));
        assertThat(store.acquire(BALANCES, 1, "three", LONG)).isEmpty();
        assertThat(store.advance(lease, TEN, TEN.movedTo(at(11)), List.of())).isFalse();
        assertThat(store.isCurrent(lease, LONG)).isFalse();
    }

    @Test
    void partitions_are_put_together_at_the_newest_event_that_one_of_them_has_seen() {
        List<Lease> leases = fourPartitionsAt(20);

        assertThat(store.repartition(leases, 2, stream -> 0)).isTrue();

        assertThat(statesOf("many"))
                .hasSize(2)
                .allSatisfy(state ->
                        assertThat(state.checkpoint()).isEqualTo(new Checkpoint(at(20), at(13), new UUID(0, 3))));
    }

    @Test
    void a_projection_is_not_divided_anew_while_its_partitions_are_at_different_positions() {
        List<Lease> leases = fourPartitionsAt(20);
        Lease first = leases.get(0);
        store.advance(first, store.checkpoint(first.partition()), TEN.movedTo(at(21)), List.of());

        assertThat(store.repartition(leases, 2, stream -> 0)).isFalse();

        assertThat(statesOf("many")).hasSize(4);
    }

    @Test
    void a_projection_is_not_divided_anew_when_a_lease_is_lost_or_missing() {
        List<Lease> leases = fourPartitionsAt(20);

        assertThat(store.repartition(leases.subList(0, 3), 2, stream -> 0)).isFalse();
        Lease last = leases.get(3);
        store.seize(last.partition(), "two", LONG);
        assertThat(store.repartition(leases, 2, stream -> 0)).isFalse();

        assertThat(statesOf("many"))
                .hasSize(4)
                .allSatisfy(state -> assertThat(state.partitions()).isEqualTo(4));
    }

    @Test
    void of_two_who_divide_a_projection_anew_one_succeeds() {
        List<Lease> leases = fourPartitionsAt(20);

        List<Boolean> done = Race.run(4, number -> store.repartition(leases, 5 + number, stream -> 0));

        assertThat(done).filteredOn(success -> success).hasSize(1);
        List<PartitionState> states = statesOf("many");
        assertThat(states).allSatisfy(state -> assertThat(state.partitions()).isEqualTo(states.size()));
    }

    private List<Lease> fourPartitionsAt(long position) {
        store.register("many", 1, 4, GlobalPosition.START);
        List<Lease> leases = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            ProjectionPartition partition = new ProjectionPartition("many", number);
            Lease lease = store.acquire(partition, 4, "one", LONG).orElseThrow();
            Checkpoint to = new Checkpoint(at(position), at(10 + number), new UUID(0, number));
            assertThat(store.advance(lease, Checkpoint.START, to, List.of())).isTrue();
            leases.add(lease);
        }
        return leases;
    }

    @Test
    void versions_are_paused_together_also_one_that_comes_later() {
        store.setPaused(NAME, true);

        store.register(NAME, 2, 1, GlobalPosition.START);

        assertThat(store.acquire(new ProjectionPartition(NAME, 2, 0), 1, "one", LONG))
                .isEmpty();
        store.setPaused(NAME, false);
        assertThat(store.acquire(new ProjectionPartition(NAME, 2, 0), 1, "one", LONG))
                .isPresent();
    }

    @Test
    void many_who_register_at_the_same_time_register_once() {
        Race.run(6, number -> {
            store.register("many", 1, 8, GlobalPosition.START);
            return number;
        });

        assertThat(store.partitions())
                .filteredOn(state -> state.partition().projection().equals("many"))
                .hasSize(8)
                .allSatisfy(state -> assertThat(state.partitions()).isEqualTo(8));
    }

    @Test
    void what_is_not_registered_has_no_checkpoint() {
        ProjectionPartition unknown = new ProjectionPartition("unknown", 0);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.checkpoint(unknown))
                .withMessageContaining("unknown");
        assertThatIllegalArgumentException().isThrownBy(() -> store.seize(unknown, "one", LONG));
    }

    @Test
    void a_paused_projection_is_given_to_nobody() {
        store.setPaused(NAME, true);

        assertThat(store.acquire(BALANCES, 1, "one", LONG)).isEmpty();
        assertThat(state().paused()).isTrue();

        store.setPaused(NAME, false);

        assertThat(store.acquire(BALANCES, 1, "one", LONG)).isPresent();
    }

    @Test
    void a_pause_that_no_partition_can_keep_is_refused_and_one_that_is_lifted_needs_none() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.setPaused("unknown", true))
                .withMessageContaining("unknown");

        store.setPaused("unknown", false);

        assertThat(store.partitions("unknown")).isEmpty();
    }

    @Test
    void a_failure_is_remembered_until_it_is_cleared() {
        Lease lease = acquire("one");

        store.recordFailure(lease, "java.lang.IllegalStateException at position 7");

        assertThat(state().failure()).contains("position 7");
        long before = state().resumes();
        store.clearFailures(NAME);
        assertThat(state().failure()).isEmpty();
        assertThat(state().resumes()).isGreaterThan(before);
    }

    @Test
    void a_failure_is_over_when_another_owner_takes_the_partition_on() {
        Lease lease = acquire("one");
        store.recordFailure(lease, "java.lang.IllegalStateException at position 7");
        store.release(lease);

        store.seize(BALANCES, "two", OVER);
        assertThat(state().failure()).as("taken, not to run it").isNotEmpty();
        acquire("three");

        assertThat(state().failure()).isEmpty();
        assertThat(state().resumes()).isZero();
    }

    @Test
    void a_failure_under_a_lost_lease_is_not_noted() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        acquire("two");

        store.recordFailure(lost, "java.lang.IllegalStateException");

        assertThat(state().failure()).isEmpty();
    }

    @Test
    void a_pause_while_a_projection_is_divided_anew_counts_for_the_new_partitions() {
        whileItIsDividedAnew(() -> store.setPaused(NAME, true));

        assertThat(statesOf(NAME)).hasSize(6).allMatch(PartitionState::paused);
    }

    @Test
    void a_failure_that_is_cleared_while_a_projection_is_divided_anew_counts_as_a_resume() {
        whileItIsDividedAnew(() -> store.clearFailures(NAME));

        assertThat(statesOf(NAME)).hasSize(6).allMatch(state -> state.resumes() == 1);
    }

    @Test
    void a_version_is_made_active_while_another_one_is_divided_anew() {
        whileItIsDividedAnew(() -> store.activate(NAME, 2));

        assertThat(statesOf(NAME))
                .hasSize(6)
                .allMatch(state -> state.active() == (state.partition().version() == 2));
    }

    @Test
    void a_projection_is_forgotten_while_it_is_divided_anew() {
        whileItIsDividedAnew(() -> store.forget(NAME));

        assertThat(store.partitions()).isEmpty();
        assertThat(store.parkedStreams()).isEmpty();
    }

    /**
     * Runs an action on a projection with two versions while the first one, which has many parked streams, is divided.
     */
    private void whileItIsDividedAnew(Runnable action) {
        List<ParkedChange> parked = IntStream.range(0, 300)
                .<ParkedChange>mapToObj(
                        number -> new ParkedChange.Parked(parkedAt(StreamId.of("account-" + number), number + 1)))
                .toList();
        Lease lease = acquire("one");
        assertThat(store.advance(lease, Checkpoint.START, TEN, parked)).isTrue();
        store.register(NAME, 2, 2, GlobalPosition.START);
        CountDownLatch begun = new CountDownLatch(1);
        List<CompletableFuture<Void>> meanwhile = new ArrayList<>();

        boolean done = store.repartition(List.of(lease), 4, stream -> {
            if (meanwhile.isEmpty()) {
                meanwhile.add(CompletableFuture.runAsync(() -> {
                    begun.countDown();
                    action.run();
                }));
                ProjectionRunnerFixture.await(begun);
            }
            return 2;
        });

        assertThat(done).isTrue();
        meanwhile.forEach(CompletableFuture::join);
    }

    @Test
    void a_version_that_is_registered_while_the_projection_is_paused_is_paused() {
        for (int round = 0; round < 20; round++) {
            String name = "paused-" + round;
            store.register(name, 1, 1, GlobalPosition.START);

            Race.run(2, number -> {
                if (number == 0) {
                    store.setPaused(name, true);
                } else {
                    store.register(name, 2, 1, GlobalPosition.START);
                }
                return true;
            });

            assertThat(statesOf(name)).hasSize(2).allMatch(PartitionState::paused);
        }
    }

    @Test
    void a_forgotten_projection_leaves_nothing_behind() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        store.forget(NAME);

        assertThat(store.partitions()).isEmpty();
        assertThat(store.parkedStreams()).isEmpty();
        store.register(NAME, 1, 4, GlobalPosition.START);
        assertThat(store.checkpoint(BALANCES)).isEqualTo(Checkpoint.START);
    }

    @Test
    void the_partitions_of_one_projection_are_those_among_all() {
        store.register("other", 1, 2, GlobalPosition.START);
        store.register(NAME, 2, 3, GlobalPosition.START);

        assertThat(store.partitions(NAME)).hasSize(4).isEqualTo(statesOf(NAME));
        assertThat(store.partitions("unknown")).isEmpty();
    }
}
