package io.eventcore.command;

/**
 * A rule of the domain does not allow what a command asks for. Nothing was stored.
 *
 * <p>A domain may throw exceptions of its own instead; the executor passes all of them on untouched.
 *
 * @since 0.1
 */
public class BusinessRuleViolationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A violated rule.
     *
     * @param message the rule, for the user who gave the command
     */
    public BusinessRuleViolationException(String message) {
        super(message);
    }
}
