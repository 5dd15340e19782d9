package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedCount;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What a store of leases and checkpoints promises.
 *
 * @since 0.1
 */
public abstract class ProjectionStoreContract {
    private static final String NAME = "balances";
    private static final ProjectionPartition BALANCES = new ProjectionPartition(NAME, 0);
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration LONG = Duration.ofHours(1);

    /** A lease that has run out when it is given: so that no test has to wait for one. */
    private static final Duration OVER = Duration.ZERO;

    private static final Checkpoint TEN = new Checkpoint(at(10), at(9), new UUID(4, 2));

    private ProjectionStore store;
    private PlatformTransactionManager manager;
    private TransactionTemplate transaction;

    /** For subclasses. */
    protected ProjectionStoreContract() {}

    /** A store that knows no projection, fresh for each test. */
    protected abstract ProjectionStore emptyStore();

    /** Manages the transactions that the store joins; asked after {@link #emptyStore()}. */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithARegisteredProjection() {
        store = emptyStore();
        manager = transactionManager();
        transaction = new TransactionTemplate(manager);
        transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        store.register(NAME, 1, 1, GlobalPosition.START);
    }

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
    void side_effects_begin_where_they_are_told_and_are_never_active() {
        store.forget(NAME);

        store.register(NAME, ProjectionPartition.SIDE_EFFECTS, 1, at(7));
        store.register(NAME, ProjectionPartition.SIDE_EFFECTS, 1, at(9));
        store.register(NAME, 3, 1, GlobalPosition.START);

        assertThat(store.checkpoint(new ProjectionPartition(NAME, ProjectionPartition.SIDE_EFFECTS, 0)))
                .isEqualTo(Checkpoint.START.movedTo(at(7)));
        assertThat(activeVersions()).containsExactly(3);
    }

    private List<Integer> activeVersions() {
        return statesOf(NAME).stream()
                .filter(PartitionState::active)
                .map(state -> state.partition().version())
                .distinct()
                .toList();
    }

    private List<PartitionState> statesOf(String projection) {
        return store.partitions().stream()
                .filter(state -> state.partition().projection().equals(projection))
                .toList();
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

    /** A server may bound how long a session is idle, and by less than this. */
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

    @Test
    void a_paused_projection_is_given_to_nobody() {
        store.setPaused(NAME, true);

        assertThat(store.acquire(BALANCES, 1, "one", LONG)).isEmpty();
        assertThat(state().paused()).isTrue();

        store.setPaused(NAME, false);

        assertThat(store.acquire(BALANCES, 1, "one", LONG)).isPresent();
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
    void a_failure_under_a_lost_lease_is_not_noted() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        acquire("two");

        store.recordFailure(lost, "java.lang.IllegalStateException");

        assertThat(state().failure()).isEmpty();
    }

    @Test
    void a_parked_stream_is_kept_as_it_was_given_until_it_is_released() {
        Lease lease = acquire("one");
        ParkedStream stream = parked(3);

        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(stream)));

        assertThat(store.parkedStreams(NAME)).containsExactly(stream);
        assertThat(store.parkedStreams()).containsExactly(stream);
        assertThat(store.parkedStreams("other")).isEmpty();

        store.advance(lease, TEN, TEN, List.of(new ParkedChange.Released(ADA)));

