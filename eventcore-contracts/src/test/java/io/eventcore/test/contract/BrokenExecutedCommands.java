package io.eventcore.test.contract;

import io.eventcore.EventStreamSlice;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Exchanger;
import java.util.function.Supplier;

/** Ways in which commands are executed twice, or not at all. */
final class BrokenExecutedCommands {
    private BrokenExecutedCommands() {}

    static ExecutedCommands lookingFirstAndTakingTheIdLater(ExecutedCommands sound) {
        Exchanger<Boolean> between = new Exchanger<>();
        return new Forwarding(sound) {
            @Override
            public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                Optional<ExecutedCommand> earlier = sound.find(id);
                BrokenStores.waitForSomebodyElse(between);
                return earlier.orElseGet(() -> {
                    ExecutionResult result = execution.get();
                    return sound.executeOnce(id, fingerprint, () -> result);
                });
            }
        };
    }

    static ExecutedCommands takingTheIdAfterTheAppend(ExecutedCommands sound) {
        return new Forwarding(sound) {
            @Override
            public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                ExecutionResult result = execution.get();
                return sound.executeOnce(id, fingerprint, () -> result);
            }
        };
    }

    static ExecutedCommands rememberingInAnotherTransaction(ExecutedCommands sound) {
        return new Forwarding(sound) {
            @Override
            public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                ExecutionResult result = execution.get();
                return Race.elsewhere(() -> sound.executeOnce(id, fingerprint, () -> result));
            }
        };
    }

    static ExecutedCommands rememberingWhatFailed(ExecutedCommands sound) {
        return new Forwarding(sound) {
            @Override
            public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                try {
                    return sound.executeOnce(id, fingerprint, execution);
                } catch (RuntimeException e) {
                    ExecutionResult nothing = ExecutionResult.of(1, EventStreamSlice.empty(), Map.of(), Duration.ZERO);
                    sound.executeOnce(id, fingerprint, () -> nothing);
                    throw e;
                }
            }
        };
    }

    private abstract static class Forwarding implements ExecutedCommands {
        private final ExecutedCommands sound;

        private Forwarding(ExecutedCommands sound) {
            this.sound = sound;
        }

        @Override
        public Optional<ExecutedCommand> find(CommandId id) {
            return sound.find(id);
        }
    }
}
