package io.eventcore.serialization;

import org.jspecify.annotations.Nullable;

/** Personal data that cannot be sealed. The message quotes nothing, and so can be told. */
final class PersonalDataRefusedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_CAUSES = 20;

    PersonalDataRefusedException(String problem) {
        super(problem);
    }

    /** The one among the causes of what Jackson has thrown; null if there is none. */
    static @Nullable PersonalDataRefusedException among(Throwable thrown) {
        Throwable cause = thrown;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
            if (cause instanceof PersonalDataRefusedException refused) {
                return refused;
            }
        }
        return null;
    }
}
