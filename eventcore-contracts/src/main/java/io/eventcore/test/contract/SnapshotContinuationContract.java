package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** What commands do with valid snapshots: they continue from them, and store new ones. */
abstract class SnapshotContinuationContract extends CommandSnapshotFixture {
    @Test
    void a_command_continues_from_the_snapshot_and_folds_only_what_came_after_it() {
        deposit(ADA, 1, 2, 3, 4);
        assertThat(foldedBy(new Count(ADA))).isEqualTo(4);

        deposit(ADA, 5);

        // The event of the first command is part of the tail; the snapshot holds what the command decided on.
        assertThat(foldedBy(new Count(ADA))).isEqualTo(2);
        assertThat(sums()).containsExactly(10L, 25L);
        assertThat(replays).isEmpty();
    }

    @Test
    void a_new_snapshot_is_stored_after_so_many_events_were_folded_since_the_last_one() {
        deposit(ADA, 1, 2);
        executor.execute(new Count(ADA));
        assertThat(foldedBy(new Count(ADA))).isEqualTo(3);
        assertThat(foldedBy(new Count(ADA))).isEqualTo(1);
        assertThat(foldedBy(new Count(ADA))).isEqualTo(2);
        assertThat(foldedBy(new Count(ADA))).isEqualTo(3);
        assertThat(foldedBy(new Count(ADA))).isEqualTo(1);
    }

    @Test
    void a_rejected_command_stores_no_snapshot() {
        deposit(ADA, 1, 2, 3);

        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> executor.execute(new Refuse(ADA)));

