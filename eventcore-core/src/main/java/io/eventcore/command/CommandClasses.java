package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * Checks classes of commands before any of them is executed, as their first execution would.
 *
 * @since 0.1
 */
public final class CommandClasses {
    private CommandClasses() {}

    /**
     * Checks what can be said of a class without an instance: its {@link Stream} components, its {@link Retry} and
     * {@link Snapshot} annotations, and which events it reads.
     *
     * @return the type its streams are read as; {@link Event} if the class overrides {@code eventType()}
     * @throws IllegalArgumentException if the class is not well-formed; the message says what to do
     */
    public static Class<? extends Event> check(Class<? extends Command<?, ?>> commandType) {
        return CommandType.check(commandType);
    }

    /**
     * What the snapshot of a command is stored under.
     *
     * @return empty if its class has no {@link Snapshot}
     * @throws IllegalArgumentException if the class is not well-formed
     */
    public static Optional<SnapshotKey> snapshotKey(Command<?, ?> command) {
        return StateSnapshots.keyOf(command);
    }

    /**
     * The type of the state that commands of a class are decided on.
     *
     * @throws IllegalArgumentException if the class leaves it open
     */
    public static Type stateType(Class<? extends Command<?, ?>> commandType) {
        return CommandType.stateTypeOf(commandType);
    }
}
