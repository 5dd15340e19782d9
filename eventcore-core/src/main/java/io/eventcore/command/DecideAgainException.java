package io.eventcore.command;

/**
 * Ends an attempt whose decision must be discarded, although the command is not wrong: something that it rested on was
 * not stored, or it cannot be decided together with others. Nothing of it was stored. Never leaves this package.
 */
final class DecideAgainException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean alone;

    /** {@code alone}: whether the command must decide alone the next time. */
    DecideAgainException(boolean alone) {
        super(null, null, false, false);
        this.alone = alone;
    }

    boolean alone() {
        return alone;
    }
}
