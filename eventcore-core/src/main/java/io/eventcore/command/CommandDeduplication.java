package io.eventcore.command;

import io.eventcore.command.ExecutedCommands.ExecutedCommand;
import io.eventcore.serialization.internal.CanonicalJson;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells whether a command was executed before, and prevents a second execution. */
interface CommandDeduplication {
    /** A command without an id: every execution is a new one. */
    CommandDeduplication NONE = new CommandDeduplication() {
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
     * Appends, unless another thread or process has executed the command meanwhile.
     *
     * @throws CommandIdReusedException if that was another command
     */
    ExecutionResult execute(Supplier<ExecutionResult> append);

    /**
     * A command that is known by its id.
     *
     * @throws IllegalArgumentException if the command cannot be distinguished from others
     */
    static CommandDeduplication under(
            CommandId id, Command<?, ?> command, CanonicalJson json, ExecutedCommands executed) {
        String fingerprint = json.hash(command);
        return new CommandDeduplication() {
            @Override
            public Optional<ExecutionResult> earlier() {
                return executed.find(id).map(this::checked);
            }

            @Override
            public ExecutionResult execute(Supplier<ExecutionResult> append) {
                return checked(executed.executeOnce(id, fingerprint, append));
            }

            private ExecutionResult checked(ExecutedCommand found) {
                // Ids stored by earlier versions continue to identify the same commands.
                if (!found.fingerprint().equals(fingerprint)
                        && !found.fingerprint().equals(json.formerHash(command))) {
                    throw new CommandIdReusedException(id, command.getClass().getName());
                }
                return found.result();
            }
        };
    }
}
