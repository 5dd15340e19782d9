package io.eventcore.autoconfigure;

import io.eventcore.internal.OwnThreads;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * The health of one of several stores, whose database may never answer: asked by a thread of its own, and waited for a few
 * seconds only, so that the health of the others is told. While a question has no answer, nobody asks again or waits.
 */
final class PatientHealth implements HealthIndicator {
    /** As long as most probes wait for the whole health, and longer than a database takes that works. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String thread;
    private final Supplier<Health> question;
    private @Nullable Asked asked;

    private static final class Asked {
        private final CompletableFuture<Health> answer = new CompletableFuture<>();

        /** Whether somebody has waited in vain. */
        private volatile boolean silent;
    }

    /**
     * Health of a store.
     *
     * @param store the name of the store
     * @param question asks its database
     */
    PatientHealth(String store, Supplier<Health> question) {
        this.thread = "eventcore-health-" + store;
        this.question = question;
    }

    @Override
    public Health health() {
        Asked current = current();
        try {
            return current.answer.get(current.silent ? 0 : PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            current.silent = true;
            return Health.down()
                    .withDetail("failure", "The database has not answered for " + PATIENCE.toSeconds() + " s")
                    .build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Health.unknown().build();
        } catch (ExecutionException e) {
            return Health.down().withDetail("failure", nameOf(e.getCause())).build();
        }
    }

    /** Its text may quote anything. */
    private static String nameOf(@Nullable Throwable failure) {
        return failure == null ? "unknown" : failure.getClass().getName();
    }

    private synchronized Asked current() {
        Asked pending = asked;
        if (pending != null && !pending.answer.isDone()) {
            return pending;
        }
        Asked next = new Asked();
        OwnThreads.daemon(thread).newThread(() -> ask(next.answer)).start();
        // Only now: where no thread can be started, the next caller tries again.
        asked = next;
        return next;
    }

    private void ask(CompletableFuture<Health> given) {
        try {
            given.complete(question.get());
        } catch (Throwable e) {
            given.completeExceptionally(e);
        }
    }
}
