package io.eventcore.personaldata;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.util.Objects;

/**
 * The personal data of a subject was erased. Read models that hold any of it follow by projecting this event.
 *
 * <p>It is appended in the transaction that destroys the key, once for each subject; again only where its key came back from a backup and was destroyed again. Who reads it reads nothing of the subject any more, wherever it stands
 * in the log. It names the subject, for ever.
 *
 * @param subject as the application names it
 * @since 0.1
 */
@EventType("eventcore.subject-erased")
public record SubjectErased(String subject) implements Event {
    /** What the ids of the streams of these events begin with. */
    public static final String STREAMS = "eventcore.subject-erased/";

    /**
     * Checks that it can be a subject.
     *
     * @throws IllegalArgumentException if it is not well-formed Unicode
     */
    public SubjectErased {
        SubjectKeyStore.hash(Objects.requireNonNull(subject, "subject"));
    }

    /** A stream of its own, named by a hash of the subject. */
    @Override
    public StreamId streamId() {
        return StreamId.of(STREAMS + SubjectKeyStore.hash(subject));
    }
}
