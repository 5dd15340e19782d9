package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionTemplate;

/** How appends and reads take part in the caller's transaction. */
abstract class JoinedTransactionsContract extends TransactionFixture {
    @Test
    void an_append_is_committed_with_the_callers_transaction() {
        EventStreamSlice slice = transaction.execute(status -> store.appendEvents(deposit(ADA, noStream(), 1)));

        assertThat(cents(ADA)).containsExactly(1L);
        assertThat(log()).extracting(RecordedEvent::position).containsExactly(slice.lastPosition());
    }

    @Test
    void an_append_vanishes_with_the_callers_rollback() {
        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            store.appendEvents(deposit(ADA, exactly(1), 2));
            status.setRollbackOnly();
        });

        assertThat(cents(ADA)).isEmpty();
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
        assertThat(log()).isEmpty();
        store.appendEvents(deposit(ADA, noStream(), 3));
        assertThat(cents(ADA)).containsExactly(3L);
    }

    @Test
    void an_exception_of_the_caller_leaves_nothing_behind() {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    throw new IllegalStateException("the business says no");
                }));

        assertThat(log()).isEmpty();
    }

    @Test
    void the_transaction_sees_what_it_has_appended_and_nobody_else_does() {
        store.appendEvents(deposit(ADA, noStream(), 1));

        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, exactly(1), 2));
            store.appendEvents(deposit(BOB, noStream(), 3));

            assertThat(cents(ADA)).containsExactly(1L, 2L);
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(2));
            assertThat(store.readStreamAfter(ADA, StreamVersion.of(1), LedgerEvent.class)
                            .toList())
                    .hasSize(1);
            assertThat(store.streamIds(StreamPrefix.of("account"), StreamIdPage.first(5)))
                    .containsExactly(ADA, BOB);
            assertThat(Race.<List<Long>>elsewhere(() -> cents(ADA))).containsExactly(1L);
            assertThat(Race.<StreamVersion>elsewhere(() -> store.streamVersion(BOB)))
                    .isEqualTo(StreamVersion.NONE);
        });

        assertThat(cents(ADA)).containsExactly(1L, 2L);
    }

    @Test
    void several_appends_of_one_transaction_follow_each_other() {
        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            store.appendEvents(deposit(BOB, noStream(), 2));
            store.appendEvents(deposit(ADA, exactly(1), 3));
            store.appendEvents(deposit(ADA, any(), 4));
            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 5)))
                    .satisfies(conflict -> assertThat(conflict.actual()).isEqualTo(StreamVersion.of(3)));
        });

        assertThat(cents(ADA)).containsExactly(1L, 3L, 4L);
        assertThat(log())
                .extracting(event -> ((Deposited) event.event()).cents())
                .containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void after_a_conflict_the_transaction_goes_on_and_commits() {
        store.appendEvents(deposit(BOB, noStream(), 1));

        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            StreamWrites stale = StreamWrites.empty()
                    .registerStream(ADA, exactly(1))
                    .registerStream(BOB, noStream())
                    .append(new Deposited(ADA, 2))
                    .append(new Deposited(BOB, 2));
            assertThatExceptionOfType(VersionConflictException.class).isThrownBy(() -> store.appendEvents(stale));
            store.appendEvents(deposit(ADA, exactly(1), 3));
            assertThat(status.isRollbackOnly()).isFalse();
        });

        assertThat(cents(ADA)).containsExactly(1L, 3L);
        assertThat(cents(BOB)).containsExactly(1L);
    }

    @Test
    void a_repeated_append_is_recognised_inside_a_transaction() {
        StreamWrites writes = deposit(ADA, noStream(), 1);

        transaction.executeWithoutResult(status -> {
            EventStreamSlice first = store.appendEvents(writes);
            assertThat(store.appendEvents(writes)).isEqualTo(first);
        });
        transaction.executeWithoutResult(status -> store.appendEvents(writes));

        assertThat(cents(ADA)).containsExactly(1L);
    }

    @Test
    void a_new_transaction_inside_is_independent_of_the_outer_one() {
        transaction.executeWithoutResult(outer -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            newTransaction.executeWithoutResult(inner -> {
                assertThat(cents(ADA)).isEmpty();
            });
            outer.setRollbackOnly();
        });
        transaction.executeWithoutResult(outer -> {
            newTransaction.executeWithoutResult(inner -> store.appendEvents(deposit(BOB, noStream(), 1)));
            outer.setRollbackOnly();
        });

        assertThat(cents(ADA)).isEmpty();
        assertThat(cents(BOB)).containsExactly(1L);
    }

    @Test
    void a_failure_in_a_new_transaction_inside_is_no_matter_of_the_outer_one() {
        transaction.executeWithoutResult(outer -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            assertThatExceptionOfType(UnexpectedRollbackException.class)
                    .isThrownBy(() -> newTransaction.executeWithoutResult(
                            inner -> transaction.executeWithoutResult(TransactionStatus::setRollbackOnly)));
            assertThat(outer.isRollbackOnly()).isFalse();
        });

        assertThat(cents(ADA)).containsExactly(1L);
    }

    @Test
    void a_read_only_transaction_reads_and_appends_nothing() {
        store.appendEvents(deposit(ADA, noStream(), 1));
        TransactionTemplate readOnly = new TransactionTemplate(manager);
        readOnly.setReadOnly(true);

        readOnly.executeWithoutResult(status -> {
            assertThat(cents(ADA)).containsExactly(1L);
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 2)))
                    .withMessageContaining("read-only");
            newTransaction.executeWithoutResult(inner -> store.appendEvents(deposit(BOB, noStream(), 3)));
        });

        assertThat(cents(ADA)).containsExactly(1L);
        assertThat(cents(BOB)).containsExactly(3L);
    }

    @Test
    void where_no_transaction_is_needed_and_none_is_there_an_append_is_one_of_its_own() {
        TransactionTemplate supports = new TransactionTemplate(manager);
        supports.setPropagationBehavior(TransactionDefinition.PROPAGATION_SUPPORTS);

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> supports.executeWithoutResult(status -> {
                    assertThat(store.internals().joinsCallersTransaction()).isFalse();
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    assertThat(Race.<List<Long>>elsewhere(() -> cents(ADA))).containsExactly(1L);
                    throw new IllegalStateException("there is nothing to roll back");
                }));

        assertThat(cents(ADA)).containsExactly(1L);
    }

    @Test
    void an_append_outside_of_the_suspended_transaction_is_independent_of_it() {
        TransactionTemplate suspended = new TransactionTemplate(manager);
        suspended.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);

        transaction.executeWithoutResult(status -> {
            assertThat(cents(ADA)).isEmpty();
            suspended.executeWithoutResult(none -> {
                assertThat(store.internals().joinsCallersTransaction()).isFalse();
                store.appendEvents(deposit(BOB, noStream(), 2));
            });
            assertThat(store.internals().joinsCallersTransaction()).isTrue();
            store.appendEvents(deposit(ADA, noStream(), 1));
            status.setRollbackOnly();
        });

        assertThat(cents(ADA)).isEmpty();
        assertThat(cents(BOB)).containsExactly(2L);
    }

    @Test
    void the_store_says_whether_it_would_join() {
        assertThat(store.internals().joinsCallersTransaction()).isFalse();
        transaction.executeWithoutResult(status ->
                assertThat(store.internals().joinsCallersTransaction()).isTrue());
        assertThat(store.internals().joinsCallersTransaction()).isFalse();
    }

    @Test
    void a_wrapper_of_what_the_compiler_asks_for_does_what_the_store_does() {
        EventStore wrapper = new PlainWrapper(store);
        wrapper.appendEvents(deposit(ADA, noStream(), 1));

        transaction.executeWithoutResult(status -> {
            wrapper.appendEvents(deposit(ADA, exactly(StreamVersion.of(1)), 2));
            assertThat(wrapper.internals().joinsCallersTransaction()).isTrue();
            assertThat(wrapper.oldestAppendInFlight().isPresent())
                    .isEqualTo(store.oldestAppendInFlight().isPresent());
            status.setRollbackOnly();
        });

        assertThat(wrapper.internals().joinsCallersTransaction()).isFalse();
        assertThat(wrapper.internals().roundTrip().isPresent())
                .isEqualTo(store.internals().roundTrip().isPresent());
        assertThat(wrapper.internals()
                        .readStored(EventFilter.all(), EventPage.first(10))
                        .events())
                .extracting(StoredEvent::streamId)
                .containsExactly(ADA);
    }
}
