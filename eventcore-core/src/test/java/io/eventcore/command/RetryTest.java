package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.UndeclaredStreamException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.BankEvent.Deposited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryTest {
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");

    private final ScriptedStore store = new ScriptedStore();
    private final List<Duration> pauses = new ArrayList<>();

    /** Doubles what is there. */
    record DoubleUp(@Stream StreamId account, StreamId written) implements Command<Long, BankEvent> {
        DoubleUp(StreamId account) {
            this(account, account);
        }

        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, BankEvent event) {
            return balance + ((Deposited) event).cents();
        }

        @Override
        public List<BankEvent> handle(Long balance) {
            Require.that(balance < 1_000, "%d is enough", balance);
            return List.of(new Deposited(written, balance));
        }
    }

    @Test
    void after_a_conflict_the_command_reads_and_decides_again() {
        store.deposit(A, 10);
        store.losingRaces(2, A);

        ExecutionResult result = executor(RetryPolicy.defaults()).execute(new DoubleUp(A));

        assertThat(result.attempts()).isEqualTo(3);
        assertThat(store.reads()).hasSize(3);
        assertThat(store.eventsOf(A)).last().isEqualTo(new Deposited(A, 12));
        assertThat(result.version(A)).isEqualTo(StreamVersion.of(4));
    }

    @Test
    void a_failure_that_may_pass_is_repeated_too() {
        store.deposit(A, 10);
        store.failing(2, new TransientEventStoreException("deadlock", null));

        assertThat(executor(RetryPolicy.defaults()).execute(new DoubleUp(A)).attempts())
                .isEqualTo(3);
    }

    @Test
    void the_first_attempt_counts() {
        store.deposit(A, 10);
        store.losingRaces(100, A);

        assertThatExceptionOfType(RetriesExhaustedException.class)
                .isThrownBy(() ->
                        executor(RetryPolicy.defaults().withMaxAttempts(3)).execute(new DoubleUp(A)))
                .withMessageStartingWith("DoubleUp failed in all of 3 attempts")
                .satisfies(exhausted -> assertThat(exhausted.attempts()).isEqualTo(3))
                .havingCause()
                .isInstanceOf(VersionConflictException.class);
        assertThat(store.appends()).hasSize(3);
        assertThat(pauses).hasSize(2);
    }

    @Test
    void a_policy_that_never_repeats_makes_one_attempt_and_no_pause() {
        store.losingRaces(1, A);

        assertThatExceptionOfType(RetriesExhaustedException.class)
                .isThrownBy(() -> executor(RetryPolicy.never()).execute(new DoubleUp(A)));
        assertThat(store.appends()).hasSize(1);
        assertThat(pauses).isEmpty();
    }

    @Test
    void nothing_else_is_repeated() {
        assertOneAttempt(new EventStoreUnavailableException("disk full", null));
        assertOneAttempt(new AppendOutcomeUnknownException(StreamWrites.empty(), new IllegalStateException("gone")));
        assertOneAttempt(new IllegalStateException("a bug"));
    }

    private void assertOneAttempt(RuntimeException failure) {
        int before = store.appends().size();
        store.failing(1, failure);

        assertThatThrownBy(() -> executor(RetryPolicy.defaults()).execute(new DoubleUp(A)))
                .isSameAs(failure);
        assertThat(store.appends()).hasSize(before + 1);
        assertThat(pauses).isEmpty();
    }

    @Test
    void the_domains_own_exception_reaches_the_caller_untouched() {
        store.deposit(A, 2_000);

        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> executor(RetryPolicy.defaults()).execute(new DoubleUp(A)))
                .withMessage("2000 is enough")
                .withNoCause();
        assertThat(store.reads()).hasSize(1);
        assertThat(store.appends()).isEmpty();
    }

    @Test
    void an_event_for_a_stream_that_is_not_declared_writes_nothing_and_is_not_repeated() {
        store.deposit(A, 10);

        assertThatExceptionOfType(UndeclaredStreamException.class)
                .isThrownBy(() -> executor(RetryPolicy.defaults()).execute(new DoubleUp(A, B)))
                .withMessageStartingWith(DoubleUp.class.getName() + " decides on an event for stream '" + B + "'")
                .withMessageContaining("has not declared")
                .satisfies(refusal -> assertThat(refusal.streamId()).isEqualTo(B));
        assertThat(store.reads()).hasSize(1);
        assertThat(store.appends()).isEmpty();
        assertThat(store.eventsOf(B)).isEmpty();
    }

    @Test
    void the_pauses_grow_up_to_the_cap() {
        store.losingRaces(100, A);
        RetryPolicy policy = RetryPolicy.defaults()
                .withMaxAttempts(6)
                .withJitter(0)
                .withExponentialDelay(Duration.ofMillis(10), 3, Duration.ofMillis(200));

        assertThatThrownBy(() -> executor(policy).execute(new DoubleUp(A)))
                .isInstanceOf(RetriesExhaustedException.class);
        assertThat(pauses).extracting(Duration::toMillis).containsExactly(10L, 30L, 90L, 200L, 200L);
    }

    @Test
    void each_pause_is_varied_by_the_random_number_of_its_turn() {
        store.losingRaces(100, A);
        RetryPolicy policy = RetryPolicy.defaults()
                .withMaxAttempts(4)
                .withFixedDelay(Duration.ofMillis(100))
                .withJitter(0.2);

        assertThatThrownBy(() -> executor(policy, 0, 0.5, 1).execute(new DoubleUp(A)))
                .isInstanceOf(RetriesExhaustedException.class);
        assertThat(pauses).extracting(Duration::toMillis).containsExactly(80L, 100L, 120L);
    }

    @Test
    void no_attempt_begins_after_the_budget_is_spent() {
        store.losingRaces(100, A);
        RetryPolicy policy = RetryPolicy.defaults()
                .withMaxAttempts(100)
                .withFixedDelay(Duration.ofHours(1))
                .withBudget(Duration.ofMinutes(59));

        assertThatExceptionOfType(RetriesExhaustedException.class)
                .isThrownBy(() -> executor(policy).execute(new DoubleUp(A)))
                .satisfies(exhausted -> assertThat(exhausted.attempts()).isEqualTo(1));
        assertThat(pauses).isEmpty();
    }

    @Test
    void a_thread_that_is_interrupted_while_it_waits_gives_up_and_stays_interrupted() {
        store.losingRaces(100, A);
        CommandExecutor executor = CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.defaults()
                        .withFixedDelay(Duration.ofHours(1))
                        .withBudget(Duration.ofDays(1)))
                .build();

        Thread.currentThread().interrupt();
        try {
            assertThatExceptionOfType(RetriesExhaustedException.class)
                    .isThrownBy(() -> executor.execute(new DoubleUp(A)))
                    .satisfies(exhausted -> assertThat(exhausted.attempts()).isEqualTo(1));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void the_listener_is_told_about_each_repetition() {
        store.losingRaces(2, A);
        List<String> told = new ArrayList<>();
        CommandListener listener = command -> new CommandListener.Execution() {
            @Override
            public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
                told.add(command + " " + failedAttempt + " " + name(failure) + " " + delay.toMillis());
            }
        };

        CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.defaults().withJitter(0))
                .listener(listener)
                .pause(pauses::add)
                .build()
                .execute(new DoubleUp(A));

        assertThat(told)
                .containsExactly(
                        new DoubleUp(A) + " 1 VersionConflictException 10",
                        new DoubleUp(A) + " 2 VersionConflictException 20");
    }

    private static String name(EventStoreException failure) {
        return failure.getClass().getSimpleName();
    }

    /** An executor that waits for nothing and draws 1/2 unless told otherwise. */
    private CommandExecutor executor(RetryPolicy policy, double... random) {
        List<Double> numbers = new ArrayList<>(Arrays.stream(random).boxed().toList());
        return CommandExecutor.builder(store)
                .retryPolicy(policy)
                .pause(pauses::add)
                .random(() -> numbers.isEmpty() ? 0.5 : numbers.remove(0))
                .build();
    }
}
