package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.test.contract.Race;
import io.eventcore.transaction.TransactionPhase;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the optional indexes are for, and what is true without them. */
abstract class OptionalIndexContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    abstract TestDatabase database();

    private final String prefix = database().newTables();
    private final JdbcSchema schema = JdbcSchema.in(database().ownersDataSource(), "", prefix);
    private final TransactionTemplate transaction = transaction();

    private TransactionTemplate transaction() {
        JdbcTransactionManager manager = new JdbcTransactionManager(database().dataSource());
        manager.addListener(TransactionPhase.listener());
        return new TransactionTemplate(manager);
    }

    /** Expectations that do not keep an append from being carried out twice. */
    static Stream<StreamWrites> notExact() {
        return Stream.of(
                to(ADA, any()),
                to(ADA, streamExists()),
                StreamWrites.empty()
                        .registerStream(ADA, any())
                        .registerStream(BOB, noStream())
                        .append(new Deposited(ADA, 1))
                        .append(new Deposited(BOB, 2))
                        .append(new Deposited(ADA, 3)),
                to(ADA, any()).registerStream(BOB, noStream()));
    }

    @ParameterizedTest
    @MethodSource("notExact")
    void with_unique_ids_a_repeated_append_returns_the_first_result(StreamWrites writes) {
        for (GroupCommitSettings groupCommit : List.of(GroupCommitSettings.defaults(), GroupCommitSettings.off())) {
            String tables = database().newTables();
            JdbcSchema.in(database().ownersDataSource(), "", tables)
                    .with(OptionalIndex.EVENT_ID)
                    .create();
            JdbcEventStore store = TestDatabase.builder(database().dataSource(), tables)
                    .groupCommit(groupCommit)
                    .build();
            store.appendEvents(to(ADA, noStream()));

            EventStreamSlice first = store.appendEvents(writes);
            store.appendEvents(to(ADA, any()));
            long stored = log(store).size();

            assertThat(store.appendEvents(writes)).isEqualTo(first);
            assertThat(log(store)).hasSize((int) stored);
        }
    }

    @ParameterizedTest
    @MethodSource("notExact")
    void with_unique_ids_it_does_so_in_a_callers_transaction_which_goes_on(StreamWrites writes) {
        JdbcEventStore store = storeWithUniqueIds();
        store.appendEvents(to(ADA, noStream()));
        EventStreamSlice first = store.appendEvents(writes);
        long stored = log(store).size();

        transaction.executeWithoutResult(status -> {
            store.appendEvents(to(ADA, any()));
            assertThat(store.appendEvents(writes)).isEqualTo(first);
            StreamWrites own = to(ADA, any());
            EventStreamSlice second = store.appendEvents(own);
            assertThat(store.appendEvents(own)).isEqualTo(second);
        });

        assertThat(log(store)).hasSize((int) stored + 2);
    }

    @Test
    void with_unique_ids_an_append_that_many_send_at_once_is_stored_once() {
        JdbcEventStore store = storeWithUniqueIds();
        JdbcEventStore other = TestDatabase.builder(database().dataSource(), prefix)
                .groupCommit(GroupCommitSettings.off())
                .build();
        StreamWrites writes = to(ADA, any());

        List<EventStreamSlice> answers = Race.run(12, number -> (number % 2 == 0 ? store : other).appendEvents(writes));

        assertThat(answers).containsOnly(answers.get(0));
        assertThat(log(store)).hasSize(1);
    }

    /** Which of the two it meets, the first append open or committed, is left to chance: the caller need not know. */
    @Test
    void with_unique_ids_a_transaction_that_repeats_an_open_append_succeeds_when_it_is_repeated() {
        JdbcEventStore store = storeWithUniqueIds();
        StreamWrites writes = to(ADA, any());
        EventStreamSlice[] first = new EventStreamSlice[1];
        CompletableFuture<EventStreamSlice> repeated;
        try (Holder holder = Holder.of(database().dataSource(), () -> first[0] = store.appendEvents(writes))) {
            repeated = CompletableFuture.supplyAsync(() -> inTransaction(store, writes));
            holder.commit();
        }

        assertThat(repeated.join()).isEqualTo(first[0]);
        assertThat(log(store)).hasSize(1);
    }

    /** Twice at most: when the first attempt has failed, the other append is committed. */
    private EventStreamSlice inTransaction(JdbcEventStore store, StreamWrites writes) {
        try {
            return transaction.execute(status -> store.appendEvents(writes));
        } catch (TransientEventStoreException repeatTheTransaction) {
            assertThat(repeatTheTransaction).hasMessageContaining("SQLState");
            return transaction.execute(status -> store.appendEvents(writes));
        }
    }

    @Test
    void with_unique_ids_an_id_that_another_append_has_is_refused() {
        JdbcEventStore store = storeWithUniqueIds();
        StreamWrites writes = to(ADA, any());
        store.appendEvents(writes);

        StreamWrites stolen = StreamWrites.empty()
                .registerStream(BOB, any())
                .append(new NewEvent(writes.events().get(0).id(), BOB, new Deposited(BOB, 1)));

        assertThatExceptionOfType(EventStoreUnavailableException.class).isThrownBy(() -> store.appendEvents(stolen));
        assertThat(log(store)).hasSize(1);
    }

    @Test
    void without_it_an_append_in_any_version_is_stored_again() {
        JdbcEventStore store = database().store(prefix);
        StreamWrites writes = to(ADA, any());
        StreamWrites exact = to(BOB, noStream());
        EventStreamSlice exactly = store.appendEvents(exact);

        store.appendEvents(writes);
        store.appendEvents(writes);

        assertThat(log(store)).hasSize(3);
        assertThat(store.appendEvents(exact)).isEqualTo(exactly);
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(2));
    }

    @ParameterizedTest
    @EnumSource
    void an_index_is_created_once_by_many_who_start_together_and_on_tables_that_are_there(OptionalIndex index) {
        assertThat(schema.has(index)).isFalse();

        Race.run(4, number -> {
            JdbcSchema.in(database().ownersDataSource(), "", prefix).with(index).create();
            return number;
        });
        schema.with(index).create();
        schema.create();

        assertThat(schema.has(index)).isTrue();
        assertThat(OptionalIndex.values()).filteredOn(schema::has).containsExactly(index);
    }

    /** The script that others run has the same indexes. */
    @Test
    void the_script_brings_the_indexes_along() {
        String tables = database().newPrefix();
        JdbcSchema all =
                JdbcSchema.in(database().ownersDataSource(), "", tables).with(OptionalIndex.values());
        database().runScript(all.script());

        assertThat(OptionalIndex.values()).allMatch(all::has);
    }

    @Test
    void with_the_index_on_types_a_reader_finds_the_same_events() {
        JdbcEventStore store = database().store(prefix);
        for (int i = 0; i < 20; i++) {
            store.appendEvents(to(ADA, exactly(i * 2L)).append(new Withdrawn(ADA, i)));
        }
        List<RecordedEvent<LedgerEvent>> before = withdrawals(store);

        schema.with(OptionalIndex.EVENT_TYPE).create();

        assertThat(withdrawals(database().store(prefix))).isEqualTo(before).hasSize(20);
    }

    private static List<RecordedEvent<LedgerEvent>> withdrawals(JdbcEventStore store) {
        return store.readEvents(EventFilter.all().ofTypes(Withdrawn.class), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    private JdbcEventStore storeWithUniqueIds() {
        schema.with(OptionalIndex.EVENT_ID).create();
        return database().store(prefix);
    }

    private static List<RecordedEvent<LedgerEvent>> log(JdbcEventStore store) {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    private static StreamWrites to(StreamId account, ExpectedVersion expected) {
        return StreamWrites.to(account, expected, new Deposited(account, 1));
    }
}
