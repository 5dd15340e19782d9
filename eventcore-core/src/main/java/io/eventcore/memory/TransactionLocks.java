package io.eventcore.memory;

import io.eventcore.TransientEventStoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What transactions have locked in an in-memory store, from the call that needs it until their end or until a rollback
 * to an earlier savepoint, as a database locks rows.
 *
 * <p>A thread that would wait for itself, alone or in a circle, fails at once. No thread waits longer than the time-out
 * of its transaction or, if it has none, {@link #PATIENCE}. All methods need the lock of the store; waiting releases
 * it.
 */
final class TransactionLocks<K> {
    /** A database would wait as long as it is configured to, PostgreSQL forever. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Function<? super K, String> names;
    private final Duration patience;
    private final Condition released;
    private final Map<K, Map<MemoryTransaction, Mode>> held = new HashMap<>();
    private final Map<Thread, Wish<K>> waiting = new HashMap<>();

    /** Whether several transactions may hold the same lock at the same time. */
    enum Mode {
        SHARED,
        EXCLUSIVE;

        boolean excludes(Mode other) {
            return this == EXCLUSIVE || other == EXCLUSIVE;
        }
    }

    /** Everything that one append or command wants to lock. */
    private record Wish<K>(@Nullable MemoryTransaction owner, Map<K, Mode> modes) {}

    /** The transactions that hold a wanted lock, and have to end first. */
    private record Obstacle<K>(K key, MemoryTransaction holder) {}

    /**
     * Nothing is locked yet.
     *
     * @param noun the name of a locked thing in messages
     * @param lock the lock of the store
     * @param patience how long to wait if the transaction has no time-out
     */
    TransactionLocks(String noun, ReentrantLock lock, Duration patience) {
        this(key -> noun + " '" + key + "'", lock, patience);
    }

    /**
     * Nothing is locked yet.
     *
     * @param names the name of a locked thing in messages
     * @param lock the lock of the store
     * @param patience how long to wait if the transaction has no time-out
     */
    TransactionLocks(Function<? super K, String> names, ReentrantLock lock, Duration patience) {
        this.names = names;
        this.patience = patience;
        this.released = lock.newCondition();
    }

    /** Whether nothing at all is locked. */
    boolean areFree() {
        return held.isEmpty();
    }

    /** Whether another transaction than this one has locked it. */
    boolean isHeldByAnother(K key, @Nullable MemoryTransaction transaction) {
        return held.getOrDefault(key, Map.of()).keySet().stream().anyMatch(holder -> holder != transaction);
    }

    /**
     * Locks all of these until the transaction ends, as soon as no other transaction holds them.
     *
     * @param owner null for a call that is a transaction of its own and ends before it gives back the store's lock: it
     *     waits, and has nothing to lock
     * @throws TransientEventStoreException if that would take forever, or has taken too long; then the transaction
     *     cannot commit
     */
    void acquire(@Nullable MemoryTransaction owner, Map<K, Mode> modes) {
        Wish<K> wish = new Wish<>(owner, modes);
        if (!obstacles(wish).isEmpty()) {
            await(wish);
        }
        if (owner != null) {
            modes.forEach((key, mode) -> hold(owner, key, mode));
        }
    }

    private void await(Wish<K> wish) {
        Thread thread = Thread.currentThread();
        long left = nanosToWait(wish.owner);
        waiting.put(thread, wish);
        try {
            for (List<Obstacle<K>> obstacles = obstacles(wish); !obstacles.isEmpty(); obstacles = obstacles(wish)) {
                refuseToWaitForItself(thread, wish, obstacles);
                if (left <= 0) {
                    throw failed(
                            wish, name(obstacles.get(0).key) + " is locked by a transaction that has not ended", null);
                }
                left = released.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(wish, "Interrupted while waiting for another transaction", e);
        } finally {
            waiting.remove(thread);
        }
    }

    private long nanosToWait(@Nullable MemoryTransaction owner) {
        long millis = owner == null ? Long.MAX_VALUE : owner.millisLeft();
        return millis == Long.MAX_VALUE ? patience.toNanos() : TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private List<Obstacle<K>> obstacles(Wish<K> wish) {
        List<Obstacle<K>> obstacles = new ArrayList<>();
        wish.modes.forEach((key, mode) -> held.getOrDefault(key, Map.of()).forEach((holder, other) -> {
            if (holder != wish.owner && mode.excludes(other)) {
                obstacles.add(new Obstacle<>(key, holder));
            }
        }));
        return obstacles;
    }

    private void refuseToWaitForItself(Thread thread, Wish<K> wish, List<Obstacle<K>> obstacles) {
        for (Obstacle<K> obstacle : obstacles) {
            if (obstacle.holder.thread() == thread) {
                throw failed(
                        wish,
                        name(obstacle.key)
                                + " is locked by the suspended transaction of the same thread, which cannot continue"
                                + " before this call returns: do both in one transaction, or one after the other",
                        null);
            }
            if (waitsFor(thread, List.of(obstacle), new HashSet<>())) {
                throw failed(
                        wish,
                        "Deadlock: " + name(obstacle.key) + " is locked by a transaction that waits for this one",
                        null);
            }
        }
    }

    /** Whether one of these holders waits for a transaction of this thread, directly or not. */
    private boolean waitsFor(Thread thread, List<Obstacle<K>> obstacles, Set<Thread> seen) {
        for (Obstacle<K> obstacle : obstacles) {
            Thread other = obstacle.holder.thread();
            if (other == thread) {
                return true;
            }
            Wish<K> next = waiting.get(other);
            if (next != null && seen.add(other) && waitsFor(thread, obstacles(next), seen)) {
                return true;
            }
        }
        return false;
    }

    private TransientEventStoreException failed(Wish<K> wish, String problem, @Nullable Throwable cause) {
        return wish.owner == null
                ? new TransientEventStoreException(problem, cause)
                : wish.owner.failed(problem, cause);
    }

    private String name(K key) {
        return names.apply(key);
    }

    private void hold(MemoryTransaction owner, K key, Mode mode) {
        Map<MemoryTransaction, Mode> holders = held.computeIfAbsent(key, any -> new LinkedHashMap<>());
        Mode before = holders.get(owner);
        if (before == mode || before == Mode.EXCLUSIVE) {
            return;
        }
        holders.put(owner, mode);
        owner.add(new MemoryTransaction.Step() {
            @Override
            public void commit() {
                release(key, owner);
            }

            @Override
            public void undo() {
                if (before == null) {
                    release(key, owner);
                } else {
                    holders.put(owner, before);
                    released.signalAll();
                }
            }
        });
    }

    private void release(K key, MemoryTransaction owner) {
        held.computeIfPresent(key, (any, holders) -> {
            holders.remove(owner);
            return holders.isEmpty() ? null : holders;
        });
        released.signalAll();
    }
}
