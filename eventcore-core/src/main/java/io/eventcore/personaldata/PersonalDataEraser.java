package io.eventcore.personaldata;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.personaldata.SubjectKeyStore.Erasure;
import io.eventcore.transaction.AfterCommit;
import java.util.Objects;

/**
 * Erases persons from events that never change: destroys the key that their
 * {@linkplain io.eventcore.PersonalData personal data} is sealed with.
 *
 * <p>From then on, on other instances at most {@link PersonalDataProtection.Builder#keysLiveFor} later, their values
 * read as placeholders. Safe for any number of threads.
 *
 * @since 0.1
 */
public class PersonalDataEraser {
    private final EventStore events;
    private final PersonalDataProtection protection;

    PersonalDataEraser(EventStore events, PersonalDataProtection protection) {
        this.events = Objects.requireNonNull(events, "events");
        this.protection = Objects.requireNonNull(protection, "protection");
    }

    /**
     * Erases with this protection, and informs projections through this store.
     *
     * @param events has a serializer with this protection
     */
    public static PersonalDataEraser of(EventStore events, PersonalDataProtection protection) {
        return new PersonalDataEraser(events, protection);
    }

    /**
     * Erases a subject permanently, and appends {@link SubjectErased}: both in the caller's transaction, or otherwise
     * in a transaction of their own. No effect on a subject that was erased before, unless its key came back from a
     * backup: then the key is destroyed and the event appended again. A subject that never had any data is erased as
     * well, so that none is stored later.
     *
     * <p>Waits for transactions that have appended personal data of the subject and have not ended.
     *
     * @param subject as the events' components name it: {@link io.eventcore.PersonalData#subject()}
     * @throws IllegalArgumentException if it is not well-formed Unicode: no component can name it
     * @throws io.eventcore.TransientEventStoreException if nothing was erased, and the same call may succeed
     */
    public void erase(String subject) {
        Objects.requireNonNull(subject, "subject");
        SubjectKeyStore.hash(subject); // Needed also with a key store that does not require it.
        boolean joined = events.internals().joinsCallersTransaction();
        protection.store().erase(subject, erasure -> tell(subject, erasure));
        protection.forget(subject);
        if (joined) {
            AfterCommit.run(() -> protection.forget(subject));
        }
    }

    /**
     * A repetition adds nothing, and the version check refuses it. If a key that came back is destroyed again, the
     * event is appended again.
     */
    private void tell(String subject, Erasure erasure) {
        SubjectErased erased = new SubjectErased(subject);
        if (erasure == Erasure.NOW) {
            events.appendEvents(StreamWrites.to(erased.streamId(), ExpectedVersion.any(), erased));
            return;
        }
        try {
            events.appendEvents(StreamWrites.to(erased.streamId(), ExpectedVersion.noStream(), erased));
        } catch (VersionConflictException toldBefore) {
            // Perhaps before the key store had committed: this makes up for it.
        }
    }
}
