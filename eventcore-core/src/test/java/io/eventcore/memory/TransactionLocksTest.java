package io.eventcore.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.TransientEventStoreException;
import io.eventcore.memory.TransactionLocks.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionLocksTest {
    private final ReentrantLock lock = new ReentrantLock();
    private final TransactionLocks<String> locks = new TransactionLocks<>("Stream", lock, Duration.ofSeconds(60));
    private final List<ExecutorService> threads = new ArrayList<>();

    @AfterEach
    void endThreads() {
        threads.forEach(ExecutorService::shutdownNow);
    }

    @Test
    void no_wait_is_longer_than_ten_seconds_unless_a_transaction_says_so() {
        assertThat(TransactionLocks.PATIENCE).isEqualTo(Duration.ofSeconds(10));
        TransactionLocks<String> impatient = new TransactionLocks<>("Stream", lock, Duration.ofMillis(1));
        Client ada = new Client(impatient);
        Client bob = new Client(impatient);
        ada.exclusively("a");

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> bob.exclusively("a"))
                .withMessage("Stream 'a' is locked by a transaction that has not ended");
        assertThat(bob.transaction.refusal()).isPresent();
        assertThat(ada.transaction.refusal()).isEmpty();
    }

    @Test
    void a_wait_ends_with_the_time_of_the_transaction() {
        TransactionLocks<String> patient = new TransactionLocks<>("Stream", lock, Duration.ofDays(1));
        Client ada = new Client(patient);
        Client bob = new Client(patient, () -> new MemoryTransaction(System.currentTimeMillis() + 20, () -> {}));
        ada.exclusively("a");

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> bob.exclusively("a"))
                .withMessage("Stream 'a' is locked by a transaction that has not ended");
        assertThat(bob.transaction.refusal()).isPresent();
    }

    @Test
    void what_is_shared_is_held_by_many_and_waited_for_by_who_wants_it_alone() {
        Client ada = new Client(locks);
        Client bob = new Client(locks);
        Client eve = new Client(locks);
        ada.shared("a");
        bob.shared("a");

        CompletableFuture<Boolean> waiting = eve.waitFor("a", Mode.EXCLUSIVE);
        ada.commit();
        assertThat(waiting).isNotDone();
        bob.rollBack();

        assertThat(waiting.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
        eve.commit();
        assertThat(lockedly(locks::areFree)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7})
    void who_closes_a_circle_is_told_at_once_and_the_others_go_on(int clients) {
        List<Client> circle = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Client client = new Client(locks);
            client.exclusively("stream-" + i);
            circle.add(client);
        }
        List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
        for (int i = 0; i < clients - 1; i++) {
            waiting.add(circle.get(i).waitFor("stream-" + (i + 1), Mode.EXCLUSIVE));
        }
        Client last = circle.get(clients - 1);

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> last.exclusively("stream-0"))
                .withMessage("Deadlock: Stream 'stream-0' is locked by a transaction that waits for this one");
        last.rollBack();

        for (int i = clients - 2; i >= 0; i--) {
            assertThat(waiting.get(i).orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
            circle.get(i).commit();
        }
        assertThat(lockedly(locks::areFree)).isTrue();
    }

    @Test
    void of_two_who_share_and_both_want_it_alone_the_second_is_told_at_once() {
        Client ada = new Client(locks);
        Client bob = new Client(locks);
        ada.shared("a");
        bob.shared("a");
        CompletableFuture<Boolean> waiting = ada.waitFor("a", Mode.EXCLUSIVE);

        assertThatExceptionOfType(TransientEventStoreException.class).isThrownBy(() -> bob.exclusively("a"));
        bob.rollBack();

        assertThat(waiting.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
    }

    /** Who was waited for, has ended, and now waits for the one that has not noticed yet, is in no circle. */
    @Test
    void what_has_ended_makes_no_circle() {
        Client ada = new Client(locks);
        Client bob = new Client(locks);
        ada.exclusively("a");
        bob.exclusively("b");
        CompletableFuture<Boolean> waiting = bob.waitFor("a", Mode.EXCLUSIVE);

        CompletableFuture<Boolean> next = ada.commitAndWant("b");
        assertThat(waiting.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
        bob.commit();

        assertThat(next.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
    }

    @Test
    void a_thread_that_would_wait_for_its_own_suspended_transaction_is_told_at_once() {
        Client ada = new Client(locks);
        ada.exclusively("a");

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> ada.withoutTransaction("a"))
                .withMessageContaining("suspended transaction of the same thread");
        assertThat(ada.transaction.refusal()).isEmpty();
    }

    @Test
    void a_rollback_to_a_savepoint_gives_back_what_was_locked_after_it_and_shares_again_what_was_shared() {
        Client ada = new Client(locks);
        Client bob = new Client(locks);
        ada.shared("a");
        Object savepoint = new Object();
        ada.run(() -> ada.transaction.setSavepoint(savepoint));
        ada.exclusively("a");
        ada.exclusively("b");
        CompletableFuture<Boolean> waiting = bob.waitFor("a", Mode.SHARED);

        ada.run(() -> ada.transaction.rollBackTo(savepoint));

        assertThat(waiting.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
        bob.exclusively("b");
        assertThat(lockedly(() -> locks.isHeldByAnother("a", bob.transaction))).isTrue();
    }

    @Test
    void an_interrupted_wait_fails_and_the_flag_stays() {
        Client ada = new Client(locks);
        Client bob = new Client(locks);
        ada.exclusively("a");
        CompletableFuture<Boolean> waiting = bob.waitFor("a", Mode.EXCLUSIVE);

        bob.interrupt();

        assertThat(waiting.handle((done, failure) -> failure)
                        .orTimeout(60, TimeUnit.SECONDS)
                        .join())
                .isInstanceOf(TransientEventStoreException.class)
                .hasMessageContaining("Interrupted");
        assertThat(bob.wasInterrupted).isTrue();
    }

    private <T> T lockedly(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** A transaction with a thread of its own. */
    private final class Client {
        private final TransactionLocks<String> used;
        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private final Thread itself;
        private final MemoryTransaction transaction;
        private volatile boolean wasInterrupted;

        Client(TransactionLocks<String> used) {
            this(used, MemoryTransaction::ofOneCall);
        }

        Client(TransactionLocks<String> used, Supplier<MemoryTransaction> begin) {
            this.used = used;
            threads.add(thread);
            this.itself = run(Thread::currentThread);
            this.transaction = run(begin);
        }

        void exclusively(String key) {
            acquire(key, Mode.EXCLUSIVE);
        }

        void shared(String key) {
            acquire(key, Mode.SHARED);
        }

        void withoutTransaction(String key) {
            run(() -> used.acquire(null, Map.of(key, Mode.EXCLUSIVE)));
        }

        private void acquire(String key, Mode mode) {
            run(() -> used.acquire(transaction, Map.of(key, mode)));
        }

        void commit() {
            run(transaction::commit);
        }

        void rollBack() {
            run(transaction::rollBack);
        }

        void interrupt() {
            itself.interrupt();
        }

        /** Wants a lock that is held, and returns when it waits for it. */
        CompletableFuture<Boolean> waitFor(String key, Mode mode) {
            CompletableFuture<Boolean> done = start(() -> used.acquire(transaction, Map.of(key, mode)));
            untilItWaits(done);
            return done;
        }

        /** Ends, and wants another lock before those who have waited for this client can go on. */
        CompletableFuture<Boolean> commitAndWant(String key) {
            return start(() -> {
                transaction.commit();
                used.acquire(transaction, Map.of(key, Mode.EXCLUSIVE));
            });
        }

        private void untilItWaits(CompletableFuture<Boolean> done) {
            while (itself.getState() != Thread.State.TIMED_WAITING) {
                assertThat(done).isNotDone();
                Thread.onSpinWait();
            }
        }

        private CompletableFuture<Boolean> start(Runnable action) {
            CompletableFuture<Boolean> done = new CompletableFuture<>();
            thread.execute(() -> {
                try {
                    lockedly(() -> {
                        action.run();
                        return true;
                    });
                    done.complete(true);
                } catch (RuntimeException | Error e) {
                    wasInterrupted = Thread.interrupted();
                    done.completeExceptionally(e);
                }
            });
            return done;
        }

        private void run(Runnable action) {
            run(() -> {
                action.run();
                return true;
            });
        }

        private <T> T run(Supplier<T> action) {
            CompletableFuture<T> result = new CompletableFuture<>();
            thread.execute(() -> {
                try {
                    result.complete(lockedly(action));
                } catch (RuntimeException | Error e) {
                    result.completeExceptionally(e);
                }
            });
            try {
                return result.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException failure) {
                    throw failure;
                }
                throw new AssertionError(e.getCause());
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError("The client does not answer", e);
            }
        }
    }
}
