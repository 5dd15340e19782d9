package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.transaction.support.TransactionTemplate;

/** The queue in front of a hot stream. */
class HotStreamQueueTest {
    private static final StreamId HOT = StreamId.of("account-hot");
    private static final StreamId WARM = StreamId.of("account-warm");

    /** Of 16 threads; together so few that the stream cannot cool down, should each thread meet no other. */
    private static final int COMMANDS = 3;

    private final ContestedStore store = new ContestedStore();

    @Test
    void once_a_stream_is_hot_no_attempt_loses_a_race_for_it() {
        CommandExecutor executor = executor(RetryPolicy.defaults());
        heatUp(executor, HOT);

        List<List<Integer>> attempts = Race.run(16, number -> {
            List<Integer> own = new ArrayList<>();
            for (int i = 0; i < COMMANDS; i++) {
                own.add(executor.execute(new Deposit(Set.of(HOT))).attempts());
            }
            return own;
        });

        assertThat(attempts).allSatisfy(own -> assertThat(own).containsOnly(1));
        assertThat(store.streamVersion(HOT)).isEqualTo(StreamVersion.of(1 + 16 * COMMANDS));
    }

    @Test
    void commands_over_several_hot_streams_never_wait_for_each_other_in_a_circle() {
        CommandExecutor executor = executor(RetryPolicy.defaults());
        heatUp(executor, HOT);
        heatUp(executor, WARM);
        // While one queue begins to serve both, two commands may race as they do without queues.
        executor.execute(new Deposit(Set.of(HOT, WARM)));

        List<Set<StreamId>> sets = List.of(Set.of(HOT), Set.of(WARM), Set.of(HOT, WARM), Set.of(WARM, HOT));
        List<Integer> attempts = Race.run(16, number -> {
            int most = 0;
            for (int i = 0; i < COMMANDS; i++) {
                Deposit command = new Deposit(sets.get((number + i) % sets.size()));
                most = Math.max(most, executor.execute(command).attempts());
            }
            return most;
        });

        assertThat(attempts).containsOnly(1);
        // Each set has had 12 commands, three of the sets hold the stream, and two commands came before.
        assertThat(store.streamVersion(HOT)).isEqualTo(StreamVersion.of(2 + 3 * 12));
        assertThat(store.streamVersion(WARM)).isEqualTo(StreamVersion.of(2 + 3 * 12));
    }

    @Test
    void attempts_on_a_stream_without_conflicts_do_not_wait_for_each_other() {
        CommandExecutor executor = executor(RetryPolicy.never());
        CyclicBarrier bothDecide = new CyclicBarrier(2);
        heatUp(executor, HOT);

        List<Integer> attempts = Race.run(List.of(
                () -> executor.execute(new Deposit(Set.of(StreamId.of("account-1")), () -> meet(bothDecide)))
                        .attempts(),
                () -> executor.execute(new Deposit(Set.of(StreamId.of("account-2")), () -> meet(bothDecide)))
                        .attempts()));

        assertThat(attempts).containsExactly(1, 1);
    }

