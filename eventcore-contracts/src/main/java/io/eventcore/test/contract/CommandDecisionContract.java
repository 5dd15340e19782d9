package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.UndeclaredStreamException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.Command;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Stream;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a command decides on, and what becomes of its events. */
abstract class CommandDecisionContract extends CommandFixture {
    private static final StreamId DAVE = StreamId.of("account-dave");

    @Test
    void events_go_to_all_streams_of_a_decision_or_to_none() {
        deposit(ADA, 10);

        ExecutionResult result = executor.execute(new Transfer(ADA, BOB, 4));

        assertThat(store.readStream(ADA, LedgerEvent.class).toList())
                .extracting(RecordedEvent::event)
                .containsExactly(new Deposited(ADA, 10), new Withdrawn(ADA, 4));
        assertThat(store.readStream(BOB, LedgerEvent.class).toList())
                .extracting(RecordedEvent::event)
                .containsExactly(new Deposited(BOB, 4));
        assertThat(result.attempts()).isEqualTo(1);
        assertThat(result.version(ADA)).isEqualTo(StreamVersion.of(2));
        assertThat(result.version(BOB)).isEqualTo(StreamVersion.of(1));
        assertThat(result.slice().events()).hasSize(2);
    }

    @Test
    void the_exception_of_the_domain_reaches_the_caller_as_it_is() {
        assertThatExceptionOfType(Overdrawn.class).isThrownBy(() -> executor.execute(new Transfer(ADA, BOB, 4)));

        assertThat(log()).isEmpty();
    }

    @Test
    void after_a_conflict_the_whole_is_read_and_decided_again() {
        deposit(ADA, 10);
        beforeAppend.add(() -> withdraw(ADA, 5));

        ExecutionResult result = executor.execute(new Transfer(ADA, BOB, 4));

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(result.version(ADA)).isEqualTo(StreamVersion.of(3));

        beforeAppend.add(() -> withdraw(ADA, 1));
        assertThatExceptionOfType(Overdrawn.class).isThrownBy(() -> executor.execute(new Transfer(ADA, BOB, 1)));
    }

    @Test
    void a_decision_that_writes_nothing_rests_on_what_is_current_all_the_same() {
        beforeAppend.add(() -> deposit(ADA, 10));

        ExecutionResult result = executor.execute(new LookAt(ADA));

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(result.slice().isEmpty()).isTrue();
        assertThat(result.version(ADA)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void an_event_for_a_stream_that_is_not_declared_writes_nothing_and_is_not_tried_again() {
        assertThatExceptionOfType(UndeclaredStreamException.class)
                .isThrownBy(() -> executor.execute(new StrayDeposit(ADA, BOB)))
                .satisfies(e -> assertThat(e.streamId()).isEqualTo(BOB));

        assertThat(log()).isEmpty();
    }

    @Test
    void streams_are_discovered_over_three_levels_and_a_cycle_comes_to_its_end() {
        append(new Opened(ADA, BOB.value()));
        append(new Opened(BOB, CAROL.value()));
        append(new Opened(CAROL, DAVE.value()));
        append(new Opened(DAVE, ADA.value()));

        ExecutionResult result = executor.execute(new CollectOwners(ADA));

        assertThat(result.versions().keySet()).containsExactlyInAnyOrder(ADA, BOB, CAROL, DAVE);
        assertThat(result.version(DAVE)).isEqualTo(StreamVersion.of(2));
        assertThat(result.version(CAROL)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void after_each_discovery_the_state_is_the_fold_of_all_streams_in_global_order() {
        append(new Opened(BOB, "first"));
        append(new Opened(ADA, BOB.value()));
        append(new Deposited(BOB, 1));
        append(new Deposited(ADA, 2));
        append(new Deposited(BOB, 3));

        CollectOwners command = new CollectOwners(ADA);
        executor.execute(command);

        assertThat(store.readStream(BOB, LedgerEvent.class).toList())
                .last()
                .extracting(RecordedEvent::event)
                .isEqualTo(new Opened(BOB, "account-bob:first,account-ada:account-bob,1,2,3"));
    }

    @Test
    void a_discovered_stream_is_part_of_the_check() {
        append(new Opened(ADA, BOB.value()));
        beforeAppend.add(() -> deposit(BOB, 1));

        ExecutionResult result = executor.execute(new CollectOwners(ADA));

        assertThat(result.attempts()).isEqualTo(2);
    }

    @Test
    void inside_the_callers_transaction_a_conflict_surfaces_after_one_attempt_and_the_transaction_goes_on() {
        deposit(ADA, 10);
        List<String> attempts = new ArrayList<>();
        beforeAppend.add(() -> {
            attempts.add("first");
            Race.elsewhere(() -> {
                withdraw(ADA, 1);
                return "another transaction was faster";
            });
        });

        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> executor.execute(new Transfer(ADA, BOB, 4)));
            assertThat(status.isRollbackOnly()).isFalse();
            executor.execute(new Deposit(CAROL, 7));
        });

        assertThat(attempts).containsExactly("first");
        assertThat(store.streamVersion(CAROL)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void commands_of_one_transaction_see_each_other_and_vanish_together() {
        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(ADA, 5));
            executor.execute(new Transfer(ADA, BOB, 5));
            status.setRollbackOnly();
        });

        assertThat(log()).isEmpty();
    }

