package io.eventcore.personaldata;

import io.eventcore.transaction.TransactionPhase;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Keys that only the caller's transaction may see: from an older snapshot, or as the transaction itself has erased
 * them. Kept until it ends, so that they are fetched once for a page and not once for each event. Separate from the
 * cache, since Spring's transactions may not be on the class path.
 */
final class TransactionKeys implements TransactionSynchronization {
    private final KeyCache owner;
    private final Map<UUID, SubjectKey> keys = new HashMap<>();

    private boolean ended;

    private TransactionKeys(KeyCache owner) {
        this.owner = owner;
    }

    /** Those of the calling thread's transaction, in a map to be changed. */
    static Map<UUID, SubjectKey> find(KeyCache owner, Collection<UUID> ids) {
        Map<UUID, SubjectKey> found = new HashMap<>();
        TransactionKeys current = current(owner);
        if (current != null) {
            for (UUID id : ids) {
                SubjectKey key = current.keys.get(id);
                if (key != null) {
                    found.put(id, key);
                }
            }
        }
        return found;
    }

    /** Keeps keys while the transaction lasts, up to a limit. */
    static void keep(KeyCache owner, Collection<SubjectKey> keys, int maxKeys) {
        TransactionKeys current = current(owner);
        if (current == null) {
            if (TransactionPhase.current() != TransactionPhase.ACTIVE
                    || TransactionSynchronizationManager.hasResource(owner)) {
                return;
            }
            current = new TransactionKeys(owner);
            TransactionSynchronizationManager.bindResource(owner, current);
            TransactionSynchronizationManager.registerSynchronization(current);
        }
        for (SubjectKey key : keys) {
            if (current.keys.size() >= maxKeys) {
                current.keys.clear();
            }
            current.keys.put(key.id(), key);
        }
    }

    /** The transaction erases a subject. */
    static void forget(KeyCache owner) {
        TransactionKeys current = current(owner);
        if (current != null) {
            current.keys.clear();
        }
    }

    private static @Nullable TransactionKeys current(KeyCache owner) {
        TransactionKeys current = (TransactionKeys) TransactionSynchronizationManager.getResource(owner);
        // Callbacks after the end no longer see what the transaction saw.
        return current != null && TransactionPhase.current() == TransactionPhase.ACTIVE ? current : null;
    }

    @Override
    public void suspend() {
        TransactionSynchronizationManager.unbindResourceIfPossible(owner);
    }

    @Override
    public void resume() {
        if (!ended) {
            TransactionSynchronizationManager.bindResource(owner, this);
        }
    }

    /** An erasure may be undone. */
    @Override
    public void savepointRollback(Object savepoint) {
        keys.clear();
    }

    @Override
    public void afterCompletion(int status) {
        ended = true;
        TransactionSynchronizationManager.unbindResourceIfPossible(owner);
    }
}