        assertThat(store.parkedStreams(NAME)).isEmpty();
    }

    @Test
    void all_streams_of_a_partition_are_released_at_once_and_those_of_another_one_stay() {
        store.register("halves", 1, 2, GlobalPosition.START);
        Lease first = parkIn(new ProjectionPartition("halves", 0), List.of(ADA, StreamId.of("account-cem")));
        parkIn(new ProjectionPartition("halves", 1), List.of(StreamId.of("account-bob")));

        boolean done = store.advance(first, TEN, Checkpoint.START, List.of(new ParkedChange.AllReleased()));

        assertThat(done).isTrue();
        assertThat(store.parkedStreams("halves"))
                .extracting(stream -> stream.streamId().value())
                .containsExactly("account-bob");
    }

    private Lease parkIn(ProjectionPartition partition, List<StreamId> streams) {
        Lease lease = store.acquire(partition, 2, "one", Duration.ofMinutes(1)).orElseThrow();
        List<ParkedChange> parked = new ArrayList<>();
        for (StreamId stream : streams) {
            parked.add(new ParkedChange.Parked(new ParkedStream(
                    partition, stream, at(3), "account.deposited", "java.lang.Error", 1, ParkedStream.Request.NONE)));
        }
        assertThat(store.advance(lease, Checkpoint.START, TEN, parked)).isTrue();
        return lease;
    }

    @Test
    void more_events_queue_up_behind_a_parked_one() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        store.advance(lease, TEN, TEN.movedTo(at(12)), List.of(new ParkedChange.Queued(ADA, 2)));

        assertThat(store.parkedStreams(NAME)).singleElement().satisfies(stream -> {
            assertThat(stream.waiting()).isEqualTo(3);
            assertThat(stream.position()).isEqualTo(at(3));
        });
    }

    @Test
    void nothing_is_parked_without_the_newest_token() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        acquire("two");

        boolean done = store.advance(lost, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        assertThat(done).isFalse();
        assertThat(store.parkedStreams(NAME)).isEmpty();
    }

    @Test
    void what_is_asked_for_a_parked_stream_is_remembered_while_more_events_queue_up() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        boolean found = store.request(NAME, ADA, ParkedStream.Request.RETRY);
        store.advance(lease, TEN, TEN, List.of(new ParkedChange.Queued(ADA, 1)));

        assertThat(found).isTrue();
        assertThat(store.parkedStreams(NAME))
                .singleElement()
                .satisfies(stream -> assertThat(stream.request()).isEqualTo(ParkedStream.Request.RETRY));
        assertThat(store.request(NAME, StreamId.of("account-bob"), ParkedStream.Request.RETRY))
                .isFalse();
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
    void what_is_asked_about_parked_streams_is_told_without_all_of_them() {
        store.register("other", 1, 1, GlobalPosition.START);
        StreamId bob = StreamId.of("account-bob");
        Lease lease = acquire("one");
        store.advance(
                lease,
                Checkpoint.START,
                TEN,
                List.of(new ParkedChange.Parked(parked(5)), new ParkedChange.Parked(parkedAt(bob, 3))));

        assertThat(store.parkedStreams(BALANCES)).containsExactly(parkedAt(bob, 3), parked(5));
        assertThat(store.parkedStreams(new ProjectionPartition(NAME, 1))).isEmpty();
        assertThat(store.parkedStreams(NAME, at(0), 1)).containsExactly(parkedAt(bob, 3));
        assertThat(store.parkedStreams(NAME, at(3), 2)).containsExactly(parked(5));
        assertThat(store.parkedStreams(NAME, at(5), 2)).isEmpty();
        assertThat(store.parkedStreams("other", at(0), 10)).isEmpty();
        assertThat(store.parkedStreamsAt(NAME, at(3))).containsExactly(parkedAt(bob, 3));
        assertThat(store.parkedStreamsAt(NAME, at(4))).isEmpty();
        assertThat(store.parkedStreamsAt("other", at(3))).isEmpty();
        assertThat(store.parkedIds(BALANCES, 10)).containsExactlyInAnyOrder(ADA, bob);
        assertThat(store.parkedIds(BALANCES, 1)).hasSize(1);
        assertThat(store.parkedIds(new ProjectionPartition(NAME, 1), 10)).isEmpty();
        assertThat(store.parkedAmong(BALANCES, Set.of(StreamId.of("nobody"), bob)))
                .containsExactly(bob);
        assertThat(store.parkedAmong(BALANCES, Set.of())).isEmpty();
        assertThat(store.parkedAmong(new ProjectionPartition(NAME, 1), Set.of(ADA, bob)))
                .isEmpty();
        assertThat(store.parkedStream(NAME, 1, ADA)).contains(parked(5));
        assertThat(store.parkedStream(NAME, 2, ADA)).isEmpty();
        assertThat(store.parkedStream(NAME, 1, StreamId.of("nobody"))).isEmpty();
        assertThat(store.hasParkedStreams(NAME, 1, at(2))).isFalse();
        assertThat(store.hasParkedStreams(NAME, 1, at(3))).isTrue();
        assertThat(store.hasParkedStreams(NAME, 2, at(3))).isFalse();
        assertThat(store.hasParkedStreams("other", 1, at(3))).isFalse();
        assertThat(store.parkedCounts()).containsExactly(new ParkedCount(NAME, 1, 2));
    }

    @Test
    void only_parked_streams_that_something_is_asked_for_are_requested_ones() {
        StreamId bob = StreamId.of("account-bob");
        Lease lease = acquire("one");
        store.advance(
                lease,
                Checkpoint.START,
                TEN,
                List.of(new ParkedChange.Parked(parked(5)), new ParkedChange.Parked(parkedAt(bob, 3))));
        assertThat(store.requestedStreams(10)).isEmpty();

        assertThat(store.request(NAME, bob, ParkedStream.Request.RETRY)).isTrue();
        assertThat(store.request(NAME, bob, ParkedStream.Request.RETRY)).isTrue();
        assertThat(store.request(NAME, StreamId.of("nobody"), ParkedStream.Request.RETRY))
                .isFalse();
        assertThat(store.requestedStreams(10))
                .extracting(ParkedStream::streamId, ParkedStream::request)
                .containsExactly(tuple(bob, ParkedStream.Request.RETRY));

        assertThat(store.requestAll(NAME, ParkedStream.Request.DISCARD)).isEqualTo(2);
        assertThat(store.requestAll(NAME, ParkedStream.Request.DISCARD)).isEqualTo(2);
        assertThat(store.requestAll("unknown", ParkedStream.Request.DISCARD)).isZero();
        assertThat(store.requestedStreams(10))
                .extracting(ParkedStream::streamId, ParkedStream::request)
                .containsExactly(tuple(bob, ParkedStream.Request.DISCARD), tuple(ADA, ParkedStream.Request.DISCARD));
        assertThat(store.requestedStreams(1)).extracting(ParkedStream::streamId).containsExactly(bob);
    }

    @Test
    void the_partitions_of_one_projection_are_those_among_all() {
        store.register("other", 1, 2, GlobalPosition.START);
        store.register(NAME, 2, 3, GlobalPosition.START);

        assertThat(store.partitions(NAME)).hasSize(4).isEqualTo(statesOf(NAME));
        assertThat(store.partitions("unknown")).isEmpty();
    }

    private Lease acquire(String owner) {
        return store.acquire(BALANCES, 1, owner, LONG).orElseThrow();
    }

    private PartitionState state() {
        return store.partitions().stream()
                .filter(state -> state.partition().equals(BALANCES))
                .findFirst()
                .orElseThrow();
    }

    private static ParkedStream parkedAt(StreamId stream, long position) {
        ParkedStream like = parked(position);
        return new ParkedStream(
                like.partition(),
                stream,
                like.position(),
                like.typeName(),
                like.failure(),
                like.waiting(),
                like.request());
    }

    private static ParkedStream parked(long position) {
        return new ParkedStream(
                BALANCES,
                ADA,
                at(position),
                "ledger.deposited",
                "java.lang.IllegalStateException",
                1,
                ParkedStream.Request.NONE);
    }

    private static GlobalPosition at(long position) {
        return GlobalPosition.of(position);
    }
}
