package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.fail;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** A transaction on a thread of its own that has done something and stays open until the test ends it. */
final class Holder implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final CountDownLatch end = new CountDownLatch(1);
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean rollsBack;

    private Holder() {}

    /** Begins a transaction on this data source, does something in it and leaves it open. */
    static Holder of(DataSource dataSource, Runnable action) {
        Holder holder = new Holder();
        CountDownLatch done = new CountDownLatch(1);
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        new Thread(() -> holder.run(transaction, action, done)).start();
        await(done);
        if (holder.ended.isCompletedExceptionally()) {
            holder.join();
        }
        return holder;
    }

    private void run(TransactionTemplate transaction, Runnable action, CountDownLatch done) {
        try {
            transaction.executeWithoutResult(status -> hold(action, done, status));
            ended.complete(null);
        } catch (RuntimeException | Error e) {
            ended.completeExceptionally(e);
        } finally {
            done.countDown();
        }
    }

    private void hold(Runnable action, CountDownLatch done, TransactionStatus status) {
        action.run();
        done.countDown();
        await(end);
        if (rollsBack) {
            status.setRollbackOnly();
        }
    }

    void commit() {
        end.countDown();
        join();
    }

    void rollBack() {
        rollsBack = true;
        commit();
    }

    /** Commits if the test has not ended it. */
    @Override
    public void close() {
        commit();
    }

    private void join() {
        try {
            ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("The transaction failed", e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            fail("The transaction did not end", e);
        }
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                fail("What was waited for did not happen");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail("Interrupted", e);
        }
    }
}
