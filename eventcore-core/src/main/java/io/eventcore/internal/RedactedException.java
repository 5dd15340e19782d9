package io.eventcore.internal;

/**
 * Stands in for an exception whose message may quote an event.
 *
 * <p>Keeps what helps to find the fault (type, place, stack trace, causes) and drops the text, because messages of
 * serializers and databases quote the data they stumble over, and events hold personal data. Where there is no such data,
 * on the machine of a developer, the text can be {@linkplain #showText shown}.
 */
public final class RedactedException extends RuntimeException {
    /** Shows the text of exceptions from the start, where there is no Spring Boot. */
    public static final String PROPERTY = "eventcore.show-exception-text";

    private static final long serialVersionUID = 1L;

    private static volatile boolean textIsShown = Boolean.getBoolean(PROPERTY);

    private RedactedException(String message, Throwable original) {
        super(message, original.getCause() == null ? null : of(original.getCause(), ""));
        setStackTrace(original.getStackTrace());
    }

    /**
     * A stand-in for {@code original} and its causes.
     *
     * @param place what is known about the place of the fault, free of data; may be empty
     */
    public static RedactedException of(Throwable original, String place) {
        String type = original.getClass().getName();
        String placed = place.isEmpty() ? type : type + " at " + place;
        String text = textIsShown ? original.getMessage() : null;
        return new RedactedException(text == null ? placed : placed + ": " + text, original);
    }

    /** Keeps the text of exceptions from now on, in the whole process, or drops it again. For development only. */
    public static void showText(boolean shown) {
        textIsShown = shown;
    }
}
