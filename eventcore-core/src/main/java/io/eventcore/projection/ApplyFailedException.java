package io.eventcore.projection;

/** The projection could not apply an event, and the attempt was rolled back. */
final class ApplyFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Stands for the index if an entry of the batch failed and nothing shows which one. */
    static final int UNKNOWN = -1;

    private final int index;
    private final Throwable culprit;

    ApplyFailedException(int index, Throwable culprit) {
        super(culprit);
        this.index = index;
        this.culprit = culprit;
    }

    /** Whether it is known which entry failed; it is not if only the batch as a whole failed. */
    boolean isLocated() {
        return index != UNKNOWN;
    }

    /** How many entries before the culprit are known to be good. */
    int before() {
        return Math.max(0, index);
    }

    Throwable culprit() {
        return culprit;
    }
}
