package io.eventcore.command;

/**
 * States what a decision requires.
 *
 * @since 0.1
 */
public final class Require {
    private Require() {}

    /**
     * Checks that the condition holds.
     *
     * @param condition what must hold
     * @param message the rule, in the format of {@link String#format}
     * @param arguments the arguments of the message
     * @throws BusinessRuleViolationException if the condition does not hold
     */
    // The requested annotation would make every user depend on Error Prone.
    @SuppressWarnings("AnnotateFormatMethod")
    public static void that(boolean condition, String message, Object... arguments) {
        if (!condition) {
            throw new BusinessRuleViolationException(
                    arguments.length == 0 ? message : String.format(message, arguments));
        }
    }
}
