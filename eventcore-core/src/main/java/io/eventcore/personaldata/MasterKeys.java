package io.eventcore.personaldata;

import io.eventcore.EventStoreUnavailableException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Master keys that the application supplies, each with an id: one wraps, all unwrap. AES-256-GCM. Safe for any number
 * of threads.
 *
 * @since 0.1
 */
public final class MasterKeys implements KeyWrapping {
    private static final int MAX_ID_LENGTH = 100;

    private final String current;
    private final Map<String, byte[]> keys;

    private MasterKeys(String current, Map<String, byte[]> keys) {
        this.current = current;
        this.keys = Map.copyOf(keys);
    }

    /**
     * One key, which wraps.
     *
     * @param id stored with each key that it wraps: 1 to 100 characters
     * @param key 32 bytes that are kept secret, and outside the database
     * @throws IllegalArgumentException if id or key have another length
     */
    public static MasterKeys of(String id, byte[] key) {
        return new MasterKeys(id, Map.of(checked(id), checked(id, key)));
    }

    /**
     * These keys, and another one that only unwraps.
     *
     * @throws IllegalArgumentException if there already is a key with this id, or id or key have another length
     */
    public MasterKeys and(String id, byte[] key) {
        Map<String, byte[]> all = new HashMap<>(keys);
        if (all.put(checked(id), checked(id, key)) != null) {
            throw new IllegalArgumentException("There are two master keys with the id '" + id + "'");
        }
        return new MasterKeys(current, all);
    }

    private static String checked(String id) {
        Objects.requireNonNull(id, "id");
        if (id.isBlank() || id.length() > MAX_ID_LENGTH) {
            throw new IllegalArgumentException(
                    "The id of a master key must have 1 to " + MAX_ID_LENGTH + " characters");
        }
        return id;
    }

    private static byte[] checked(String id, byte[] key) {
        if (key.length != SubjectKey.BYTES) {
            throw new IllegalArgumentException(
                    "Master key '%s' must have %d bytes, has %d".formatted(id, SubjectKey.BYTES, key.length));
        }
        return key.clone();
    }

    @Override
    public WrappedKey wrap(byte[] key, byte[] context) {
        return new WrappedKey(current, SealedPayload.seal(key, masterKey(current), context));
    }

    @Override
    public byte[] unwrap(WrappedKey wrapped, byte[] context) {
        byte[] key = SealedPayload.open(wrapped.bytes(), masterKey(wrapped.masterKey()), context);
        if (key == null) {
            throw PersonalDataException.keyChanged();
        }
        return key;
    }

    private byte[] masterKey(String id) {
        byte[] key = keys.get(id);
        if (key == null) {
            throw new EventStoreUnavailableException(
                    "Keys of persons in the key store are wrapped by the master key '" + id
                            + "', which is not configured: add it as a previous one (MasterKeys.and; with Spring Boot"
                            + " eventcore.personal-data.previous-master-keys)",
                    null);
        }
        return key;
    }

    @Override
    public String currentMasterKey() {
        return current;
    }

    /** The ids. */
    @Override
    public String toString() {
        return "MasterKeys" + keys.keySet();
    }
}
