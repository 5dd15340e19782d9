package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventcore.EventStoreException;
import io.eventcore.StreamId;
import io.eventcore.command.BankEvent.Deposited;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a listener throws, the command ends as it would without it, and other listeners are told. */
class ThrowingListenersTest {
    private static final StreamId A = StreamId.of("a");

    private final ScriptedStore store = new ScriptedStore();
    private final List<String> told = new ArrayList<>();

    @ParameterizedTest
    @MethodSource("throwables")
    void a_command_that_is_carried_out_succeeds(Throwable thrown) {
        for (String where : List.of("started", "basisRead", "succeeded")) {
            told.clear();
            ExecutionResult result = executor(throwing(where, thrown)).execute(new Deposit(A));

            assertThat(result.slice().events()).hasSize(1);
            assertThat(told).as(where).containsExactly("started", "basisRead", "succeeded");
        }
        assertThat(store.eventsOf(A)).hasSize(3);
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void a_command_that_is_refused_fails_for_its_own_reason(Throwable thrown) {
        CommandExecutor executor = executor(throwing("failed", thrown));

        Throwable failure = catchThrowable(() -> executor.execute(new Refused(A, new IllegalStateException("own"))));

        assertThat(failure).hasMessage("own");
        assertThat(told).containsExactly("started", "basisRead", "failed");
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void a_command_that_lost_a_race_is_tried_again(Throwable thrown) {
        store.losingRaces(1, A);
        CommandExecutor executor = CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                .listener(CommandListener.all(List.of(throwing("retrying", thrown), noting())))
                .build();

        assertThat(executor.execute(new Deposit(A)).attempts()).isEqualTo(2);
        assertThat(told).containsExactly("started", "basisRead", "retrying", "basisRead", "succeeded");
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whatever_a_command_throws_its_listener_is_told(Throwable thrown) {
        CommandExecutor executor =
                CommandExecutor.builder(store).listener(noting()).build();

        assertThat(catchThrowable(() -> executor.execute(new Refused(A, thrown))))
                .isSameAs(thrown);
        assertThat(told).containsExactly("started", "basisRead", "failed");
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void a_command_whose_snapshot_is_not_stored_succeeds(Throwable thrown) {
        Executor failing = task -> sneaky(thrown);
        Executor onCaller = Runnable::run;
        for (Executor executor : List.of(failing, onCaller)) {
            CommandExecutor commands = CommandExecutor.builder(store)
                    .snapshots(
                            new ThrowingSnapshots(thrown),
                            SnapshotSettings.defaults()
                                    .withAfterEvents(1)
                                    .withExecutor(executor)
                                    .withListener(new ThrowingSnapshotListener(thrown)))
                    .build();

            commands.execute(new Deposit(A));
            commands.execute(new Deposit(A));
        }
        assertThat(store.eventsOf(A)).hasSize(4);
    }

    static List<Throwable> throwables() {
        return List.of(
                new IllegalStateException("a listener's own"),
                new AssertionError("a listener's own"),
                new StackOverflowError(),
                new InternalError(),
                new IOException("sneaked past the compiler"));
    }

    private CommandExecutor executor(CommandListener throwing) {
        return CommandExecutor.builder(store)
                .listener(CommandListener.all(List.of(throwing, noting())))
                .build();
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable failure) throws T {
        throw (T) failure;
    }

    private CommandListener noting() {
        return telling(told::add);
    }

    private static CommandListener throwing(String where, Throwable thrown) {
        return telling(what -> {
            if (what.equals(where)) {
                sneaky(thrown);
            }
        });
    }

    private static CommandListener telling(java.util.function.Consumer<String> to) {
        return command -> {
            to.accept("started");
            return new CommandListener.Execution() {
                @Override
                public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
                    to.accept("retrying");
                }

                @Override
                public void basisRead(int streams, long events) {
                    to.accept("basisRead");
                }

                @Override
                public void succeeded(ExecutionResult result) {
                    to.accept("succeeded");
                }

                @Override
                public void failed(Throwable failure) {
                    to.accept("failed");
                }
            };
        };
    }

    @Snapshot(name = "test.throwing", version = 1)
    record Deposit(@Stream StreamId account) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, BankEvent event) {
            return balance + 1;
        }

        @Override
        public List<BankEvent> handle(Long balance) {
            return List.of(new Deposited(account, 1));
        }
    }

    record Refused(@Stream StreamId account, Throwable reason) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, BankEvent event) {
            return balance + 1;
        }

        @Override
        public List<BankEvent> handle(Long balance) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(reason);
        }
    }

    private record ThrowingSnapshots(Throwable thrown) implements SnapshotStore {
        @Override
        public Optional<StoredSnapshot> find(SnapshotKey key) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }

        @Override
        public void save(SnapshotKey key, StoredSnapshot snapshot) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }

        @Override
        public void delete(SnapshotKey key) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }

        @Override
        public void deleteAll(String commandType) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }
    }

    private record ThrowingSnapshotListener(Throwable thrown) implements SnapshotListener {
        @Override
        public void used(String commandType) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }

        @Override
        public void replayed(String commandType, ReplayReason reason) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }

        @Override
        public void saved(String commandType) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }

        @Override
        public void dropped(String commandType) {
            throw ThrowingListenersTest.<RuntimeException>sneaky(thrown);
        }
    }
}
