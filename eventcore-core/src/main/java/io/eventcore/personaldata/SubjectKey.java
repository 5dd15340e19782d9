package io.eventcore.personaldata;

import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The key of a subject, or what remains after its erasure. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class SubjectKey {
    /** How many bytes a key has: AES-256. */
    public static final int BYTES = 32;

    private final UUID id;
    private final String subjectHash;
    private final byte @Nullable [] key;

    private SubjectKey(UUID id, String subjectHash, byte @Nullable [] key) {
        this.id = Objects.requireNonNull(id, "id");
        this.subjectHash = Objects.requireNonNull(subjectHash, "subjectHash");
        this.key = key;
    }

    /**
     * A key that is there.
     *
     * @param subjectHash the {@linkplain SubjectKeyStore#hash hash} of its subject
     * @throws IllegalArgumentException if it does not have {@value #BYTES} bytes
     */
    public static SubjectKey of(UUID id, String subjectHash, byte[] key) {
        if (key.length != BYTES) {
            throw new IllegalArgumentException("A key has " + BYTES + " bytes, not " + key.length);
        }
        return new SubjectKey(id, subjectHash, key.clone());
    }

    /** The key of a subject that was erased. */
    public static SubjectKey erased(UUID id, String subjectHash) {
        return new SubjectKey(id, subjectHash, null);
    }

    /** The id by which values refer to their key. Never used twice. */
    public UUID id() {
        return id;
    }

    /** The hash of the subject. */
    public String subjectHash() {
        return subjectHash;
    }

    /** Whether the subject was erased: it no longer has a key, and never will. */
    public boolean isErased() {
        return key == null;
    }

    /**
     * The key.
     *
     * @throws IllegalStateException if the subject was erased
     */
    byte[] bytes() {
        if (key == null) {
            throw new IllegalStateException("The subject was erased");
        }
        return key;
    }

    /** The id, and whether the subject was erased; never the key. */
    @Override
    public String toString() {
        return "key " + id + (key == null ? " (erased)" : "");
    }
}
