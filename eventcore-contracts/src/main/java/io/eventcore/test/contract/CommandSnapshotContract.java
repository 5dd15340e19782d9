package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.transaction.TransactionPhase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What is promised about snapshots of commands: they save folding and change nothing else.
 *
 * @since 0.1
 */
public abstract class CommandSnapshotContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final StreamId CAROL = StreamId.of("account-carol");

    /** How many events were folded by commands of this thread's test; tests of one class run one after the other. */
    private static final AtomicInteger FOLDED = new AtomicInteger();

    private final List<ReplayReason> replays = new CopyOnWriteArrayList<>();
    private final List<String> dropped = new CopyOnWriteArrayList<>();

    private EventStore store;
    private SnapshotStore snapshots;
    private TransactionTemplate transaction;
    private CommandExecutor executor;

    /** For subclasses. */
    protected CommandSnapshotContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** A store without snapshots beside the store of {@link #emptyStore()}; asked after that. */
    protected abstract SnapshotStore emptySnapshotStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
        snapshots = emptySnapshotStore();
        PlatformTransactionManager manager = transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        executor = executor(snapshots, SnapshotSettings.defaults().withExecutor(Runnable::run));
    }

    private CommandExecutor executor(SnapshotStore snapshotStore, SnapshotSettings settings) {
        return CommandExecutor.builder(store)
                .snapshots(snapshotStore, settings.withAfterEvents(3).withListener(new SnapshotListener() {
                    @Override
                    public void replayed(String commandType, ReplayReason reason) {
                        replays.add(reason);
                    }

                    @Override
                    public void dropped(String commandType) {
                        dropped.add(commandType);
                    }
                }))
                .build();
    }

    @Test
    void a_command_continues_from_the_snapshot_and_folds_only_what_came_after_it() {
        deposit(ADA, 1, 2, 3, 4);
        assertThat(foldedBy(new Count(ADA))).isEqualTo(4);

        deposit(ADA, 5);

        // The event of the first command is part of the tail, the snapshot is what it was decided on.
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
    void an_event_committed_late_below_the_position_of_the_snapshot_means_that_all_events_are_folded() {
        deposit(ADA, 1);
        deposit(BOB, 10);
        deposit(ADA, 2, 3);
        // As it was taken while the event of BOB had its position and was not committed yet.
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
    void what_was_discovered_is_continued_as_long_as_it_leads_to_the_same_streams() {
        append(new Opened(ADA, BOB.value()));
        append(new Opened(BOB, "nobody"));
        deposit(BOB, 1, 2);
        executor.execute(new Follow(ADA, CAROL));

        deposit(BOB, 3);
        deposit(ADA, 4);

        // Twice the tail: once for the round of ADA, once for that of both.
        executor.execute(new Follow(ADA, CAROL));
        assertThat(replays).isEmpty();
        assertThat(journals()).containsExactly("1,2", "1,2,3,4");
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

    private int foldedBy(Command<?, ?> command) {
        FOLDED.set(0);
        executor.execute(command);
        return FOLDED.get();
    }

    private void store(StoredSnapshot snapshot) {
        snapshots.save(keyOf(Count.class, ADA), snapshot);
    }

    private static String nameOf(Class<?> command) {
        return command.getAnnotation(Snapshot.class).name();
    }

    private static SnapshotKey keyOf(Class<?> command, StreamId id) {
        return new SnapshotKey(nameOf(command), "[[[\"" + id.value() + "\"]],\"\"]");
    }

    private static String rounds(String state) {
        return "[{\"streams\":[\"account-ada\"],\"state\":\"" + state.replace("\"", "\\\"") + "\"}]";
    }

    private GlobalPosition position() {
        return store.readStream(ADA, LedgerEvent.class).toList().get(2).position();
    }

    private List<Long> sums() {
        return store.readStream(ADA, LedgerEvent.class).stream()
                .map(event -> event.event())
                .filter(LedgerEvent.Withdrawn.class::isInstance)
                .map(event -> ((LedgerEvent.Withdrawn) event).cents())
                .toList();
    }

    private List<String> journals() {
        return store.readStream(CAROL, Opened.class).stream()
                .map(event -> event.event().owner())
                .toList();
    }

    private void deposit(StreamId account, long... cents) {
        for (long amount : cents) {
            append(new Deposited(account, amount));
        }
    }

    private void append(LedgerEvent event) {
        store.appendEvents(StreamWrites.to(event.streamId(), any(), event));
    }

    private static long cents(LedgerEvent event) {
        FOLDED.incrementAndGet();
        if (event instanceof Deposited deposited) {
            return deposited.cents();
        }
        return event instanceof LedgerEvent.Withdrawn withdrawn ? withdrawn.cents() : 0;
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

    private record Sum(long sum) {}

    /** Writes the sum of all it has seen, its own earlier sums included. */
    @Snapshot(name = "test.count", version = 2)
    private record Count(@Stream StreamId account) implements Command<Sum, LedgerEvent> {
        @Override
        public Sum initialState() {
            return new Sum(0);
        }

        @Override
        public Sum apply(Sum state, LedgerEvent event) {
            return new Sum(state.sum + cents(event));
        }

        @Override
        public List<LedgerEvent> handle(Sum state) {
            return List.of(new LedgerEvent.Withdrawn(account, state.sum));
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
            return new Sum(state.sum + cents(event));
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
            return event instanceof Deposited ? new Sum(state.sum + sign * change) : state;
        }

        @Override
        public List<LedgerEvent> handle(Sum state) {
            return List.of(new LedgerEvent.Withdrawn(ADA, state.sum));
        }

        @Override
        public String snapshotKey() {
            return Long.toString(factor);
        }
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

    private record Followed(Optional<String> next, List<Long> seen) {}

    /** As the journal, of an account and the account that its owner is, if it is one. */
    @Snapshot(name = "test.follow", version = 1, afterEvents = 1)
    private record Follow(@Stream StreamId account, @Stream StreamId journal)
            implements Command<Followed, LedgerEvent> {
        @Override
        public Followed initialState() {
            return new Followed(Optional.empty(), List.of());
        }

        @Override
        public Followed apply(Followed state, LedgerEvent event) {
            if (event instanceof Opened opened && opened.account().equals(account)) {
                FOLDED.incrementAndGet();
                return new Followed(Optional.of(opened.owner()), state.seen);
            }
            return new Followed(state.next, plus(state.seen, event));
        }

        @Override
        public Set<StreamId> discoverStreams(Followed state) {
            return state.next
                    .filter(owner -> owner.startsWith("account-"))
                    .map(StreamId::of)
                    .map(Set::of)
                    .orElse(Set.of());
        }

        @Override
        public List<LedgerEvent> handle(Followed state) {
            return List.of(new Opened(journal, text(state.seen)));
        }
    }

    private static List<Long> plus(List<Long> seen, LedgerEvent event) {
        if (!(event instanceof Deposited)) {
            return seen;
        }
        List<Long> more = new ArrayList<>(seen);
        more.add(cents(event));
        return more;
    }

    private static String text(List<Long> seen) {
        return seen.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /** A state of which JSON keeps only half. */
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