    @Test
    void switched_off_attempts_on_a_hot_stream_race() {
        CommandExecutor executor = CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                .hotStreams(HotStreamSettings.off())
                .warmStreams(WarmStreamSettings.off())
                .build();
        heatUp(executor, HOT);

        assertThat(attemptsOfTwoThatMeet(executor)).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void a_stream_cools_down_when_attempts_meet_nobody() {
        CommandExecutor executor = executor(RetryPolicy.defaults().withFixedDelay(Duration.ZERO));
        heatUp(executor, HOT);

        for (int i = 0; i < 100; i++) {
            executor.execute(new Deposit(Set.of(HOT)));
        }

        assertThat(attemptsOfTwoThatMeet(executor)).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void a_rejected_command_cools_the_stream_as_well() {
        CommandExecutor executor = executor(RetryPolicy.defaults().withFixedDelay(Duration.ZERO));
        heatUp(executor, HOT);

        for (int i = 0; i < 100; i++) {
            assertThatExceptionOfType(BusinessRuleViolationException.class)
                    .isThrownBy(() -> executor.execute(refused(HOT)));
        }

        assertThat(attemptsOfTwoThatMeet(executor)).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void nobody_waits_longer_for_a_turn_than_the_budget_allows() throws Exception {
        CommandExecutor patient = executor(RetryPolicy.defaults());
        heatUp(patient, HOT);

        RetriesExhaustedException exhausted = whileTheTurnIsTaken(
                patient,
                () -> catchThrowableOfType(
                        RetriesExhaustedException.class,
                        () -> patient.execute(
                                new Deposit(Set.of(HOT)),
                                CommandContext.empty()
                                        .withRetryPolicy(RetryPolicy.defaults().withBudget(Duration.ofMillis(20))))));

        assertThat(exhausted.attempts()).isZero();
        assertThat(exhausted).hasCauseInstanceOf(TransientEventStoreException.class);
    }

    @Test
    void who_is_interrupted_in_the_queue_leaves_it_with_the_flag_set() throws Exception {
        CommandExecutor executor = executor(RetryPolicy.defaults());
        heatUp(executor, HOT);

        boolean interrupted = whileTheTurnIsTaken(executor, () -> {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(RetriesExhaustedException.class)
                    .isThrownBy(() -> executor.execute(new Deposit(Set.of(HOT))));
            return Thread.interrupted();
        });

        assertThat(interrupted).isTrue();
        assertThat(executor.execute(new Deposit(Set.of(HOT))).attempts()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"1, account-hot", "2, account-hot", "1, account-hot account-warm", "2, account-hot account-warm"})
    void memory_that_runs_out_on_the_way_into_a_queue_or_out_of_it_leaves_the_turn_to_the_next(
            int look, String accounts) {
        AtomicInteger looks = new AtomicInteger(Integer.MAX_VALUE);
        CommandExecutor executor = CommandExecutor.builder(store)
                .chains((through, budget, others) -> new DecisionChain(through, budget, others) {
                    @Override
                    boolean isBusy() {
                        if (looks.decrementAndGet() == 0) {
                            throw new OutOfMemoryError("made up");
                        }
                        return super.isBusy();
                    }
                })
                .retryPolicy(RetryPolicy.defaults().withBudget(Duration.ofSeconds(2)))
                .build();
        heatUp(executor, HOT);
        heatUp(executor, WARM);
        Deposit deposit =
                new Deposit(Stream.of(accounts.split(" ")).map(StreamId::of).collect(Collectors.toSet()));

        looks.set(look);
        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> executor.execute(deposit));

        assertThat(Race.elsewhere(() -> executor.execute(deposit)).attempts()).isEqualTo(1);
    }

    @Test
    void an_attempt_inside_a_transaction_of_the_caller_never_queues() throws Exception {
        CommandExecutor executor = executor(RetryPolicy.defaults());
        heatUp(executor, HOT);
        TransactionTemplate transaction = new TransactionTemplate(new InMemoryTransactionManager());

        Integer attempts = whileTheTurnIsTaken(
                executor,
                () -> transaction.execute(
                        status -> executor.execute(new Deposit(Set.of(HOT))).attempts()));

        assertThat(attempts).isEqualTo(1);
    }

    @Test
    void a_command_within_a_command_does_not_wait_for_itself() {
        CommandExecutor executor = executor(RetryPolicy.defaults().withMaxAttempts(2));
        heatUp(executor, HOT);
        Set<Integer> inner = new HashSet<>();

        Deposit outer = new Deposit(Set.of(WARM, HOT), () -> {
            inner.add(executor.execute(refusesNothing(WARM)).attempts());
            inner.add(executor.execute(refusesNothing(HOT)).attempts());
        });
        executor.execute(outer);

        assertThat(inner).containsExactly(1);
    }

    @Test
    void commands_within_commands_do_not_wait_for_each_other_in_a_circle() {
        CommandExecutor executor = executor(RetryPolicy.defaults().withBudget(Duration.ofSeconds(5)));
        heatUp(executor, HOT);
        heatUp(executor, WARM);
        CyclicBarrier bothHaveATurn = new CyclicBarrier(2);

        List<Integer> attempts = Race.run(2, number -> {
            CountDownLatch first = new CountDownLatch(1);
            Deposit outer = new Deposit(Set.of(number == 0 ? HOT : WARM), () -> {
                if (first.getCount() == 1) {
                    first.countDown();
                    meet(bothHaveATurn);
                }
                executor.execute(refusesNothing(number == 0 ? WARM : HOT));
            });
            return executor.execute(outer).attempts();
        });

        assertThat(attempts).containsExactly(1, 1);
    }

    /** Reads before each decision: whether a guess that has lost is an attempt depends on who hears first of the winner. */
    private CommandExecutor executor(RetryPolicy policy) {
        return CommandExecutor.builder(store)
                .retryPolicy(policy)
                .warmStreams(WarmStreamSettings.off())
                .build();
    }

    /** Lets one attempt lose, so that the stream is known to be hot. */
    private void heatUp(CommandExecutor executor, StreamId stream) {
        store.conflictOnce.set(stream);
        CommandContext twice =
                CommandContext.empty().withRetryPolicy(RetryPolicy.defaults().withMaxAttempts(2));
        assertThat(executor.execute(new Deposit(Set.of(stream)), twice).attempts())
                .isEqualTo(2);
    }

    /** Two commands that decide at the same moment, if they are let. */
    private static List<Integer> attemptsOfTwoThatMeet(CommandExecutor executor) {
        CyclicBarrier bothDecide = new CyclicBarrier(2);
        return Race.run(2, number -> {
            CountDownLatch first = new CountDownLatch(1);
            Deposit command = new Deposit(Set.of(HOT), () -> {
                if (first.getCount() == 1) {
                    first.countDown();
                    meet(bothDecide);
                }
            });
            return executor.execute(command).attempts();
        });
    }

    /** Runs something while another thread is in the middle of a decision on the hot stream. */
    private static <T> T whileTheTurnIsTaken(CommandExecutor executor, Callable<T> action) throws Exception {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        CompletableFuture<T> result = new CompletableFuture<>();
        Race.run(List.of(
                () -> {
                    Deposit command = new Deposit(Set.of(HOT), () -> {
                        taken.countDown();
                        await(done);
                    });
                    return executor.execute(command);
                },
                () -> {
                    await(taken);
                    try {
                        result.complete(action.call());
                    } finally {
                        done.countDown();
                    }
                    return done;
                }));
        return result.join();
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("The other one did not come", e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Deposit refused(StreamId stream) {
        return new Deposit(Set.of(stream), () -> Require.that(false, "no"));
    }

    private static Deposit refusesNothing(StreamId stream) {
        return new Deposit(Set.of(stream), () -> {}, false);
    }

    /** Deposits one cent on each account. */
    private record Deposit(Set<StreamId> accounts, Runnable whileDeciding, boolean writes)
            implements Command<Long, LedgerEvent> {
        Deposit(Set<StreamId> accounts) {
            this(accounts, () -> {});
        }

        Deposit(Set<StreamId> accounts, Runnable whileDeciding) {
            this(accounts, whileDeciding, true);
        }

        @Override
        public Set<StreamId> streams() {
            return accounts;
        }

        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            whileDeciding.run();
            return writes
                    ? accounts.stream()
                            .<LedgerEvent>map(account -> new Deposited(account, 1))
                            .toList()
                    : Collections.emptyList();
        }
    }

    /** A memory store that can refuse an append as if another caller had been faster. */
    private static final class ContestedStore extends ForwardingEventStore {
        private final AtomicReference<StreamId> conflictOnce = new AtomicReference<>();

        ContestedStore() {
            super(newStore());
        }

        private static EventStore newStore() {
            return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            StreamId contested = conflictOnce.getAndSet(null);
            if (contested != null) {
                throw new VersionConflictException(contested, ExpectedVersion.noStream(), StreamVersion.of(1));
            }
            return super.appendEvents(writes);
        }
    }
}
