package io.eventcore.personaldata;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.util.Objects;

/**
 * The personal data of a subject was erased. Read models that hold any of it remove it by projecting this event.
 *
 * <p>It is appended in the transaction that destroys the key, once for each subject; again only if the key came back
 * from a backup and was destroyed again. A reader that has read it can no longer read any data of the subject, anywhere
 * in the log. The event names the subject, and does so forever.
 *
 * @param subject as the application names it
 * @since 0.1
 */
@EventType("eventcore.subject-erased")
public record SubjectErased(String subject) implements Event {
    /** The prefix of the ids of these events' streams. */
    public static final String STREAMS = "eventcore.subject-erased/";

    /**
     * Checks the subject.
     *
     * @throws IllegalArgumentException if it is not well-formed Unicode
     */
    public SubjectErased {
        SubjectKeyStore.hash(Objects.requireNonNull(subject, "subject"));
    }

    /** A separate stream, named with a hash of the subject. */
    @Override
    public StreamId streamId() {
        return StreamId.of(STREAMS + SubjectKeyStore.hash(subject));
    }
}
