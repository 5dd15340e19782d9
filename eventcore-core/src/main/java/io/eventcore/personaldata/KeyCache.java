package io.eventcore.personaldata;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Caches keys for a short time, counted from before the store was queried: at most this long after an erasure, a key is
 * still here. Bounded. Safe for any number of threads.
 */
final class KeyCache {
    private final SubjectKeyStore store;
    private final long lifeNanos;
    private final int maxKeys;
    private final LongSupplier nanoClock;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();

    /** Oldest use first. Guarded by this object, as is the number of subjects that were forgotten. */
    private final LinkedHashMap<UUID, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private long forgotten;

    /** Whether a caller's transaction was ever seen here, so that the class that handles transactions is loaded. */
    private volatile boolean seesTransactions;

    private record Entry(SubjectKey key, long goodUntil) {}

    KeyCache(SubjectKeyStore store, Duration life, int maxKeys, LongSupplier nanoClock) {
        this.store = store;
        this.lifeNanos = life.toNanos();
        this.maxKeys = maxKeys;
        this.nanoClock = nanoClock;
    }

    /** The keys with these ids; queries the store once for all keys that are not cached. */
    Map<UUID, SubjectKey> find(Collection<UUID> ids) {
        Map<UUID, SubjectKey> found = seesTransactions ? TransactionKeys.find(this, ids) : new HashMap<>();
        List<UUID> missing = new ArrayList<>();
        long begin = nanoClock.getAsLong();
        long before;
        synchronized (this) {
            before = forgotten;
            for (UUID id : ids) {
                Entry entry = entries.get(id);
                if (found.containsKey(id)) {
                    continue;
                }
                if (entry != null && entry.goodUntil - begin > 0) {
                    found.put(id, entry.key);
                } else {
                    missing.add(id);
                }
            }
        }
        hits.add(found.size());
        misses.add(missing.size());
        if (!missing.isEmpty()) {
            Predicate<SubjectKey> cacheable = store.cacheable();
            Map<UUID, SubjectKey> loaded = load(missing);
            List<SubjectKey> notForOthers = keep(loaded.values(), cacheable, begin, before);
            if (!notForOthers.isEmpty()) {
                seesTransactions = true;
                TransactionKeys.keep(this, notForOthers, maxKeys);
            }
            found.putAll(loaded);
        }
        return found;
    }

    /** A store of an application may throw anything: for a reader that is a key store which does not answer. */
    private Map<UUID, SubjectKey> load(List<UUID> missing) {
        try {
            return store.find(missing);
        } catch (EventStoreException | PersonalDataException told) {
            throw told;
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            throw new EventStoreUnavailableException(
                    "The store of the subjects' keys has failed with "
                            + e.getClass().getName(),
                    RedactedException.of(e, ""));
        }
    }

    /** Returns the keys that only the calling thread's transaction may keep. */
    private synchronized List<SubjectKey> keep(
            Collection<SubjectKey> loaded, Predicate<SubjectKey> cacheable, long begin, long before) {
        entries.values().removeIf(entry -> entry.goodUntil - begin <= 0);
        // An answer to a query from before a subject was forgotten may contain its key.
        if (before != forgotten) {
            return List.of();
        }
        List<SubjectKey> notForOthers = new ArrayList<>();
        for (SubjectKey key : loaded) {
            if (cacheable.test(key)) {
                entries.put(key.id(), new Entry(key, begin + lifeNanos));
            } else {
                notForOthers.add(key);
            }
        }
        int surplus = entries.size() - maxKeys;
        if (surplus > 0) {
            List.copyOf(entries.keySet()).subList(0, surplus).forEach(entries::remove);
        }
        return notForOthers;
    }

    void forget(String subjectHash) {
        if (seesTransactions) {
            TransactionKeys.forget(this);
        }
        synchronized (this) {
            forgotten++;
            entries.values().removeIf(entry -> entry.key.subjectHash().equals(subjectHash));
        }
    }

    synchronized int size() {
        return entries.size();
    }

    long hits() {
        return hits.sum();
    }

    long misses() {
        return misses.sum();
    }
}
