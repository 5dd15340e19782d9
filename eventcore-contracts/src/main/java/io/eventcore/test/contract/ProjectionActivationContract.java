package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The versions of a projection: which one queries should read. There is always one. */
abstract class ProjectionActivationContract extends ProjectionStoreFixture {
    private static final ProjectionPartition SECOND = new ProjectionPartition(NAME, 2, 0);

    @Test
    void versions_stand_beside_each_other_and_the_first_is_active_until_another_one_is_made_so() {
        store.advance(acquire("one"), Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        store.register(NAME, 2, 2, GlobalPosition.START);

        assertThat(activeVersions()).containsExactly(1);
        ProjectionPartition second = new ProjectionPartition(NAME, 2, 1);
        assertThat(store.checkpoint(second)).isEqualTo(Checkpoint.START);
        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        Lease lease = store.acquire(second, 2, "two", LONG).orElseThrow();
        assertThat(store.advance(lease, Checkpoint.START, TEN.movedTo(at(30)), List.of()))
                .isTrue();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        assertThat(store.parkedStreams(NAME)).hasSize(1);

        store.activate(NAME, 2);

        assertThat(activeVersions()).containsExactly(2);
        store.forgetVersion(NAME, 1);
        assertThat(store.partitions()).hasSize(2);
        assertThat(store.parkedStreams(NAME)).isEmpty();
        assertThat(activeVersions()).containsExactly(2);
    }

    @Test
    void side_effects_begin_where_they_are_told_and_are_never_active() {
        store.forget(NAME);

        store.register(NAME, ProjectionPartition.SIDE_EFFECTS, 1, at(7));
        store.register(NAME, ProjectionPartition.SIDE_EFFECTS, 1, at(9));
        store.register(NAME, 3, 1, GlobalPosition.START);

        assertThat(store.checkpoint(new ProjectionPartition(NAME, ProjectionPartition.SIDE_EFFECTS, 0)))
                .isEqualTo(Checkpoint.START.movedTo(at(7)));
        assertThat(activeVersions()).containsExactly(3);
    }

    @Test
    void a_version_that_is_not_there_or_that_queries_cannot_read_is_not_made_active() {
        store.register(NAME, ProjectionPartition.SIDE_EFFECTS, 1, GlobalPosition.START);

        for (int version : List.of(ProjectionPartition.SIDE_EFFECTS, 2)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> store.activate(NAME, version))
                    .withMessageContaining(NAME);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> store.activateIfReached(NAME, version, GlobalPosition.START))
                    .withMessageContaining(NAME);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> store.activate("unknown", 1));

        assertThat(activeVersions()).containsExactly(1);
    }

    @Test
    void the_version_that_queries_read_is_not_forgotten() {
        store.register(NAME, 2, 1, GlobalPosition.START);
        store.register(NAME, ProjectionPartition.SIDE_EFFECTS, 1, GlobalPosition.START);

        assertThatIllegalStateException()
                .isThrownBy(() -> store.forgetVersion(NAME, 1))
                .withMessageContaining(NAME);

        assertThat(activeVersions()).containsExactly(1);
        store.forgetVersion(NAME, 2);
        store.forgetVersion(NAME, 2);
        store.forgetVersion(NAME, ProjectionPartition.SIDE_EFFECTS);
        assertThat(statesOf(NAME)).hasSize(1);
    }

    @Test
    void however_versions_are_activated_and_forgotten_at_once_one_is_active() {
        for (int round = 0; round < 20; round++) {
            String name = "switched-" + round;
            store.register(name, 1, 1, GlobalPosition.START);
            store.register(name, 2, 1, GlobalPosition.START);

            List<Boolean> done = Race.run(
                    2,
                    number -> number == 0
                            ? isDone(() -> store.activate(name, 2))
                            : isDone(() -> store.forgetVersion(name, 2)));

            assertThat(done).containsOnlyOnce(true);
            assertThat(statesOf(name)).filteredOn(PartitionState::active).hasSize(1);
        }
    }

    private static boolean isDone(Runnable change) {
        try {
            change.run();
            return true;
        } catch (IllegalArgumentException | IllegalStateException refused) {
            return false;
        }
    }

    @Test
    void a_version_takes_its_place_by_itself_only_if_it_is_newer_and_all_of_it_has_come_so_far() {
        store.register(NAME, 2, 2, GlobalPosition.START);
        advance(SECOND, 2, TEN);
        assertThat(store.activateIfReached(NAME, 2, TEN.position())).isFalse();
        advance(new ProjectionPartition(NAME, 2, 1), 2, TEN);
        assertThat(store.activateIfReached(NAME, 2, at(11))).isFalse();
        assertThat(activeVersions()).containsExactly(1);

        assertThat(store.activateIfReached(NAME, 2, TEN.position())).isTrue();

        assertThat(activeVersions()).containsExactly(2);
        assertThat(store.activateIfReached(NAME, 1, GlobalPosition.START)).isFalse();
        assertThat(store.activateIfReached(NAME, 2, GlobalPosition.START)).isFalse();
        assertThat(activeVersions()).containsExactly(2);
    }

    @Test
    void a_version_that_is_being_set_back_does_not_take_its_place() {
        store.register(NAME, 2, 1, GlobalPosition.START);
        Lease lease = store.acquire(SECOND, 1, "one", LONG).orElseThrow();

        // Many times: a store that looks without waiting may happen to look when the version is already set back.
        for (int i = 0; i < 20; i++) {
            assertThat(store.advance(lease, Checkpoint.START, TEN, List.of())).isTrue();
            CountDownLatch begun = new CountDownLatch(1);
            List<CompletableFuture<Boolean>> switched = new ArrayList<>();
            transaction.executeWithoutResult(status -> {
                assertThat(store.advance(lease, TEN, Checkpoint.START, List.of()))
                        .isTrue();
                switched.add(CompletableFuture.supplyAsync(() -> {
                    begun.countDown();
                    return store.activateIfReached(NAME, 2, TEN.position());
                }));
                ProjectionRunnerFixture.await(begun);
                assertThat(store.partitions(NAME)).hasSize(2);
            });

            assertThat(switched.get(0).join()).isFalse();
            assertThat(activeVersions()).containsExactly(1);
        }
    }

    private void advance(ProjectionPartition partition, int partitions, Checkpoint to) {
        Lease lease = store.acquire(partition, partitions, "one", LONG).orElseThrow();
        assertThat(store.advance(lease, Checkpoint.START, to, List.of())).isTrue();
    }

    private List<Integer> activeVersions() {
        return statesOf(NAME).stream()
                .filter(PartitionState::active)
                .map(state -> state.partition().version())
                .distinct()
                .toList();
    }
}
