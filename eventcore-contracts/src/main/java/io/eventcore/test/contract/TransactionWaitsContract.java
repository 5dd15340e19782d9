package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Which transactions wait for each other, and how such a wait ends. */
abstract class TransactionWaitsContract extends ConcurrentTransactionsFixture {
    /**
     * How long to check whether an append waits. An append that waits longer costs this time; one that does not fails
     * the row.
     */
    private static final long LOOK_MILLIS = 60;

    private static final int PATIENCE_SECONDS = 60;

    /** How another thread appends. */
    enum Way {
        BY_ITSELF,
        IN_TRANSACTION
    }

    /** How the transaction that the other one waits for ends. */
    enum End {
        COMMIT,
        ROLLBACK
    }

    static Stream<Arguments> meetings() {
        return Stream.of(Way.values())
                .flatMap(way -> Stream.of(End.values())
                        .flatMap(end -> Stream.of(0, 1).map(before -> Arguments.of(way, end, before))));
    }

    @ParameterizedTest
    @MethodSource("meetings")
    void an_append_in_any_version_waits_for_the_transaction_that_has_appended_to_the_stream(
            Way way, End end, int before) {
        fill(ADA, before);

        String outcome = meeting(deposit(ADA, any(), 7), way, deposit(ADA, any(), 8), end);

        int ours = end == End.COMMIT ? 1 : 0;
        assertThat(outcome).isEqualTo("stored as version " + (before + ours + 1));
        assertThat(cents(ADA)).hasSize(before + ours + 1).endsWith(8L);
    }

    @ParameterizedTest
    @MethodSource("meetings")
    void an_append_in_an_exact_version_waits_for_the_transaction_that_has_appended_to_the_stream(
            Way way, End end, int before) {
        fill(ADA, before);

        String outcome = meeting(deposit(ADA, exactly(before), 7), way, deposit(ADA, exactly(before), 8), end);

        assertThat(outcome)
                .isEqualTo(
                        end == End.COMMIT
                                ? "conflict at version " + (before + 1)
                                : "stored as version " + (before + 1));
        assertThat(cents(ADA)).hasSize(before + 1).endsWith(end == End.COMMIT ? 7L : 8L);
    }

    @ParameterizedTest
    @MethodSource("meetings")
    void a_stream_that_a_transaction_relies_on_does_not_move_until_it_ends(Way way, End end, int before) {
        fill(ADA, before);
        StreamWrites relying = deposit(BOB, noStream(), 7).registerStream(ADA, exactly(before));

        String outcome = meeting(relying, way, deposit(ADA, exactly(before), 8), end);

        assertThat(outcome).isEqualTo("stored as version " + (before + 1));
        assertThat(cents(BOB)).hasSize(end == End.COMMIT ? 1 : 0);
    }

    @ParameterizedTest
    @MethodSource("meetings")
    void who_relies_on_a_stream_waits_for_the_transaction_that_has_appended_to_it(Way way, End end, int before) {
        fill(ADA, before);
        StreamWrites relying = deposit(BOB, noStream(), 8).registerStream(ADA, exactly(before));

        String outcome = meeting(deposit(ADA, exactly(before), 7), way, relying, end);

        assertThat(outcome)
                .isEqualTo(end == End.COMMIT ? "conflict at version " + (before + 1) : "stored as version 1");
        assertThat(cents(BOB)).hasSize(end == End.COMMIT ? 0 : 1);
    }

