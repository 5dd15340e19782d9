package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.personaldata.SubjectErased;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Keys and erasures commit, roll back and wait as the appends of their transaction do. */
abstract class ErasureInTransactionsContract extends PersonalDataFixture {
    @Test
    void an_erasure_that_is_rolled_back_has_erased_nothing() {
        here.append(met());

        transaction.executeWithoutResult(status -> {
            here.eraser.erase(ADA);
            assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
            status.setRollbackOnly();
        });

        assertThat(here.read()).containsExactly(met());
        assertThat(elsewhere.read()).containsExactly(met());
        assertThat(undecoded(here, SubjectErased.class)).isEmpty();
        here.append(met());
    }

    @Test
    void an_erasure_commits_with_the_callers_transaction() {
        here.append(met());

        transaction.executeWithoutResult(status -> {
            here.eraser.erase(ADA);
            assertThat(Race.elsewhere(elsewhere::read)).containsExactly(met());
        });

        assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
        assertThat(undecoded(here, SubjectErased.class)).containsExactly(new SubjectErased(ADA));
    }

    @Test
    void a_key_of_a_transaction_that_is_rolled_back_is_used_by_nobody() {
        transaction.executeWithoutResult(status -> {
            here.append(met());
            assertThat(here.read()).containsExactly(met());
            status.setRollbackOnly();
        });
        assertThat(here.read()).isEmpty();

        here.append(met());

        assertThat(here.read()).containsExactly(met());
        assertThat(elsewhere.read()).containsExactly(met());
    }

    @Test
    void an_erasure_waits_for_a_transaction_that_has_appended_data_of_the_subject() throws Exception {
        here.append(met());
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch mayCommit = new CountDownLatch(1);
        AtomicBoolean committed = new AtomicBoolean();

        CompletableFuture<Void> appending = CompletableFuture.runAsync(() -> {
            transaction.executeWithoutResult(status -> {
                here.append(met());
                appended.countDown();
                await(mayCommit);
                committed.set(true);
            });
        });
        await(appended);
        CompletableFuture<Boolean> erasing = CompletableFuture.supplyAsync(() -> {
            elsewhere.eraser.erase(ADA);
            return committed.get();
        });
        assertThat(erasing.isDone()).isFalse();
        mayCommit.countDown();

        appending.get(Eventually.patience().toSeconds(), TimeUnit.SECONDS);
        assertThat(erasing.get(Eventually.patience().toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        assertThat(elsewhere.read()).extracting(Met::firstName).containsExactly(ERASED, ERASED);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Eventually.patience().toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Retries as callers do whose transaction was refused because of what another transaction committed. */
    private static <T> T untilItGoesThrough(Supplier<T> work) {
        TransientEventStoreException last = null;
        for (int attempt = 0; attempt < 3; attempt++) {
            try {
                return work.get();
            } catch (TransientEventStoreException refused) {
                last = refused;
            }
        }
        throw new AssertionError("refused again and again", last);
    }

    @Test
    void a_transaction_reads_what_it_appends_of_a_subject_that_another_has_met_since_it_began() {
        Met theirs = new Met(StreamId.of("theirs"), ADA, "Ada", BOB, "Bob");
        AtomicBoolean met = new AtomicBoolean();

        List<Met> read = untilItGoesThrough(() -> snapshot().execute(status -> {
            here.read();
            if (!met.getAndSet(true)) {
                Race.elsewhere(() -> {
                    elsewhere.append(theirs);
                    return true;
                });
            }
            here.append(met());
            return here.read();
        }));

        assertThat(read).containsExactly(met());
        assertThat(here.read()).containsExactly(met());
    }

    @Test
    void a_transaction_erases_a_subject_that_another_has_met_since_it_began() {
        AtomicBoolean met = new AtomicBoolean();

        List<Met> read = untilItGoesThrough(() -> snapshot().execute(status -> {
            here.read();
            if (!met.getAndSet(true)) {
                Race.elsewhere(() -> {
                    elsewhere.append(met());
                    return true;
                });
            }
            here.eraser.erase(ADA);
            return here.read();
        }));

        assertThat(read).extracting(Met::firstName).doesNotContain("Ada Lovelace");
        assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
        assertThat(new Instance(contract(), FOR_LONG).read())
                .extracting(Met::firstName)
                .containsExactly(ERASED);
        assertThat(undecoded(here, SubjectErased.class)).containsExactly(new SubjectErased(ADA));
    }

    @Test
    void what_a_transaction_keeps_of_keys_ends_with_its_savepoint_and_with_itself() {
        here.append(met());

        transaction.executeWithoutResult(status -> {
            Object savepoint = status.createSavepoint();
            here.eraser.erase(ADA);
            assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
            status.rollbackToSavepoint(savepoint);
            assertThat(here.read()).containsExactly(met());
            here.eraser.erase(ADA);
            assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
            status.setRollbackOnly();
        });
        snapshot().executeWithoutResult(status -> assertThat(here.read()).containsExactly(met()));

        elsewhere.eraser.erase(ADA);

        Instance fresh = new Instance(contract(), SHORTLY);
        snapshot()
                .executeWithoutResult(status ->
                        assertThat(fresh.read()).extracting(Met::firstName).containsExactly(ERASED));
    }
}
