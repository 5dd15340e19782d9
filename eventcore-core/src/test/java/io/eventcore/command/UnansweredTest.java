package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.StreamId;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command that answers with null, or does not decide at all, is told by class and with a remedy. */
class UnansweredTest {
    private static final StreamId A = StreamId.of("a");

    private final ScriptedStore store = new ScriptedStore();
    private final CommandExecutor executor = CommandExecutor.builder(store).build();

    @ParameterizedTest
    @CsvSource({
        "handle, return List.of() if nothing happens",
        "element, return a list of events without null",
        "discoverStreams, return Set.of() if there are no more",
        "streams, name at least one stream"
    })
    void null_is_refused(String where, String remedy) {
        assertThatIllegalStateException()
                .isThrownBy(() -> executor.execute(new Null(A, where)))
                .withMessageContaining(Null.class.getName() + "." + where.replace("element", "handle"))
                .withMessageContaining("has returned null: " + remedy);
    }

    @Test
    void a_class_that_does_not_decide_is_not_well_formed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CommandClasses.check(Undecided.class))
                .withMessage(Undecided.class.getName()
                        + " decides nothing: implement handle(state) or handle(state, context)");
    }

    private record Undecided(@Stream StreamId account) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, BankEvent event) {
            return count + 1;
        }
    }

    /** Returns null where it must not, as a mock or code of another language does. */
    @SuppressWarnings("NullAway")
    private record Null(@Stream StreamId account, String where) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, BankEvent event) {
            return count + 1;
        }

        @Override
        public Set<StreamId> streams() {
            return where.equals("streams") ? null : Set.of(account);
        }

        @Override
        public Set<StreamId> discoverStreams(Long count) {
            return where.equals("discoverStreams") ? null : Set.of();
        }

        @Override
        public List<BankEvent> handle(Long count) {
            return where.equals("handle") ? null : Collections.nCopies(1, null);
        }
    }
}
