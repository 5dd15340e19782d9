package io.eventcore.command;

/**
 * Whether commands of one executor queue for the streams that they fight over.
 *
 * <p>It makes no difference to what is stored, only to how many attempts it takes. Immutable.
 *
 * @param enabled whether they do
 * @since 0.1
 */
public record HotStreamSettings(boolean enabled) {
    /** They do. */
    public static HotStreamSettings defaults() {
        return new HotStreamSettings(true);
    }

    /** Every attempt races with all others. */
    public static HotStreamSettings off() {
        return new HotStreamSettings(false);
    }
}
