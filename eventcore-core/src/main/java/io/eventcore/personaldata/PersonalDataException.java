package io.eventcore.personaldata;

/**
 * A sealed value cannot be opened although its subject was not erased. Stores throw it as the cause of an
 * {@link io.eventcore.EventDeserializationException}, which names the event.
 *
 * @since 0.1
 */
public final class PersonalDataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** The reason why a value cannot be opened. */
    public enum Reason {
        /** The key store has no key with the id that the value names: it was lost, or it is another key store. */
        KEY_LOST(
                "the key that it was sealed with is not in the key store; after a move or a restore, copy its rows too"),

        /** The stored key was changed, or its master key has another value than when the key was stored. */
        KEY_CHANGED(
                "the master key does not open the key that it was sealed with: the master key has another value than"
                        + " before under the same id, or the row of the key was changed"),

        /** The value, or something that belongs to it, was changed. */
        VALUE_CHANGED("it was changed after it was sealed");

        private final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    PersonalDataException(Reason reason) {
        super("its personal data cannot be opened: " + reason.text);
        this.reason = reason;
    }

    /** For authors of key stores: a stored key that cannot be unwrapped, because it was changed. */
    public static PersonalDataException keyChanged() {
        return new PersonalDataException(Reason.KEY_CHANGED);
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
