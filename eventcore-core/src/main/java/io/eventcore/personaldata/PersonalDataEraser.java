package io.eventcore.personaldata;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.personaldata.SubjectKeyStore.Erasure;
import io.eventcore.transaction.AfterCommit;
import java.util.Objects;

/**
 * Erases persons from events that never change: by destroying the key their {@linkplain io.eventcore.PersonalData personal data} is sealed with.
 *
 * <p>From then on, and on every instance at most {@link PersonalDataProtection.Builder#keysLiveFor} later, their values read as placeholders. Safe for any number of threads.
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
     * Erases by this protection, and tells projections by this store.
     *
     * @param events has a serializer with this protection
     */
    public static PersonalDataEraser of(EventStore events, PersonalDataProtection protection) {
        return new PersonalDataEraser(events, protection);
    }

    /**
     * Erases a subject for good, and appends {@link SubjectErased}: both in the caller's transaction, or else in one of their own. No effect on a
     * subject that was erased, unless its key came back from a backup: it is destroyed and told again. One that never had any data is erased as well, so that
     * none is stored later.
     *
     * <p>Waits for transactions that have appended personal data of the subject and have not ended.
     *
     * @param subject as components named it: {@link io.eventcore.PersonalData#subject()}
     * @throws IllegalArgumentException if it is not well-formed Unicode: no component can name such a subject
     * @throws io.eventcore.TransientEventStoreException if nothing was erased, and the same may succeed next time
     */
    public void erase(String subject) {
        Objects.requireNonNull(subject, "subject");
        SubjectKeyStore.hash(subject); // Also with a store of keys that does not ask for it.
        boolean joined = events.internals().joinsCallersTransaction();
        protection.store().erase(subject, erasure -> tell(subject, erasure));
        protection.forget(subject);
        if (joined) {
            AfterCommit.run(() -> protection.forget(subject));
        }
    }

    /** A repetition tells nothing new, and is refused by the version. A key that was brought back and is destroyed again is told again. */
    private void tell(String subject, Erasure erasure) {
        SubjectErased erased = new SubjectErased(subject);
        if (erasure == Erasure.NOW) {
            events.appendEvents(StreamWrites.to(erased.streamId(), ExpectedVersion.any(), erased));
            return;
        }
        try {
            events.appendEvents(StreamWrites.to(erased.streamId(), ExpectedVersion.noStream(), erased));
        } catch (VersionConflictException toldBefore) {
            // Perhaps before the store of the keys had committed: that is made up for now.
        }
    }
}
