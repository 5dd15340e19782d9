package io.eventcore.command;

import org.jspecify.annotations.Nullable;

/**
 * Whether commands of one executor queue for the streams that they fight over.
 *
 * <p>It makes no difference to what is stored, only to how many attempts it takes. Immutable.
 *
 * @since 0.1
 */
public final class HotStreamSettings {
    private static final HotStreamSettings ON = new HotStreamSettings(true);
    private static final HotStreamSettings OFF = new HotStreamSettings(false);

    private final boolean enabled;

    private HotStreamSettings(boolean enabled) {
        this.enabled = enabled;
    }

    /** Commands that contend for a stream take turns. */
    public static HotStreamSettings defaults() {
        return ON;
    }

    /** Every attempt races with all others. */
    public static HotStreamSettings off() {
        return OFF;
    }

    /** Whether commands that contend for a stream take turns. */
    public boolean enabled() {
        return enabled;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HotStreamSettings that && enabled == that.enabled;
    }

    @Override
    public int hashCode() {
        return Boolean.hashCode(enabled);
    }

    @Override
    public String toString() {
        return enabled ? "commands queue for hot streams" : "no command queues for hot streams";
    }
}