        assertThat(snapshots.find(keyOf(Refuse.class, ADA))).isEmpty();
    }

    @Test
    void commands_with_other_ids_another_order_of_ids_or_another_key_have_snapshots_of_their_own() {
        deposit(ADA, 1, 2, 3);
        deposit(BOB, 10, 20, 30);
        executor.execute(new Difference(ADA, BOB, 1));

        assertThat(foldedBy(new Difference(BOB, ADA, 1))).isEqualTo(7);
        assertThat(foldedBy(new Difference(ADA, BOB, 2))).isEqualTo(8);
        assertThat(foldedBy(new Difference(ADA, BOB, 1))).isEqualTo(3);
        assertThat(sums()).containsExactly(-54L, 54L, -108L, -54L);
    }

    @Test
    void what_was_discovered_is_continued_as_long_as_it_leads_to_the_same_streams() {
        append(new Opened(ADA, BOB.value()));
        append(new Opened(BOB, "nobody"));
        deposit(BOB, 1, 2);
        executor.execute(new Follow(ADA, CAROL));

        deposit(BOB, 3);
        deposit(ADA, 4);

        // The tail comes twice: once in the round of ADA, once in the round of both.
        executor.execute(new Follow(ADA, CAROL));
        assertThat(replays).isEmpty();
        assertThat(journals()).containsExactly("1,2", "1,2,3,4");
    }

    @Test
    void a_snapshot_store_that_fails_fails_no_command() {
        deposit(ADA, 1, 2, 3);
        CommandExecutor unlucky =
                executor(new Failing(), SnapshotSettings.defaults().withExecutor(Runnable::run));

        unlucky.execute(new Count(ADA));

        assertThat(replays).containsExactly(ReplayReason.UNAVAILABLE);
        assertThat(dropped).containsExactly(Count.class.getName());
        assertThat(sums()).containsExactly(6L);
    }

    @Test
    void a_snapshot_for_which_there_is_no_room_is_dropped() {
        deposit(ADA, 1, 2, 3);
        CommandExecutor busy = executor(snapshots, SnapshotSettings.defaults().withExecutor(task -> {
            throw new RejectedExecutionException("busy");
        }));

        busy.execute(new Count(ADA));

        assertThat(dropped).containsExactly(Count.class.getName());
        assertThat(snapshots.find(keyOf(Count.class, ADA))).isEmpty();
    }

    @Test
    void a_state_that_does_not_survive_its_json_form_is_not_stored() {
        deposit(ADA, 1, 2, 3);

        executor.execute(new Forgetful(ADA));

        assertThat(dropped).containsExactly(Forgetful.class.getName());
        assertThat(snapshots.find(keyOf(Forgetful.class, ADA))).isEmpty();
    }

    @Test
    void inside_a_callers_transaction_a_snapshot_is_stored_after_the_commit_and_never_after_a_rollback() {
        deposit(ADA, 1, 2, 3);

        transaction.executeWithoutResult(status -> {
            executor.execute(new Count(ADA));
            executor.execute(new Count(ADA));
            status.setRollbackOnly();
        });
        assertThat(snapshots.find(keyOf(Count.class, ADA))).isEmpty();

        transaction.executeWithoutResult(status -> {
            executor.execute(new Count(ADA));
            executor.execute(new Count(ADA));
            assertThat(snapshots.find(keyOf(Count.class, ADA))).isEmpty();
        });
        assertThat(snapshots.find(keyOf(Count.class, ADA)))
                .map(StoredSnapshot::versions)
                .contains(Map.of(ADA, StreamVersion.of(4)));
    }

    @Test
    void commands_at_the_same_time_never_move_a_snapshot_backwards() {
        deposit(ADA, 1, 2, 3);

        List<List<Long>> seen = Race.run(6, number -> {
            List<Long> mine = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                executor.execute(new Count(ADA));
                mine.add(snapshots.find(keyOf(Count.class, ADA)).orElseThrow().events());
            }
            return mine;
        });

        assertThat(seen).allSatisfy(mine -> assertThat(mine).isSorted());
        assertThat(snapshots.find(keyOf(Count.class, ADA)).orElseThrow().position())
                .isLessThanOrEqualTo(store.lastPosition());
        assertThat(replays).isEmpty();
        deposit(ADA, 1);
        long before = sums().get(29);
        executor.execute(new Count(ADA));
        assertThat(sums()).last().isEqualTo(2 * before + 1);
    }

    private static final class Failing implements SnapshotStore {
        @Override
        public Optional<StoredSnapshot> find(SnapshotKey key) {
            throw new IllegalStateException("out of order");
        }

        @Override
        public void save(SnapshotKey key, StoredSnapshot snapshot) {
            throw new IllegalStateException("out of order");
        }

        @Override
        public void delete(SnapshotKey key) {
            throw new IllegalStateException("out of order");
        }

        @Override
        public void deleteAll(String commandType) {
            throw new IllegalStateException("out of order");
        }
    }

    @Snapshot(name = "test.refuse", version = 1)
    private record Refuse(@Stream StreamId account) implements Command<Sum, LedgerEvent> {
        @Override
        public Sum initialState() {
            return new Sum(0);
        }

        @Override
        public Sum apply(Sum state, LedgerEvent event) {
            return new Sum(state.sum() + cents(event));
        }

        @Override
        public List<LedgerEvent> handle(Sum state) {
            Require.that(false, "never");
            return List.of();
        }
    }

    @Snapshot(name = "test.difference", version = 1, afterEvents = 1)
    private record Difference(@Stream StreamId plus, @Stream StreamId minus, long factor)
            implements Command<Sum, LedgerEvent> {
        @Override
        public Sum initialState() {
            return new Sum(0);
        }

        @Override
        public Sum apply(Sum state, LedgerEvent event) {
            long sign = event.streamId().equals(plus) ? factor : -factor;
            long change = cents(event);
            return event instanceof Deposited ? new Sum(state.sum() + sign * change) : state;
        }

        @Override
        public List<LedgerEvent> handle(Sum state) {
            return List.of(new LedgerEvent.Withdrawn(ADA, state.sum()));
        }

        @Override
        public String snapshotKey() {
            return Long.toString(factor);
        }
    }

    /** A state that JSON keeps only half of. */
    private static final class Half {
        @JsonProperty("kept")
        private final long kept;

        private final long lost;

        Half(long kept, long lost) {
            this.kept = kept;
            this.lost = lost;
        }

        @JsonCreator
        static Half of(@JsonProperty("kept") long kept) {
            return new Half(kept, 0);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Half half && half.kept == kept && half.lost == lost;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(kept + lost);
        }
    }

    @Snapshot(name = "test.forgetful", version = 1)
    private record Forgetful(@Stream StreamId account) implements Command<Half, LedgerEvent> {
        @Override
        public Half initialState() {
            return new Half(0, 0);
        }

        @Override
        public Half apply(Half state, LedgerEvent event) {
            return new Half(state.kept + 1, state.lost + 1);
        }

        @Override
        public List<LedgerEvent> handle(Half state) {
            return List.of();
        }
    }
}
