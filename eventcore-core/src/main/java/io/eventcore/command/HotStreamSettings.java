package io.eventcore.command;

import org.jspecify.annotations.Nullable;

/**
 * Whether commands of one executor that contend for a stream take turns.
 *
 * <p>It does not change what is stored, only how many attempts that takes. Immutable.
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
        return enabled ? "commands take turns on hot streams" : "commands do not take turns on hot streams";
    }
}
