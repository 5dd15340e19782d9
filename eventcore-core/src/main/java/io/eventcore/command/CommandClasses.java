package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.snapshot.Snapshot;

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
}
