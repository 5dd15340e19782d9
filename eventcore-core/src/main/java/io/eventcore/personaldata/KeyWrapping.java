package io.eventcore.personaldata;

import java.util.Objects;

/**
 * Protects subject keys where they are stored: by {@link MasterKeys} of the application, or by a key management service that never shows its
 * key. Safe for any number of threads.
 *
 * @since 0.1
 */
public interface KeyWrapping {
    /**
     * Wraps a key by the current master key.
     *
     * @param context what the key is for; what is wrapped cannot be unwrapped in another context
     */
    WrappedKey wrap(byte[] key, byte[] context);

    /**
     * The key that was wrapped in the same context.
     *
     * @throws io.eventcore.EventStoreUnavailableException if the master key is not known, or cannot be used
     * @throws io.eventcore.TransientEventStoreException if it may be used a little later
     * @throws PersonalDataException if what is wrapped was changed
     */
    byte[] unwrap(WrappedKey wrapped, byte[] context);

    /** The id of the master key that wraps now. */
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
         * @param bytes what it made of the key; not to be modified
         */
        public WrappedKey(String masterKey, byte[] bytes) {
            this.masterKey = Objects.requireNonNull(masterKey, "masterKey");
            this.bytes = Objects.requireNonNull(bytes, "bytes");
        }

        /** The id of the master key. */
        public String masterKey() {
            return masterKey;
        }

        /** What the master key made of the key. */
        public byte[] bytes() {
            return bytes;
        }

        @Override
        public String toString() {
            return "wrapped by " + masterKey;
        }
    }
}
