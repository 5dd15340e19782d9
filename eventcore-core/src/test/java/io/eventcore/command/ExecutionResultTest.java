package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.AppendedEvent;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.BankEvent.Deposited;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecutionResultTest {
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");
    private static final StreamId C = StreamId.of("c");

    private final ScriptedStore store = new ScriptedStore();
    private final CommandExecutor executor = CommandExecutor.builder(store).build();

    /** Deposits once for each number, to the first account; reads the second one. */
    record Deposits(@Stream StreamId written, @Stream StreamId read, List<Long> cents)
            implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, BankEvent event) {
            return count + 1;
        }

        @Override
        public List<BankEvent> handle(Long count) {
            return cents.stream()
                    .map(each -> (BankEvent) new Deposited(written, each))
                    .toList();
        }
    }

    /** Forgot to decide. */
    record Undecided(@Stream StreamId account) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, BankEvent event) {
            return count + 1;
        }
    }

    @Test
    void a_result_tells_what_was_written_and_the_version_of_every_stream() {
        store.deposit(A, 1);
        store.deposit(B, 1);
        store.deposit(B, 1);

        ExecutionResult result = executor.execute(new Deposits(A, B, List.of(5L, 6L)));

        assertThat(result.attempts()).isEqualTo(1);
        assertThat(result.slice().events()).extracting(AppendedEvent::streamId).containsExactly(A, A);
        assertThat(result.version(A)).isEqualTo(StreamVersion.of(3));
        assertThat(result.version(B)).isEqualTo(StreamVersion.of(2));
        assertThat(result.lastPosition())
                .isEqualTo(result.slice().events().get(1).position());
        assertThat(result.elapsed()).isPositive();
    }

    @Test
    void versions_are_known_although_nothing_was_written() {
        store.deposit(B, 1);

        ExecutionResult result = executor.execute(new Deposits(A, B, List.of()));

        assertThat(result.slice().isEmpty()).isTrue();
        assertThat(result.lastPosition()).isEqualTo(GlobalPosition.START);
        assertThat(result.version(A)).isEqualTo(StreamVersion.NONE);
        assertThat(result.version(B)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void a_decision_that_nothing_happens_is_checked_like_every_other_one() {
        store.losingRaces(1, B);

        ExecutionResult result = executor.execute(new Deposits(A, B, List.of()));

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(result.version(B)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void every_stream_is_registered_in_the_version_that_was_read() {
        store.deposit(B, 1);

        executor.execute(new Deposits(A, B, List.of(5L)));

        assertThat(store.appends().get(0).streams())
                .containsEntry(A, ExpectedVersion.noStream())
                .containsEntry(B, ExpectedVersion.exactly(1))
                .hasSize(2);
    }

    @Test
    void a_stream_the_command_did_not_rest_on_has_no_version() {
        ExecutionResult result = executor.execute(new Deposits(A, B, List.of()));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> result.version(C))
                .withMessage("The command did not rest on stream 'c'");
        assertThat(result.versions()).isUnmodifiable();
    }

    @Test
    void a_command_that_forgot_to_decide_says_so() {
        assertThatIllegalStateException()
                .isThrownBy(() -> executor.execute(new Undecided(A)))
                .withMessage(Undecided.class.getName() + " must implement handle(state) or handle(state, context)");
    }

    @Test
    void listeners_are_told_how_it_ended_in_their_order() {
        StringBuilder told = new StringBuilder();
        CommandExecutor watched = CommandExecutor.builder(store)
                .listener(CommandListener.all(List.of(watcher("1", told), watcher("2", told))))
                .pause(delay -> true)
                .build();
        store.losingRaces(1, A);

        watched.execute(new Deposits(A, B, List.of(5L)));
        assertThat(told).hasToString("1 started, 2 started, 1 retrying 1, 2 retrying 1, 1 succeeded, 2 succeeded, ");

        told.setLength(0);
        assertThatIllegalStateException().isThrownBy(() -> watched.execute(new Undecided(A)));
        assertThat(told).hasToString("1 started, 2 started, 1 failed, 2 failed, ");
    }

    private static CommandListener watcher(String name, StringBuilder told) {
        return command -> {
            told.append(name).append(" started, ");
            return new CommandListener.Execution() {
                @Override
                public void retrying(int failedAttempt, io.eventcore.EventStoreException failure, Duration delay) {
                    told.append(name).append(" retrying ").append(failedAttempt).append(", ");
                }

                @Override
                public void succeeded(ExecutionResult result) {
                    told.append(name).append(" succeeded, ");
                }

                @Override
                public void failed(Throwable failure) {
                    told.append(name).append(" failed, ");
                }
            };
        };
    }
}
