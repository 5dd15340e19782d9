package io.eventcore.personaldata;

import java.util.Objects;

/**
 * Protects stored subject keys: with {@link MasterKeys} of the application, or with a key management service that never
 * reveals its key. Safe for any number of threads.
 *
 * @since 0.1
 */
public interface KeyWrapping {
    /**
     * Wraps a key with the current master key.
     *
     * @param context the purpose of the key; a wrapped key cannot be unwrapped in another context
     */
    WrappedKey wrap(byte[] key, byte[] context);

    /**
     * The key that was wrapped in the same context.
     *
     * @throws io.eventcore.EventStoreUnavailableException if the master key is not known, or cannot be used
     * @throws io.eventcore.TransientEventStoreException if it may be usable a little later
     * @throws PersonalDataException if the wrapped key was changed
     */
    byte[] unwrap(WrappedKey wrapped, byte[] context);

    /** The id of the current master key. */
    String currentMasterKey();

    /**
     * A wrapped key.
     *
     * @since 0.1
     */
    final class WrappedKey {
        private final String masterKey;
        private final byte[] bytes;

        /**
         * A wrapped key.
         *
         * @param masterKey the id of the master key
         * @param bytes the wrapped key; not to be modified
         */
        public WrappedKey(String masterKey, byte[] bytes) {
            this.masterKey = Objects.requireNonNull(masterKey, "masterKey");
            this.bytes = Objects.requireNonNull(bytes, "bytes");
        }

        /** The id of the master key. */
        public String masterKey() {
            return masterKey;
        }

        /** The wrapped key. */
        public byte[] bytes() {
            return bytes;
        }

        @Override
        public String toString() {
            return "wrapped by " + masterKey;
        }
    }
}
