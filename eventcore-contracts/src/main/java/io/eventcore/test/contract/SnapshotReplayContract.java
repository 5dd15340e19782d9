package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.StoredSnapshot;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** When a command does not continue from a snapshot, but folds all events instead. */
abstract class SnapshotReplayContract extends CommandSnapshotFixture {
    @Test
    void an_event_committed_late_below_the_position_of_the_snapshot_means_that_all_events_are_folded() {
        deposit(ADA, 1);
        deposit(BOB, 10);
        deposit(ADA, 2, 3);
        // As if it was taken while BOB's event had its position but was not committed yet.
        snapshots.save(
                new SnapshotKey(
                        nameOf(Journal.class),
                        "[[[\"account-ada\",\"account-bob\"],"
                                + "[\"account-ada\",\"account-bob\",\"account-carol\"]],\"\"]"),
                new StoredSnapshot(
                        1,
                        Map.of(ADA, StreamVersion.of(3), BOB, StreamVersion.NONE, CAROL, StreamVersion.NONE),
                        position(),
                        "[{\"streams\":[\"account-ada\",\"account-bob\",\"account-carol\"],\"state\":\"[1,2,3]\"}]"));

        executor.execute(new Journal(Set.of(ADA, BOB), CAROL));

        assertThat(replays).containsExactly(ReplayReason.LATE_EVENT);
        assertThat(journals()).containsExactly("1,10,2,3");
        deposit(BOB, 5);
        assertThat(foldedBy(new Journal(Set.of(ADA, BOB), CAROL))).isEqualTo(1);
        assertThat(journals()).last().isEqualTo("1,10,2,3,5");
        assertThat(replays).hasSize(1);
    }

    @Test
    void a_stream_that_is_discovered_only_now_means_that_all_events_are_folded() {
        deposit(BOB, 1, 2);
        deposit(ADA, 3, 4, 5);
        executor.execute(new Follow(ADA, CAROL));
        append(new Opened(ADA, BOB.value()));

        executor.execute(new Follow(ADA, CAROL));

        assertThat(replays).containsExactly(ReplayReason.PARTIAL);
        assertThat(journals()).containsExactly("3,4,5", "1,2,3,4,5");
        executor.execute(new Follow(ADA, CAROL));
        assertThat(replays).hasSize(1);
    }

    @Test
    void a_stream_that_would_not_be_discovered_any_more_means_that_all_events_are_folded() {
        deposit(BOB, 1, 2);
        append(new Opened(ADA, BOB.value()));
        executor.execute(new Follow(ADA, CAROL));
        append(new Opened(ADA, "nobody"));
        deposit(ADA, 3);

        executor.execute(new Follow(ADA, CAROL));

        assertThat(replays).containsExactly(ReplayReason.PARTIAL);
        assertThat(journals()).containsExactly("1,2", "3");
    }

    @Test
    void another_version_of_the_class_means_that_all_events_are_folded() {
        deposit(ADA, 1, 2, 3);
        store(new StoredSnapshot(1, Map.of(ADA, StreamVersion.of(3)), position(), rounds("{\"sum\":1000}")));

        executor.execute(new Count(ADA));

        assertThat(replays).containsExactly(ReplayReason.OUTDATED);
        assertThat(sums()).containsExactly(6L);
        executor.execute(new Count(ADA));
        assertThat(replays).hasSize(1);
    }

    @Test
    void a_state_of_another_shape_or_no_state_at_all_means_that_all_events_are_folded() {
        deposit(ADA, 1, 2, 3);
        List<String> unreadable = List.of(
                "no json",
                "[]",
                "null",
                rounds("null"),
                rounds("{}"),
                rounds("{\"sum\":null}"),
                rounds("{\"sum\":1000,\"count\":1}"),
                rounds("{\"total\":1000}"));

        for (String state : unreadable) {
            snapshots.deleteAll(nameOf(Count.class));
            store(new StoredSnapshot(2, Map.of(ADA, StreamVersion.of(3)), position(), state));
            executor.execute(new Count(ADA));
        }

        assertThat(replays).hasSize(unreadable.size()).containsOnly(ReplayReason.UNREADABLE);
        assertThat(sums()).containsExactly(6L, 12L, 24L, 48L, 96L, 192L, 384L, 768L);
    }

    @Test
    void a_state_that_lacks_a_component_is_not_filled_with_nothing() {
        append(new Opened(ADA, BOB.value()));
        deposit(BOB, 1);
        snapshots.save(
                new SnapshotKey(nameOf(Follow.class), "[[[\"account-ada\"],[\"account-carol\"]],\"\"]"),
                new StoredSnapshot(
                        1,
                        Map.of(ADA, StreamVersion.of(1), CAROL, StreamVersion.NONE),
                        store.lastPosition(),
                        "[{\"streams\":[\"account-ada\",\"account-carol\"],\"state\":\"{\\\"seen\\\":[]}\"}]"));

        executor.execute(new Follow(ADA, CAROL));

        assertThat(replays).containsExactly(ReplayReason.UNREADABLE);
        assertThat(journals()).containsExactly("1");
    }

    @Test
    void a_snapshot_of_more_than_the_log_holds_is_replaced() {
        deposit(ADA, 1, 2, 3);
        store(new StoredSnapshot(
                2, Map.of(ADA, StreamVersion.of(9)), GlobalPosition.of(1_000_000), rounds("{\"sum\":1000}")));

        executor.execute(new Count(ADA));
        executor.execute(new Count(ADA));

        assertThat(replays).containsExactly(ReplayReason.AHEAD_OF_LOG);
        assertThat(sums()).containsExactly(6L, 12L);
    }

    private static String rounds(String state) {
        return "[{\"streams\":[\"account-ada\"],\"state\":\"" + state.replace("\"", "\\\"") + "\"}]";
    }

    private GlobalPosition position() {
        return store.readStream(ADA, LedgerEvent.class).toList().get(2).position();
    }

    /** Writes down all deposits in the order in which it has seen them. */
    @Snapshot(name = "test.journal", version = 1, afterEvents = 1)
    private record Journal(@Stream Set<StreamId> accounts, StreamId journal)
            implements Command<List<Long>, LedgerEvent> {
        @Override
        public List<Long> initialState() {
            return List.of();
        }

        @Override
        public List<Long> apply(List<Long> seen, LedgerEvent event) {
            return plus(seen, event);
        }

        /** The journal is no input: what is in it changes nothing. */
        @Override
        public Set<StreamId> streams() {
            return java.util.stream.Stream.concat(accounts.stream(), java.util.stream.Stream.of(journal))
                    .collect(Collectors.toSet());
        }

        @Override
        public List<LedgerEvent> handle(List<Long> seen) {
            return List.of(new Opened(journal, text(seen)));
        }
    }
}
