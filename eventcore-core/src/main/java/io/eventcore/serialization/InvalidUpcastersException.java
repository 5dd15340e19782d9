package io.eventcore.serialization;

/**
 * Upcasters contradict each other, or do not lead to a registered class: a programming error, found when the names are
 * registered. The message names the upcasters, and says what to do.
 *
 * @since 0.1
 */
public final class InvalidUpcastersException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    InvalidUpcastersException(String problem, String remedy) {
        super(problem + ". " + remedy);
        this.remedy = remedy;
    }

    /** What is wrong. */
    public String problem() {
        String message = String.valueOf(getMessage());
        return message.substring(0, message.length() - remedy.length() - 2);
    }

    /** What to do. */
    public String remedy() {
        return remedy;
    }
}
