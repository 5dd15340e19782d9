package io.eventcore.internal;

/**
 * Stands in for an exception whose message may quote an event.
 *
 * <p>Keeps what helps to find the fault (type, place, stack trace, causes) and drops the text, because messages of
 * serializers and databases quote the data they stumble over, and events hold personal data.
 */
public final class RedactedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

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
        return new RedactedException(place.isEmpty() ? type : type + " at " + place, original);
    }
}
