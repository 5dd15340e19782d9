package io.eventcore.internal;

import org.jspecify.annotations.Nullable;

/**
 * Stands in for an exception whose message may quote an event.
 *
 * <p>Keeps what helps to find the fault (type, place, stack trace, causes) and drops the text, because messages of
 * serializers and databases quote the data that they fail on, and events hold personal data. The text of an exception
 * that {@linkplain QuotesNoData quotes none} stays. On a developer's machine, without personal data, the system
 * property {@code eventcore.show-exception-text} shows the text, from then on for the whole process.
 */
public final class RedactedException extends RuntimeException {
    private static final String PROPERTY = "eventcore.show-exception-text";

    private static final long serialVersionUID = 1L;

    /** The number of causes that are kept: those of some exceptions form a circle. */
    private static final int MAX_CAUSES = 20;

    private RedactedException(String message, Throwable original, int causesLeft) {
        super(message, causesLeft == 0 ? null : cause(original.getCause(), causesLeft - 1));
        setStackTrace(original.getStackTrace());
    }

    private static @Nullable RedactedException cause(@Nullable Throwable original, int causesLeft) {
        return original == null ? null : of(original, "", causesLeft);
    }

    /**
     * A stand-in for {@code original} and its causes.
     *
     * @param place what is known about the place of the fault, free of data; may be empty
     */
    public static RedactedException of(Throwable original, String place) {
        return of(original, place, MAX_CAUSES);
    }

    private static RedactedException of(Throwable original, String place, int causesLeft) {
        String type = original.getClass().getName();
        String placed = place.isEmpty() ? type : type + " at " + place;
        boolean shown = original instanceof QuotesNoData || Boolean.getBoolean(PROPERTY);
        String text = shown ? original.getMessage() : null;
        return new RedactedException(text == null ? placed : placed + ": " + text, original, causesLeft);
    }
}
