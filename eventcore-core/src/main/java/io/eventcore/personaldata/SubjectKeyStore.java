package io.eventcore.personaldata;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Keeps one key for each subject, and destroys it when the subject is erased.
 *
 * <p>Joins the caller's transaction as an append does. A store that cannot be reached throws {@link io.eventcore.TransientEventStoreException} or
 * {@link io.eventcore.EventStoreUnavailableException}; a key that it has must never look missing or erased. Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public interface SubjectKeyStore {
    /**
     * The keys to seal values of these subjects with, newly made for those that have none. Of two calls that make the key of one
     * subject at the same time, both get the same.
     *
     * <p>An answer comes from what is stored, never from a cache, and a subject that was erased before the call is told to be. In a
     * caller's transaction, these subjects are erased by others only once it has ended.
     *
     * @param subjects as the application names them
     * @return one for each subject
     * @throws IllegalArgumentException if one is not well-formed Unicode
     */
    Map<String, SubjectKey> keysOf(Collection<String> subjects);

    /**
     * The keys with these ids, those of erased subjects included; one that does not exist is missing in the answer.
     */
    Map<UUID, SubjectKey> find(Collection<UUID> ids);

    /**
     * Which of the keys that the calling thread finds now may be cached for others: those that it finds as they are committed, and neither by an
     * older snapshot nor as its own transaction has left them.
     */
    default Predicate<SubjectKey> cacheable() {
        return key -> true;
    }

    /**
     * Destroys the key of a subject for good, in the caller's transaction, or else in one of its own. No effect on a subject that was erased. One that never
     * had a key is remembered as erased, too.
     *
     * @param alongside is run in the same transaction, after it; what it throws undoes the erasure
     * @throws IllegalArgumentException if the subject is not well-formed Unicode
     */
    void erase(String subject, Consumer<Erasure> alongside);

    /**
     * What an erasure has found.
     *
     * @since 0.1
     */
    enum Erasure {
        /** The subject was not erased until now, or its key was brought back from a backup. */
        NOW,

        /** It was erased before: nothing is changed. */
        BEFORE
    }

    /**
     * By which a store may know a subject without its name: SHA-256 in hexadecimal digits.
     *
     * @throws IllegalArgumentException if the name is not well-formed Unicode: several such names would share one key
     */
    static String hash(String subject) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(subject)));
            return HexFormat.of().formatHex(digest.digest());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("The name of a subject must be well-formed Unicode");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
