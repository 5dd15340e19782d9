package io.eventcore.command;

import io.eventcore.command.ExecutedCommands.ExecutedCommand;
import java.util.Optional;
import java.util.function.Supplier;

/** Whether a command was executed before, and sees to it that it is not executed again. */
interface OnceOnly {
    /** A command without an id: every execution is a new one. */
    OnceOnly NO_MATTER = new OnceOnly() {
        @Override
        public Optional<ExecutionResult> earlier() {
            return Optional.empty();
        }

        @Override
        public ExecutionResult execute(Supplier<ExecutionResult> append) {
            return append.get();
        }
    };

    /**
     * How the command ended when it was executed before.
     *
     * @throws CommandIdReusedException if that was another command
     */
    Optional<ExecutionResult> earlier();

    /**
     * Appends, unless somebody else has done so meanwhile.
     *
     * @throws CommandIdReusedException if that was another command
     */
    ExecutionResult execute(Supplier<ExecutionResult> append);

    /** A command that is known by its id. */
    static OnceOnly under(CommandId id, String fingerprint, String command, ExecutedCommands executed) {
        return new OnceOnly() {
            @Override
            public Optional<ExecutionResult> earlier() {
                return executed.find(id).map(this::checked);
            }

            @Override
            public ExecutionResult execute(Supplier<ExecutionResult> append) {
                return checked(executed.executeOnce(id, fingerprint, append));
            }

            private ExecutionResult checked(ExecutedCommand found) {
                if (!found.fingerprint().equals(fingerprint)) {
                    throw new CommandIdReusedException(id, command);
                }
                return found.result();
            }
        };
    }
}
