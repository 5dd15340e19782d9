package io.eventcore.snapshot;

import java.util.Objects;

/**
 * Identifies a snapshot: a class of commands, and the inputs that its fold depends on.
 *
 * @param commandType the name that {@link Snapshot#name()} gives to the class
 * @param inputs the declared ids in the order of the components, and the command's own key, as one text
 * @since 0.1
 */
public record SnapshotKey(String commandType, String inputs) {
    /** Checks that both are given. */
    public SnapshotKey {
        Objects.requireNonNull(commandType, "commandType");
        Objects.requireNonNull(inputs, "inputs");
    }
}
