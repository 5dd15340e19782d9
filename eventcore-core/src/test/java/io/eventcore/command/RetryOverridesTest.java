package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryOverridesTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private final List<Duration> delays = new ArrayList<>();
    private final CommandExecutor executor = CommandExecutor.builder(new AlwaysInConflict())
            .retryPolicy(RetryPolicy.defaults().withMaxAttempts(3).withJitter(0))
            .pause(delays::add)
            .build();

    @Test
    void without_an_annotation_the_policy_of_the_executor_holds() {
        assertThat(attemptsOf(new Deposit(ADA, 1), CommandContext.empty())).isEqualTo(3);
        assertThat(delays).containsExactly(Duration.ofMillis(10), Duration.ofMillis(20));
    }

    @Test
    void the_annotation_of_the_class_wins_over_the_executor_in_what_it_says() {
        assertThat(attemptsOf(new EagerDeposit(ADA, 1), CommandContext.empty())).isEqualTo(4);
        assertThat(delays).containsExactly(Duration.ofMillis(2), Duration.ofMillis(4), Duration.ofMillis(5));
    }

    @Test
    void the_policy_given_with_the_command_wins_over_the_annotation() {
        CommandContext impatient = CommandContext.empty().withRetryPolicy(RetryPolicy.never());

        assertThat(attemptsOf(new EagerDeposit(ADA, 1), impatient)).isEqualTo(1);
        assertThat(delays).isEmpty();
    }

    @Test
    void a_wrong_value_in_the_annotation_is_named_with_the_class() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> executor.execute(new HopelessDeposit(ADA, 1)))
                .withMessageContaining("@Retry on " + HopelessDeposit.class.getName())
                .withMessageContaining("maxAttempts");
    }

    private int attemptsOf(Command<?, ?> command, CommandContext context) {
        try {
            executor.execute(command, context);
            throw new AssertionError("The store is always in conflict");
        } catch (RetriesExhaustedException e) {
            return e.attempts();
        }
    }

    private interface Depositing extends Command<Long, LedgerEvent> {
        StreamId account();

        long cents();

        @Override
        default Long initialState() {
            return 0L;
        }

        @Override
        default Long apply(Long state, LedgerEvent event) {
            return state;
        }

        @Override
        default List<LedgerEvent> handle(Long state) {
            return List.of(new Deposited(account(), cents()));
        }
    }

    private record Deposit(@Stream StreamId account, long cents) implements Depositing {}

    @Retry(maxAttempts = 4, initialDelayMillis = 2, maxDelayMillis = 5)
    private record EagerDeposit(@Stream StreamId account, long cents) implements Depositing {}

    @Retry(maxAttempts = 0)
    private record HopelessDeposit(@Stream StreamId account, long cents) implements Depositing {}

    private static final class AlwaysInConflict extends ForwardingEventStore {
        AlwaysInConflict() {
            super(newStore());
        }

        private static EventStore newStore() {
            return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            throw new VersionConflictException(ADA, ExpectedVersion.noStream(), StreamVersion.of(1));
        }
    }
}
