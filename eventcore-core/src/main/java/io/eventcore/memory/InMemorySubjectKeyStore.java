package io.eventcore.memory;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.personaldata.SubjectKey;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.transaction.TransactionPhase;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps the keys of subjects in memory, for an {@link InMemoryEventStore}. Within a Spring transaction, new keys and
 * erasures commit and roll back with it, also to a savepoint.
 *
 * <p>Forgets everything when the process ends. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemorySubjectKeyStore implements SubjectKeyStore {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Map<String, Entry> bySubject = new HashMap<>();
    private final Map<UUID, Entry> byId = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final TransactionLocks<String> locks = new TransactionLocks<>("Subject", lock, TransactionLocks.PATIENCE);
    private final TransactionScope transactions =
            TransactionScope.ofSpring(lock, TransactionScope.CommitOrder.BEFORE_THE_EVENTS);

    /** Holds no key yet. */
    public InMemorySubjectKeyStore() {}

    /** The key of a subject. Guarded by the lock. */
    private static final class Entry {
        private final UUID id = UUID.randomUUID();
        private final String hash;
        private @Nullable SubjectKey key;

        /** The transaction that has created it and not committed yet. */
        private @Nullable MemoryTransaction maker;

        /** The transaction that has erased it and not committed yet. */
        private @Nullable MemoryTransaction eraser;

        private Entry(String hash, @Nullable SubjectKey key, MemoryTransaction maker) {
            this.hash = hash;
            this.key = key;
            this.maker = maker;
        }

        private SubjectKey as(@Nullable MemoryTransaction asker) {
            boolean erased = key == null || (eraser != null && eraser == asker);
            return erased || key == null ? SubjectKey.erased(id, hash) : key;
        }
    }

    @Override
    public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
        return inTransaction(transaction -> {
            Map<String, String> hashes = new TreeMap<>();
            subjects.forEach(subject -> hashes.put(SubjectKeyStore.hash(subject), subject));
            lock(transaction, hashes.keySet(), TransactionLocks.Mode.SHARED);
            // One that is there stays there: others cannot take back or erase what is locked.
            hashes.keySet().removeIf(bySubject::containsKey);
            lock(transaction, hashes.keySet(), TransactionLocks.Mode.EXCLUSIVE);
            Map<String, SubjectKey> keys = new HashMap<>();
            for (String subject : subjects) {
                keys.put(
                        subject,
                        entry(SubjectKeyStore.hash(subject), transaction, true).as(transaction));
            }
            return keys;
        });
    }

    private void lock(MemoryTransaction transaction, Collection<String> hashes, TransactionLocks.Mode mode) {
        Map<String, TransactionLocks.Mode> modes = new TreeMap<>();
        hashes.forEach(hash -> modes.put(hash, mode));
        locks.acquire(transaction, modes);
    }

    private Entry entry(String hash, MemoryTransaction transaction, boolean withKey) {
        Entry known = bySubject.get(hash);
        if (known != null) {
            return known;
        }
        Entry made = new Entry(hash, null, transaction);
        if (withKey) {
            byte[] key = new byte[SubjectKey.BYTES];
            RANDOM.nextBytes(key);
            made.key = SubjectKey.of(made.id, hash, key);
        }
        bySubject.put(hash, made);
        byId.put(made.id, made);
        transaction.add(new MemoryTransaction.Step() {
            @Override
            public void commit() {
                made.maker = null;
            }

            @Override
            public void undo() {
                bySubject.remove(hash, made);
                byId.remove(made.id, made);
            }
        });
        return made;
    }

    @Override
    public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
        MemoryTransaction asker = transactions.current();
        lock.lock();
        try {
            Map<UUID, SubjectKey> found = new HashMap<>();
            for (UUID id : ids) {
                Entry entry = byId.get(id);
                if (entry != null && (entry.maker == null || entry.maker == asker)) {
                    found.put(id, entry.as(asker));
                }
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Predicate<SubjectKey> cacheable() {
        return transactions.isActive() ? key -> !key.isErased() : key -> true;
    }

    @Override
    public void erase(String subject, Consumer<Erasure> alongside) {
        // In one transaction, as on a database: no other thread sees one of the two without the other.
        if (!transactions.isActive() && TransactionScope.springTransactionsArePresent()) {
            OwnTransaction.run(() -> eraseIn(subject, alongside));
        } else {
            eraseIn(subject, alongside);
        }
    }

    /** Apart, since the class of the template may not be there. */
    private static final class OwnTransaction {
        private static void run(Runnable work) {
            InMemoryTransactionManager manager = new InMemoryTransactionManager();
            manager.setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
            new TransactionTemplate(manager).executeWithoutResult(status -> work.run());
        }
    }

    private void eraseIn(String subject, Consumer<Erasure> alongside) {
        String hash = SubjectKeyStore.hash(subject);
        Erased erased = inTransaction(transaction -> erase(hash, transaction));
        boolean done = false;
        try {
            // Outside of the lock: the store of the events has one of its own.
            alongside.accept(erased.erasure);
            done = true;
        } finally {
            if (!done && !transactions.isActive()) {
                locked(() -> takeBack(erased));
            }
        }
    }

    private Erased takeBack(Erased erased) {
        erased.entry.key = erased.before;
        if (erased.erasure == Erasure.NOW && erased.before == null) {
            bySubject.remove(erased.entry.hash, erased.entry);
            byId.remove(erased.entry.id, erased.entry);
        }
        return erased;
    }

    /** An erasure, and the key that there was. */
    private record Erased(
            Erasure erasure, Entry entry, @Nullable SubjectKey before) {}

    private Erased erase(String hash, MemoryTransaction transaction) {
        locks.acquire(transaction, Map.of(hash, TransactionLocks.Mode.EXCLUSIVE));
        boolean known = bySubject.containsKey(hash);
        Entry entry = entry(hash, transaction, false);
        if (known && (entry.key == null || entry.eraser != null)) {
            return new Erased(Erasure.BEFORE, entry, entry.key);
        }
        SubjectKey before = entry.key;
        if (before != null) {
            entry.eraser = transaction;
            transaction.add(new MemoryTransaction.Step() {
                @Override
                public void commit() {
                    entry.key = null;
                    entry.eraser = null;
                }

                @Override
                public void undo() {
                    entry.eraser = null;
                }
            });
        }
        return new Erased(Erasure.NOW, entry, before);
    }

    private interface Action<T> {
        T in(MemoryTransaction transaction);
    }

    /** Runs with the lock held, in the caller's transaction or one that is as long as the call. */
    private <T> T inTransaction(Action<T> action) {
        if (transactions.isReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
        MemoryTransaction callers = transactions.current();
        if (callers != null) {
            return locked(() -> action.in(callers));
        }
        MemoryTransaction own = MemoryTransaction.ofOneCall();
        return locked(() -> {
            boolean done = false;
            try {
                T result = action.in(own);
                done = true;
                return result;
            } finally {
                if (done) {
                    own.commit();
                } else {
                    own.rollBack();
                }
            }
        });
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
