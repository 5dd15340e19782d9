package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Boundary;
import io.eventcore.ConflictException;
import io.eventcore.EventQuery;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.transaction.TransactionPhase;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;

/** Decisions on tags inside their callers' transactions. */
abstract class BoundaryTransactionsContract extends TagFixture {
    private static final int PATIENCE_SECONDS = 60;

    @BeforeEach
    void tellTheStoreOfTransactions() {
        ((AbstractPlatformTransactionManager) Objects.requireNonNull(transaction.getTransactionManager()))
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    @Test
    void a_transaction_sees_its_own_events_and_others_do_not_before_it_commits() {
        transaction.executeWithoutResult(status -> {
            append(subscribed("ada", "c1"));
            assertCounted(course("c1"), 1);
            assertThat(Race.elsewhere(() -> found(course("c1")))).isEmpty();
        });

        assertCounted(course("c1"), 1);
    }

    @Test
    void what_is_rolled_back_was_never_there() {
        append(opened("c1"));
        Boundary read = boundary(course("c1").or(student("ada")));
        transaction.executeWithoutResult(status -> {
            append(subscribed("ada", "c1"), noted("n", "new"));
            status.setRollbackOnly();
        });

        assertCounted(course("c1"), 1);
        assertCounted(student("ada"), 0);
        assertAccepted(read, subscribed("bob", "c1"));
        assertAccepted(Boundary.nothing(subject("new")), noted("n", "new"));
    }

    @Test
    void what_is_rolled_back_to_a_savepoint_was_never_there() {
        transaction.executeWithoutResult(status -> {
            append(opened("c1"));
            Boundary read = boundary(course("c1"));
            Object savepoint = status.createSavepoint();
            append(subscribed("ada", "c1"), renamed("c1"));
            status.rollbackToSavepoint(savepoint);
            assertCounted(course("c1"), 1);
            assertAccepted(read, subscribed("bob", "c1"));
        });

        assertCounted(course("c1"), 2);
        assertCounted(student("ada"), 0);
    }

    @Test
    void after_a_conflict_a_transaction_goes_on_with_what_it_has_appended() {
        append(opened("c1"));
        Boundary stale = boundary(course("c1"));
        append(renamed("c1"));

        transaction.executeWithoutResult(status -> {
            append(noted("n", "kept"));
            assertRefused(stale, subscribed("ada", "c1"), noted("n", "kept"));
            assertCounted(subject("kept"), 1);
            assertAccepted(boundary(course("c1")), subscribed("ada", "c1"));
        });

        assertCounted(subject("kept"), 1);
        assertCounted(course("c1"), 3);
    }

    @Test
    void a_boundary_that_was_read_before_an_own_append_is_in_conflict_with_it() {
        transaction.executeWithoutResult(status -> {
            Boundary read = boundary(course("c1"));
            assertAccepted(read, opened("c1"));
            assertRefused(read, opened("c1"));
            assertAccepted(boundary(course("c1")), renamed("c1"));
        });

        assertCounted(course("c1"), 2);
    }

    @Test
    void a_tag_that_another_transaction_creates_and_rolls_back_is_still_guarded() {
        Boundary read = boundary(course("c1"));
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CompletableFuture<Void> creating = CompletableFuture.runAsync(() -> transaction.executeWithoutResult(status -> {
            append(opened("c1"));
            appended.countDown();
            await(mayEnd);
            status.setRollbackOnly();
        }));
        await(appended);
        CompletableFuture<Boolean> deciding = CompletableFuture.supplyAsync(
                () -> succeeds(other, writes(opened("c1")).restingOn(read)));
        mayEnd.countDown();
        creating.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();

        assertThat(deciding.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join())
                .isTrue();
        assertRefused(read, opened("c1"));
        assertCounted(course("c1"), 1);
    }

    /** The course's event may have a lower position than the student's event, and commit after that event was read. */
    @Test
    void an_event_that_commits_below_what_was_read_is_a_conflict() {
        for (int round = 0; round < 10; round++) {
            String course = "late-" + round;
            String student = "early-" + round;
            append(opened(course));
            CountDownLatch appended = new CountDownLatch(1);
            CountDownLatch mayEnd = new CountDownLatch(1);
            CompletableFuture<Void> late = CompletableFuture.runAsync(() -> transaction.executeWithoutResult(status -> {
                append(renamed(course));
                appended.countDown();
                await(mayEnd);
            }));
            await(appended);
            CompletableFuture<Void> early = CompletableFuture.runAsync(() -> append(subscribed(student, "other")));
            // If the store gives positions one commit after the other, the second append waits for the first.
            boolean overtakes = endsSoon(early);
            Boundary read = boundary(course(course).or(student(student)));
            mayEnd.countDown();
            late.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
            early.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();

            assertThat(found(course(course).or(student(student))))
                    .as("round %d, overtakes: %s", round, overtakes)
                    .hasSize(3);
            assertRefused(read, subscribed(student, course));
        }
    }

    private static boolean endsSoon(CompletableFuture<Void> future) {
        try {
            future.get(60, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException waits) {
            return false;
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_guard_does_not_move_until_the_transaction_that_rests_on_it_ends() {
        append(opened("c1"));
        CountDownLatch decided = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CompletableFuture<Boolean> deciding = CompletableFuture.supplyAsync(() -> transaction.execute(status -> {
            Boundary read = boundary(course("c1"));
            boolean first = succeeds(store, writes(noted("n", "x")).restingOn(read));
            decided.countDown();
            await(mayEnd);
            // No event has come, although the transaction took its time: its guard is locked.
            return first && boundary(course("c1")).equals(read);
        }));
        await(decided);
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> append(renamed("c1")));
        endsSoon(writing);
        mayEnd.countDown();

        assertThat(deciding.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join())
                .isTrue();
        writing.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        assertCounted(course("c1"), 2);
    }

    /** The store must not take a snapshot that is older than the guard's row for the truth. */
    @ParameterizedTest
    @ValueSource(ints = {TransactionDefinition.ISOLATION_REPEATABLE_READ, TransactionDefinition.ISOLATION_SERIALIZABLE})
    void a_transaction_with_a_snapshot_never_rests_on_what_has_changed_since(int isolation) {
        transaction.setIsolationLevel(isolation);
        List<EventQuery> queries = List.of(
                course("c1"),
                course("c1").ofTypes(SchoolEvent.CourseRenamed.class),
                course("c1").and("student", "ada"),
                EventQuery.ofStream(StreamId.of("course/c1")),
                course("unused").or(course("c1")));
        int accepted = 0;
        for (EventQuery query : queries) {
            append(opened("c1"), subscribed("ada", "c1"));
            List<CompletableFuture<Void>> others = new ArrayList<>();
            AtomicBoolean changed = new AtomicBoolean();
            boolean committed = commits(() -> {
                Boundary read = boundary(query);
                others.add(CompletableFuture.runAsync(
                        () -> append(renamed("c1"), subscribed("ada", "c1"), opened("unused"))));
                // A database may lock what a transaction at this isolation level reads. Then the other append waits for
                // that transaction.
                changed.set(endsSoon(others.get(0)));
                return succeeds(store, writes(noted("n", "stale")).restingOn(read));
            });
            assertThat(changed.get() && committed).as("%s", query).isFalse();
            accepted += committed ? 1 : 0;
            try {
                others.get(0).orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
            } catch (CompletionException victim) {
                assertThat(victim).hasCauseInstanceOf(TransientEventStoreException.class);
            }
        }
        assertCounted(subject("stale"), accepted);
        assertThat(store.streamVersion(StreamId.of("notes/n"))).isEqualTo(StreamVersion.of(accepted));
    }

    /**
     * Whether the decision was accepted and committed. The transaction may fail instead, so that its caller repeats it.
     */
    private boolean commits(BooleanSupplier decision) {
        try {
            return Boolean.TRUE.equals(transaction.execute(status -> decision.getAsBoolean()));
        } catch (TransientEventStoreException | ConflictException | TransactionException again) {
            return false;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void the_home_of_an_event_need_not_be_part_of_the_decision() {
        transaction.executeWithoutResult(status -> {
            Boundary read = boundary(course("c1"));
            store.appendEvents(StreamWrites.empty()
                    .registerStream(StreamId.of("elsewhere"), any())
                    .append(StreamId.of("elsewhere"), opened("c1"))
                    .restingOn(read));
        });

        assertCounted(course("c1"), 1);
        assertThat(store.streamVersion(StreamId.of("elsewhere"))).isEqualTo(StreamVersion.of(1));
    }
}
