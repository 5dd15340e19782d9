package io.eventcore.personaldata;

import io.eventcore.SubjectErasedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Seals {@linkplain io.eventcore.PersonalData personal data} before events are stored, and opens it when they are read.
 *
 * <p>Pass it to the serializer of the events, so that every store, reader and relay uses the same. It caches keys for a
 * short time: {@link Builder#keysLiveFor} is how long an instance may still read the values of an erased subject. Safe
 * for any number of threads.
 *
 * @since 0.1
 */
public final class PersonalDataProtection {
    private final SubjectKeyStore store;
    private final KeyCache cache;

    private PersonalDataProtection(Builder builder) {
        this.store = builder.store;
        this.cache = new KeyCache(builder.store, builder.keysLiveFor, builder.maxKeys, builder.nanoClock);
    }

    /** With the default settings. */
    public static PersonalDataProtection of(SubjectKeyStore store) {
        return builder(store).build();
    }

    /** With settings still to be chosen. */
    public static Builder builder(SubjectKeyStore store) {
        return new Builder(store);
    }

    /** Whether this is the stored form of an event with sealed values. Inspects a few bytes. */
    public static boolean isSealed(byte[] payload) {
        return SealedPayload.isOne(payload);
    }

    /**
     * The ids of the keys with which the values of a stored event are sealed; empty if there are none, or if the values
     * were changed.
     */
    public static Set<UUID> keysOf(byte[] payload) {
        return SealedPayload.keysOf(List.of(payload));
    }

    /**
     * Seals the values of events that are about to be stored. For authors of stores and serializers.
     *
     * @return the payloads to store, in the order of the events
     * @throws SubjectErasedException if a subject was erased
     */
    public List<byte[]> seal(List<UnsealedEvent> events) {
        // Always in the same order: new rows are locked one after the other.
        Set<String> subjects = new TreeSet<>();
        events.forEach(event -> event.values().forEach(value -> subjects.add(value.subject())));
        Map<String, SubjectKey> keys = store.keysOf(subjects);
        keys.forEach((subject, key) -> {
            if (key.isErased()) {
                throw new SubjectErasedException(subject);
            }
        });
        Map<UUID, SubjectKey> byId = new HashMap<>();
        keys.values().forEach(key -> byId.put(key.id(), key));
        List<byte[]> sealed = new ArrayList<>(events.size());
        for (UnsealedEvent event : events) {
            byte[] payload = SealedPayload.seal(event.json(), event.id(), event.values(), keys);
            checkOpens(event, payload, byId);
            sealed.add(payload);
        }
        return sealed;
    }

    private static void checkOpens(UnsealedEvent event, byte[] payload, Map<UUID, SubjectKey> keys) {
        byte[] opened = SealedPayload.read(payload).open(event.id(), keys);
        if (!Arrays.equals(opened, plain(event.json(), event.values()))) {
            throw new IllegalStateException("An event whose personal data was sealed does not come back unchanged");
        }
    }

    /** The JSON of an event with its personal data. */
    public static byte[] plain(byte[] json, List<PersonalValue> values) {
        Map<String, byte[]> byPath = new LinkedHashMap<>();
        values.forEach(value -> byPath.put(value.path(), value.json()));
        return PersonalJson.with(byPath, json);
    }

    /**
     * The JSON of an event as it can be read now: with values, or with placeholders for the values of erased subjects.
     * For authors of stores.
     *
     * @param payload as stored, {@linkplain #isSealed sealed}
     * @throws PersonalDataException if a value was changed, or a key is lost
     * @throws io.eventcore.TransientEventStoreException if the key store cannot be reached at the moment
     * @throws io.eventcore.EventStoreUnavailableException if the key store cannot be reached, or lacks a master key
     */
    public byte[] open(byte[] payload, UUID eventId) {
        SealedPayload sealed = SealedPayload.read(payload);
        return sealed.open(eventId, cache.find(sealed.keys()));
    }

    /**
     * The JSON of an event with placeholders for all its values, erased or not; needs no key.
     *
     * @param payload as stored, {@linkplain #isSealed sealed}
     * @throws PersonalDataException if it was changed
     */
    public static byte[] placeholders(byte[] payload) {
        return SealedPayload.read(payload).rest();
    }

    /** Fetches the keys of these payloads together, before they are opened; payloads that are not sealed need none. */
    public void prepare(Collection<byte[]> payloads) {
        Set<UUID> keys = SealedPayload.keysOf(payloads);
        if (!keys.isEmpty()) {
            cache.find(keys);
        }
    }

    /** Drops the key of a subject from the cache of this instance; the next read queries the store. */
    public void forget(String subject) {
        cache.forget(SubjectKeyStore.hash(subject));
    }

    /** How many keys were found in the cache of this instance. */
    public long cacheHits() {
        return cache.hits();
    }

    /** How many keys reads have requested from the store. */
    public long cacheMisses() {
        return cache.misses();
    }

    /** How many keys are in the cache of this instance. */
    public int cachedKeys() {
        return cache.size();
    }

    SubjectKeyStore store() {
        return store;
    }

    /**
     * Settings of a protection. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private static final Duration LONGEST_LIFE = Duration.ofHours(1);

        private final SubjectKeyStore store;
        private Duration keysLiveFor = Duration.ofSeconds(5);
        private int maxKeys = 10_000;
        private LongSupplier nanoClock = System::nanoTime;

        private Builder(SubjectKeyStore store) {
            this.store = Objects.requireNonNull(store, "store");
        }

        /**
         * How long a key is cached before the store is queried again, by default five seconds: for at most this long
         * after an erasure, values of the subject can still be read.
         *
         * @throws IllegalArgumentException if it is not positive, or longer than an hour
         */
        public Builder keysLiveFor(Duration life) {
            if (life.isNegative() || life.isZero() || life.compareTo(LONGEST_LIFE) > 0) {
                throw new IllegalArgumentException("Keys must live longer than zero and at most one hour: " + life);
            }
            this.keysLiveFor = life;
            return this;
        }

        /**
         * Upper limit for the cached keys, by default 10,000.
         *
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder maxKeys(int keys) {
            if (keys < 1) {
                throw new IllegalArgumentException("maxKeys must be at least 1, is " + keys);
            }
            this.maxKeys = keys;
            return this;
        }

        /** For tests. */
        Builder nanoClock(LongSupplier clock) {
            this.nanoClock = clock;
            return this;
        }

        /** The protection. */
        public PersonalDataProtection build() {
            return new PersonalDataProtection(this);
        }
    }
}
