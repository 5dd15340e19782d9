package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about commands and their snapshots: empty stores, and commands that count what they fold. */
abstract class CommandSnapshotFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");
    static final StreamId CAROL = StreamId.of("account-carol");

    /** How many events the commands of this test have folded; tests of one class run one after the other. */
    private static final AtomicInteger FOLDED = new AtomicInteger();

    final List<ReplayReason> replays = new CopyOnWriteArrayList<>();
    final List<String> dropped = new CopyOnWriteArrayList<>();
    EventStore store;
    SnapshotStore snapshots;
    TransactionTemplate transaction;
    CommandExecutor executor;

    /** The contract that makes what the rows test. */
    abstract CommandSnapshotContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
        snapshots = contract().emptySnapshotStore();
        PlatformTransactionManager manager = contract().transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        executor = executor(snapshots, SnapshotSettings.defaults().withExecutor(Runnable::run));
    }

    CommandExecutor executor(SnapshotStore snapshotStore, SnapshotSettings settings) {
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

    int foldedBy(Command<?, ?> command) {
        FOLDED.set(0);
        executor.execute(command);
        return FOLDED.get();
    }

    void store(StoredSnapshot snapshot) {
        snapshots.save(keyOf(Count.class, ADA), snapshot);
    }

    static String nameOf(Class<?> command) {
        return command.getAnnotation(Snapshot.class).name();
    }

    static SnapshotKey keyOf(Class<?> command, StreamId id) {
        return new SnapshotKey(nameOf(command), "[[[\"" + id.value() + "\"]],\"\"]");
    }

    List<Long> sums() {
        return store.readStream(ADA, LedgerEvent.class).stream()
                .map(event -> event.event())
                .filter(LedgerEvent.Withdrawn.class::isInstance)
                .map(event -> ((LedgerEvent.Withdrawn) event).cents())
                .toList();
    }

    List<String> journals() {
        return store.readStream(CAROL, Opened.class).stream()
                .map(event -> event.event().owner())
                .toList();
    }

    void deposit(StreamId account, long... cents) {
        for (long amount : cents) {
            append(new Deposited(account, amount));
        }
    }

    void append(LedgerEvent event) {
        store.appendEvents(StreamWrites.to(event.streamId(), any(), event));
    }

    static long cents(LedgerEvent event) {
        FOLDED.incrementAndGet();
        if (event instanceof Deposited deposited) {
            return deposited.cents();
        }
        return event instanceof LedgerEvent.Withdrawn withdrawn ? withdrawn.cents() : 0;
    }

    record Sum(long sum) {}

    /** Writes the sum of all amounts that it has seen, its own earlier sums included. */
    @Snapshot(name = "test.count", version = 2)
    record Count(@Stream StreamId account) implements Command<Sum, LedgerEvent> {
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
            return List.of(new LedgerEvent.Withdrawn(account, state.sum()));
        }
    }

    record Followed(Optional<String> next, List<Long> seen) {}

    /** Like the journal, of an account and of its owner, if the owner is an account. */
    @Snapshot(name = "test.follow", version = 1, afterEvents = 1)
    record Follow(@Stream StreamId account, @Stream StreamId journal) implements Command<Followed, LedgerEvent> {
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

    static List<Long> plus(List<Long> seen, LedgerEvent event) {
        if (!(event instanceof Deposited)) {
            return seen;
        }
        List<Long> more = new ArrayList<>(seen);
        more.add(cents(event));
        return more;
    }

    static String text(List<Long> seen) {
        return seen.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
