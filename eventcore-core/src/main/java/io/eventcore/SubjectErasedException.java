package io.eventcore;

/**
 * An event holds {@linkplain PersonalData personal data} of a subject that was erased. Nothing was stored, and nothing
 * will be: an erased subject never gets another key.
 *
 * @since 0.1
 */
public final class SubjectErasedException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final String subject;

    /** The subject, which the message does not name. */
    public SubjectErasedException(String subject) {
        super("An event holds personal data of a subject that was erased", null);
        this.subject = subject;
    }

    /** The erased subject. */
    public String subject() {
        return subject;
    }
}
