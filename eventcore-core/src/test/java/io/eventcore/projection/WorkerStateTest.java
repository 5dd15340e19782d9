package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.WorkerState.Beginning;
import io.eventcore.projection.WorkerState.CatchingUp;
import io.eventcore.projection.WorkerState.Ended;
import io.eventcore.projection.WorkerState.Failed;
import io.eventcore.projection.WorkerState.Following;
import io.eventcore.projection.WorkerState.Overtaken;
import io.eventcore.projection.WorkerState.Paused;
import io.eventcore.projection.WorkerState.StandingStill;
import io.eventcore.projection.WorkerState.Waiting;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class WorkerStateTest {
    private static final ProjectionPartition PARTITION = new ProjectionPartition("balances", 0);
    private static final String OWNER = "this/0";
    private static final Lease LEASE = new Lease(PARTITION, OWNER, 7);

    private final WorkerState waiting = WorkerState.initial(0);
    private final WorkerState beginning = waiting.taken(LEASE, 100);
    private final WorkerState catchingUp = beginning.begun(GlobalPosition.START);
    private final WorkerState following = catchingUp.reachedEnd();

    @Test
    void a_lease_lets_it_catch_up_and_the_end_of_the_log_lets_it_follow() {
        assertThat(waiting).isInstanceOf(Waiting.class).matches(WorkerState::wantsLease);
        assertThat(beginning).isInstanceOf(Beginning.class).matches(WorkerState::runsHere);
        assertThat(catchingUp).isInstanceOf(CatchingUp.class).matches(WorkerState::runsHere);
        assertThat(following).isInstanceOf(Following.class).matches(WorkerState::runsHere);
        assertThat(following.fellBehind()).isEqualTo(catchingUp);
        assertThat(List.of(
                        waiting.shown(false),
                        beginning.shown(false),
                        catchingUp.shown(false),
                        following.shown(false),
                        following.shown(true)))
                .containsExactly(
                        ProjectionState.STANDBY,
                        ProjectionState.CATCHING_UP,
                        ProjectionState.CATCHING_UP,
                        ProjectionState.LIVE,
                        ProjectionState.RETRYING);
    }

    @Test
    void a_lease_is_good_until_its_time_and_for_longer_only_when_it_is_renewed_itself() {
        assertThat(following.isGoodAt(99)).isTrue();
        assertThat(following.isGoodAt(100)).isFalse();
        assertThat(following.renewed(LEASE, 200).isGoodAt(150)).isTrue();
        assertThat(beginning.renewed(LEASE, 200).isGoodAt(150)).isTrue();
        assertThat(catchingUp.renewed(LEASE, 200).isGoodAt(150)).isTrue();
        assertThat(following.renewed(new Lease(PARTITION, OWNER, 6), 200)).isEqualTo(following);
        assertThat(waiting.isGoodAt(0)).isFalse();
    }

    @Test
    void how_far_it_has_come_is_known_when_the_checkpoint_was_read_under_the_lease() {
        GlobalPosition before = GlobalPosition.of(9);
        WorkerState again = waiting.with(waiting.facts().at(before)).taken(LEASE, 100);

        assertThat(again.reachedHere()).as("the projection may have been reset").isEmpty();
        assertThat(again.reachedEnd().reachedHere()).isEmpty();
        assertThat(again.fellBehind().reachedHere()).isEmpty();
        assertThat(again.begun(GlobalPosition.START).reachedHere()).contains(GlobalPosition.START);
        WorkerState further = following.with(following.facts().at(before));
        assertThat(further.reachedHere()).contains(before);
        assertThat(further.overtaken().reachedHere()).isEmpty();
        assertThat(further.overtaken().begun(before)).isInstanceOf(Overtaken.class);
        assertThat(further.withoutLease().reachedHere()).isEmpty();
    }

    @Test
    void a_lease_that_the_store_calls_another_ones_is_lost_until_it_is_given_back() {
        WorkerState overtaken = following.observed(look(state("other", 8, false), Optional.of(LEASE)));

        assertThat(overtaken).isInstanceOf(Overtaken.class);
        assertThat(overtaken.runsHere()).isFalse();
        assertThat(overtaken.isGoodAt(0)).isFalse();
        assertThat(overtaken.currentLease()).as("to be renewed").isEmpty();
        assertThat(overtaken.leaseToGiveBack()).contains(LEASE);
        assertThat(overtaken.wantsLease()).isFalse();
        assertThat(overtaken.withoutLease()).isInstanceOf(Waiting.class);
    }

    @Test
    void a_lease_that_was_taken_while_the_store_was_asked_is_not_lost() {
        assertThat(catchingUp.observed(look(state("", 6, true), Optional.empty())))
                .isInstanceOf(CatchingUp.class);
    }

    @Test
    void a_partition_that_the_store_divides_otherwise_is_lost() {
        PartitionState other = new PartitionState(PARTITION, 2, Checkpoint.START, OWNER, 7, false, false, 0, "", true);

        assertThat(following.observed(look(other, Optional.of(LEASE)))).isInstanceOf(Overtaken.class);
        WorkerFacts seen = waiting.observed(look(other, Optional.empty())).facts();
        assertThat(seen.free()).isFalse();
        assertThat(seen.dividedOtherwise()).isTrue();
        assertThat(seen.steppedAt()).as("another instance runs it").isEqualTo(50);
    }

    @Test
    void a_projection_that_is_divided_otherwise_and_that_no_instance_runs_stands_still_here() {
        WorkerFacts seen = waiting.observed(look(List.of(half(0, 9, true), half(1, 7, true)), Optional.empty()))
                .facts();
        assertThat(seen.free()).isTrue();
        assertThat(seen.dividedOtherwise()).isTrue();
        assertThat(seen.steppedAt()).isZero();
        assertThat(seen.position()).as("of the slowest part").isEqualTo(GlobalPosition.of(7));

        assertThat(waiting.observed(look(List.of(half(0, 9, true), half(1, 7, false)), Optional.empty()))
                        .facts()
                        .steppedAt())
                .as("another instance runs a part")
                .isEqualTo(50);
    }

    private static PartitionState half(int number, long position, boolean free) {
        return new PartitionState(
                new ProjectionPartition(PARTITION.projection(), number),
                2,
                Checkpoint.START.movedTo(GlobalPosition.of(position)),
                "other",
                8,
                free,
                false,
                0,
                "",
                true);
    }

    @Test
    void a_lease_of_its_own_that_it_does_not_know_of_is_free_to_be_taken_again() {
        assertThat(waiting.observed(look(state(OWNER, 7, false), Optional.empty()))
                        .facts()
                        .free())
                .isTrue();
        assertThat(waiting.observed(look(state("other", 7, false), Optional.empty()))
                        .facts()
                        .free())
                .isFalse();
        assertThat(waiting.refused().facts().free()).isFalse();
    }

    @Test
    void a_pause_lets_a_worker_finish_and_give_its_lease_back_first() {
        WorkerState asked = following.observed(look(paused(OWNER, 7, 0), Optional.of(LEASE)));
        assertThat(asked).isInstanceOf(Following.class);
        assertThat(asked.hasToRun()).isFalse();
        assertThat(asked.shown(false)).isEqualTo(ProjectionState.LIVE);

        WorkerState paused = asked.withoutLease();
        assertThat(paused).isInstanceOf(Paused.class);
        assertThat(paused.wantsLease()).isFalse();

        assertThat(paused.observed(look(state("", 7, true), Optional.empty()))).isInstanceOf(Waiting.class);
    }

    @Test
    void a_trouble_gives_the_lease_up_and_lasts_until_it_goes_on_or_another_instance_does() {
        WorkerState still = following.stumbled("java.lang.OutOfMemoryError");
        assertThat(still).isInstanceOf(StandingStill.class);
        assertThat(still.leaseToGiveBack()).isEmpty();
        assertThat(still.wantsLease()).isTrue();
        assertThat(still.facts().failure()).isEqualTo("java.lang.OutOfMemoryError");
        assertThat(still.shown(false)).isEqualTo(ProjectionState.RETRYING);

        assertThat(still.taken(LEASE, 200)).isInstanceOf(Beginning.class);
        assertThat(still.observed(look(state("", 7, true), Optional.empty()))).isInstanceOf(StandingStill.class);
        assertThat(still.observed(look(state("other", 8, false), Optional.empty())))
                .isInstanceOf(Waiting.class);
        WorkerState paused = still.observed(look(paused("", 7, 0), Optional.empty()));
        assertThat(paused).isInstanceOf(Paused.class);
        assertThat(paused.observed(look(state("", 7, true), Optional.empty()))).isInstanceOf(StandingStill.class);
    }

    @Test
    void a_failure_lasts_until_the_projection_is_resumed_once_more() {
        WorkerState failed = following.failed("mend it");
        assertThat(failed).isInstanceOf(Failed.class);
        assertThat(failed.leaseToGiveBack()).isEmpty();
        assertThat(failed.wantsLease()).isFalse();
        assertThat(failed.hasToRun()).isFalse();
        assertThat(failed.stumbled("other")).isEqualTo(failed);

        assertThat(failed.observed(look(paused("", 7, 0), Optional.empty()))).isInstanceOf(Failed.class);
        assertThat(failed.observed(look(state("other", 8, false), Optional.empty())))
                .isInstanceOf(Failed.class);
        assertThat(failed.observed(look(paused("", 7, 1), Optional.empty()))).isInstanceOf(Paused.class);
        WorkerState resumed = failed.observed(look(
                new PartitionState(PARTITION, 1, Checkpoint.START, "", 7, true, false, 1, "", true), Optional.empty()));
        assertThat(resumed).isInstanceOf(Waiting.class);
        assertThat(resumed.facts().failure()).as("told until it has gone on").isEqualTo("mend it");
    }

    @Test
    void the_position_is_the_stores_only_while_the_partition_does_not_run_here() {
        Checkpoint ahead = new Checkpoint(GlobalPosition.of(9), GlobalPosition.of(9), UUID.randomUUID());
        PartitionState seen = new PartitionState(PARTITION, 1, ahead, OWNER, 7, false, false, 0, "", true);

        assertThat(following.observed(look(seen, Optional.of(LEASE))).facts().position())
                .isEqualTo(GlobalPosition.START);
        assertThat(waiting.observed(look(seen, Optional.empty())).facts().position())
                .isEqualTo(ahead.position());
        PartitionState reset = state("other", 8, false);
        assertThat(following
                        .with(following.facts().at(ahead.position()))
                        .observed(look(reset, Optional.of(LEASE)))
                        .facts()
                        .position())
                .as("of a lease that is lost")
                .isEqualTo(GlobalPosition.START);
    }

    @Test
    void only_a_worker_that_has_to_run_can_stand_still() {
        assertThat(steppedAt(waiting, state("", 7, true), true)).as("its turn").isZero();
        assertThat(steppedAt(waiting, state("other", 7, false), true))
                .as("another instance runs it")
                .isEqualTo(50);
        assertThat(steppedAt(waiting, state("", 7, true), false))
                .as("not admitted")
                .isEqualTo(50);
        assertThat(steppedAt(waiting, paused("", 7, 0), true)).as("paused").isEqualTo(50);
        assertThat(steppedAt(waiting.failed("mend it"), state("", 7, true), true))
                .as("failed")
                .isEqualTo(50);
        assertThat(following
                        .observed(look(state(OWNER, 7, false), Optional.of(LEASE)))
                        .facts()
                        .steppedAt())
                .as("runs")
                .isZero();
    }

    @Test
    void nothing_follows_the_end() {
        List<UnaryOperator<WorkerState>> transitions = List.of(
                now -> now.stumbled("x"),
                now -> now.failed("x"),
                WorkerState::withoutLease,
                WorkerState::overtaken,
                WorkerState::reachedEnd,
                WorkerState::fellBehind,
                now -> now.renewed(LEASE, 200),
                now -> now.observed(look(paused("", 7, 1), Optional.empty())));

        assertThat(transitions)
                .allSatisfy(transition -> assertThat(transition.apply(following.ended()))
                        .isInstanceOf(Ended.class)
                        .extracting(now -> now.shown(false))
                        .isEqualTo(ProjectionState.STOPPED));
    }

    private static long steppedAt(WorkerState before, PartitionState seen, boolean admitted) {
        return before.observed(new Observation(PARTITION, 1, OWNER, List.of(seen), Optional.empty(), admitted, 50))
                .facts()
                .steppedAt();
    }

    private static Observation look(PartitionState state, Optional<Lease> before) {
        return look(List.of(state), before);
    }

    private static Observation look(List<PartitionState> version, Optional<Lease> before) {
        return new Observation(PARTITION, 1, OWNER, version, before, true, 50);
    }

    private static PartitionState state(String owner, long token, boolean free) {
        return new PartitionState(PARTITION, 1, Checkpoint.START, owner, token, free, false, 0, "", true);
    }

    private static PartitionState paused(String owner, long token, long resumes) {
        return new PartitionState(PARTITION, 1, Checkpoint.START, owner, token, true, true, resumes, "", true);
    }
}