    @Test
    void a_wait_ends_with_the_time_of_the_transaction_and_nothing_of_it_is_committed() {
        fill(ADA, 1);
        TransactionTemplate briefly = template(TransactionDefinition.PROPAGATION_REQUIRED);
        briefly.setTimeout(1);

        try (Holding holding = new Holding(relyingOn(ADA, exactly(1)))) {
            assertThatExceptionOfType(UnexpectedRollbackException.class)
                    .isThrownBy(() -> briefly.executeWithoutResult(status -> {
                        store.appendEvents(deposit(BOB, noStream(), 2));
                        assertThatExceptionOfType(TransientEventStoreException.class)
                                .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 3)));
                        assertThat(status.isRollbackOnly()).isTrue();
                    }));
            assertThat(holding.isOpen()).isTrue();
        }

        assertThat(log()).hasSize(1);
        store.appendEvents(deposit(ADA, exactly(1), 4));
        store.appendEvents(deposit(BOB, noStream(), 5));
    }

    @Test
    void a_wait_that_ends_in_a_nested_transaction_spoils_the_outer_one() {
        fill(ADA, 1);
        TransactionTemplate briefly = template(TransactionDefinition.PROPAGATION_REQUIRED);
        briefly.setTimeout(1);
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        try (Holding holding = new Holding(relyingOn(ADA, exactly(1)))) {
            assertThatExceptionOfType(RuntimeException.class)
                    .isThrownBy(() -> briefly.executeWithoutResult(status -> {
                        store.appendEvents(deposit(BOB, noStream(), 2));
                        // The exception of the store, or of the savepoint if the failure has rolled everything back.
                        assertThatExceptionOfType(RuntimeException.class)
                                .isThrownBy(() -> nested.executeWithoutResult(
                                        inner -> store.appendEvents(deposit(ADA, exactly(1), 3))));
                    }))
                    .isInstanceOfAny(UnexpectedRollbackException.class, TransientEventStoreException.class);
            assertThat(holding.isOpen()).isTrue();
        }

        assertThat(log()).hasSize(1);
    }

    @Test
    void of_two_transactions_that_wait_for_each_other_one_fails_and_the_other_goes_on() {
        fill(ADA, 1);
        fill(BOB, 1);
        CyclicBarrier bothHold = new CyclicBarrier(2);

        List<String> outcomes = Race.run(2, number -> {
            StreamId first = number == 0 ? ADA : BOB;
            StreamId second = number == 0 ? BOB : ADA;
            return outcome(() -> Objects.requireNonNull(transaction.execute(status -> {
                store.appendEvents(relyingOn(first, exactly(1)));
                await(bothHold);
                return store.appendEvents(deposit(second, exactly(1), 2));
            })));
        });

        assertThat(outcomes).containsExactlyInAnyOrder("stored as version 2", "transient");
        assertThat(log()).hasSize(3);
    }

    /** Where a transaction begins another one. */
    enum Place {
        BODY,
        BEFORE_COMMIT
    }

    @ParameterizedTest
    @EnumSource
    void a_new_transaction_cannot_append_to_what_the_suspended_one_holds_and_that_one_goes_on(Place place) {
        fill(ADA, 1);
        TransactionTemplate inner = template(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        inner.setTimeout(1);
        Runnable attempt = () -> assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> inner.executeWithoutResult(status -> store.appendEvents(deposit(ADA, any(), 3))));

        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, exactly(1), 2));
            if (place == Place.BODY) {
                attempt.run();
                store.appendEvents(deposit(ADA, exactly(2), 4));
            } else {
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void beforeCommit(boolean readOnly) {
                        attempt.run();
                        store.appendEvents(deposit(ADA, exactly(2), 4));
                    }
                });
            }
        });

        assertThat(cents(ADA)).containsExactly(1L, 2L, 4L);
        assertThat(log()).hasSize(3);
    }

    /**
     * Appends in a transaction, lets another thread append meanwhile, checks that the other append waits, and ends the
     * transaction.
     *
     * @return the outcome of the other append
     */
    private String meeting(StreamWrites ours, Way way, StreamWrites others, End end) {
        CompletableFuture<String> other = new CompletableFuture<>();
        transaction.executeWithoutResult(status -> {
            EventStreamSlice slice = store.appendEvents(ours);
            start(() -> other.complete(outcome(() -> appendIn(way, others))), other);
            // Completes only a copy: the other append alone completes the future itself.
            String early = other.copy()
                    .completeOnTimeout("waits", LOOK_MILLIS, TimeUnit.MILLISECONDS)
                    .join();
            assertThat(early).isEqualTo("waits");
            slice.events()
                    .forEach(event ->
                            assertThat(store.streamVersion(event.streamId())).isEqualTo(event.version()));
            if (end == End.ROLLBACK) {
                status.setRollbackOnly();
            }
        });
        return other.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    private EventStreamSlice appendIn(Way way, StreamWrites writes) {
        return way == Way.BY_ITSELF
                ? store.appendEvents(writes)
                : Objects.requireNonNull(transaction.execute(status -> store.appendEvents(writes)));
    }

    private static void start(Runnable action, CompletableFuture<?> result) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** A transaction on its own thread, which has appended and stays open until this object is closed. */
    private final class Holding implements AutoCloseable {
        private final CountDownLatch end = new CountDownLatch(1);
        private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

        Holding(StreamWrites writes) {
            CompletableFuture<Boolean> begun = new CompletableFuture<>();
            start(
                    () -> {
                        transaction.executeWithoutResult(status -> {
                            store.appendEvents(writes);
                            begun.complete(true);
                            await(end);
                        });
                        ended.complete(true);
                    },
                    begun);
            begun.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        }

        boolean isOpen() {
            return !ended.isDone();
        }

        @Override
        public void close() {
            end.countDown();
            ended.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes nothing: on some engines, a transaction that has written holds back every other append. */
    private static StreamWrites relyingOn(StreamId account, ExpectedVersion expected) {
        return StreamWrites.empty().registerStream(account, expected);
    }
}