    @Test
    void ids_are_taken_from_wrapping_records_optionals_and_collections_and_count_once() {
        Audit command = new Audit(new Account(ADA), Optional.of(BOB), Set.of(BOB, CAROL), List.of(new Account(DAVE)));

        ExecutionResult result = executor.execute(command);

        assertThat(result.versions().keySet()).containsExactlyInAnyOrder(ADA, BOB, CAROL, DAVE);
    }

    private void withdraw(StreamId account, long cents) {
        append(new Withdrawn(account, cents));
    }

    private record LookAt(@Stream StreamId account) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + change(event, account);
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of();
        }
    }

    private record StrayDeposit(@Stream StreamId declared, StreamId other) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Deposited(declared, 1), new Deposited(other, 1));
        }
    }

    /**
     * Follows the owner of an account, which may be another account, and writes what it has seen to the last account.
     */
    private record CollectOwners(@Stream StreamId first) implements Command<List<LedgerEvent>, LedgerEvent> {
        @Override
        public List<LedgerEvent> initialState() {
            return List.of();
        }

        @Override
        public List<LedgerEvent> apply(List<LedgerEvent> seen, LedgerEvent event) {
            List<LedgerEvent> more = new ArrayList<>(seen);
            more.add(event);
            return more;
        }

        @Override
        public Set<StreamId> discoverStreams(List<LedgerEvent> seen) {
            return seen.stream()
                    .filter(Opened.class::isInstance)
                    .map(event -> ((Opened) event).owner())
                    .filter(owner -> owner.startsWith("account-"))
                    .map(StreamId::of)
                    .collect(Collectors.toSet());
        }

        @Override
        public List<LedgerEvent> handle(List<LedgerEvent> seen) {
            StreamId last = seen.stream()
                    .map(LedgerEvent::streamId)
                    .max(StreamId::compareTo)
                    .orElse(first);
            String all = seen.stream()
                    .map(event -> event instanceof Opened opened
                            ? opened.account() + ":" + opened.owner()
                            : String.valueOf(change(event, event.streamId())))
                    .collect(Collectors.joining(","));
            return List.of(new Opened(last, all));
        }
    }

    private record Account(StreamId id) {}

    private record Audit(
            @Stream Account wrapped,
            @Stream Optional<StreamId> maybe,
            @Stream Set<StreamId> several,
            @Stream List<Account> wrappedToo)
            implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, LedgerEvent event) {
            return count + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long count) {
            return List.of();
        }
    }
}
