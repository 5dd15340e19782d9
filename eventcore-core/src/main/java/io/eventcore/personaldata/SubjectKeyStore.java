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
 * <p>Joins the caller's transaction as an append does. A store that cannot be reached throws
 * {@link io.eventcore.TransientEventStoreException} or {@link io.eventcore.EventStoreUnavailableException}; an existing
 * key must never look missing or erased. Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public interface SubjectKeyStore {
    /**
     * The keys with which to seal values of these subjects; creates the missing ones. Two calls that create the key of
     * one subject at the same time get the same key.
     *
     * <p>The answer comes from the stored keys, never from a cache, and shows every erasure from before the call. If
     * the call is in a caller's transaction, other transactions can erase these subjects only after it has ended.
     *
     * @param subjects as the application names them
     * @return one for each subject
     * @throws IllegalArgumentException if one is not well-formed Unicode
     */
    Map<String, SubjectKey> keysOf(Collection<String> subjects);

    /**
     * The keys with these ids, those of erased subjects included; the answer lacks those that do not exist.
     *
     * @throws PersonalDataException if what is stored of a key cannot be right
     */
    Map<UUID, SubjectKey> find(Collection<UUID> ids);

    /**
     * Which of the keys that the calling thread finds now may be cached for other threads: those that it finds as
     * committed, neither in an older snapshot nor changed by its own transaction.
     */
    default Predicate<SubjectKey> cacheable() {
        return key -> true;
    }

    /**
     * Destroys the key of a subject permanently, in the caller's transaction, or otherwise in a transaction of its own.
     * No effect on a subject that was erased before. A subject that never had a key is recorded as erased, too.
     *
     * @param alongside runs in the same transaction, after the erasure; an exception undoes the erasure
     * @throws IllegalArgumentException if the subject is not well-formed Unicode
     */
    void erase(String subject, Consumer<Erasure> alongside);

    /**
     * The outcome of an erasure.
     *
     * @since 0.1
     */
    enum Erasure {
        /** The subject was not erased before, or its key came back from a backup. */
        NOW,

        /** The subject was erased before: nothing was changed. */
        BEFORE
    }

    /**
     * Identifies a subject without its name: SHA-256 in hexadecimal digits.
     *
     * @throws IllegalArgumentException if the name is not well-formed Unicode: several malformed names would share one
     *     key
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
