package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.UndeclaredStreamException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What commands promise, whichever store they run on.
 *
 * @since 0.1
 */
public abstract class CommandContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final StreamId CAROL = StreamId.of("account-carol");
    private static final StreamId DAVE = StreamId.of("account-dave");

    private EventStore store;
    private TransactionTemplate transaction;

    /** Runs before the next append of a command, each once. */
    private final Deque<Runnable> beforeAppend = new ArrayDeque<>();

    private CommandExecutor executor;

    /** For subclasses. */
    protected CommandContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
        PlatformTransactionManager manager = transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        executor = CommandExecutor.builder(new Interfering(store))
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                .build();
    }

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
    void what_is_known_about_a_command_is_stored_with_its_events() {
        CommandContext context = CommandContext.empty()
                .withCorrelationId("order-7")
                .withCausationId("message-3")
                .withActor("ada")
                .withTenant("acme")
                .with("region", "north");

        executor.execute(new Deposit(ADA, 1), context);

        EventMetadata stored = log().get(0).metadata();
        assertThat(stored.correlationId()).contains("order-7");
        assertThat(stored.causationId()).contains("message-3");
        assertThat(stored.actor()).contains("ada");
        assertThat(stored.tenant()).contains("acme");
        assertThat(stored.entry("region")).contains("north");
    }

    @Test
    void commands_that_follow_from_an_event_name_it_as_their_cause_and_stay_in_its_conversation() {
        executor.execute(
                new Deposit(ADA, 1),
                CommandContext.empty()
                        .withCorrelationId("order-7")
                        .withActor("ada")
                        .withTenant("acme"));
        RecordedEvent<LedgerEvent> cause = log().get(0);

        CommandContext.causedBy(cause).during(() -> executor.execute(new Deposit(BOB, 1)));
        executor.execute(new Deposit(CAROL, 1));

        EventMetadata followed = log().get(1).metadata();
        assertThat(followed.causationId()).contains(cause.id().toString());
        assertThat(followed.correlationId()).contains("order-7");
        assertThat(followed.tenant()).contains("acme");
        assertThat(followed.actor()).isEmpty();
        assertThat(log().get(2).metadata().isEmpty()).isTrue();
    }

    @Test
    void an_event_without_a_conversation_begins_one_for_what_follows_from_it() {
        deposit(ADA, 1);
        RecordedEvent<LedgerEvent> cause = log().get(0);

        CommandContext.causedBy(cause).during(() -> executor.execute(new Deposit(BOB, 1)));

        assertThat(log().get(1).metadata().correlationId()).contains(cause.id().toString());
    }

    @Test
    void what_the_caller_says_wins_over_what_encloses_it_and_that_over_the_surroundings() {
        CommandExecutor traced = CommandExecutor.builder(store)
                .metadataContributors(List.of(
                        () -> EventMetadata.empty().with("a", "surroundings").with("b", "surroundings"),
                        () -> EventMetadata.empty()
                                .with("a", "last")
                                .with("c", "surroundings")
                                .with("d", "last")))
                .build();
        CommandContext outer = CommandContext.empty().with("b", "outer").with("c", "outer");
        CommandContext inner = CommandContext.empty().with("c", "inner");

        outer.during(() -> inner.during(() -> traced.execute(new Deposit(ADA, 1))));
        outer.during(
                () -> traced.execute(new Deposit(ADA, 1), CommandContext.empty().with("b", "caller")));

        assertThat(log().get(0).metadata().entries())
                .containsEntry("a", "surroundings")
                .containsEntry("b", "outer")
                .containsEntry("c", "inner")
                .containsEntry("d", "last");
        assertThat(log().get(1).metadata().entries())
                .containsEntry("a", "surroundings")
                .containsEntry("b", "caller")
                .containsEntry("c", "outer");
    }

    @Test
    void a_scope_ends_with_its_action_also_when_that_fails() {
        CommandContext scope = CommandContext.empty().withActor("ada");

        assertThatExceptionOfType(Overdrawn.class)
                .isThrownBy(() -> scope.during(() -> executor.execute(new Transfer(ADA, BOB, 1))));
        executor.execute(new Deposit(ADA, 1));

        assertThat(log().get(0).metadata().isEmpty()).isTrue();
    }

    @Test
    void ids_are_taken_from_wrapping_records_optionals_and_collections_and_count_once() {
        Audit command = new Audit(new Account(ADA), Optional.of(BOB), Set.of(BOB, CAROL), List.of(new Account(DAVE)));

        ExecutionResult result = executor.execute(command);

        assertThat(result.versions().keySet()).containsExactlyInAnyOrder(ADA, BOB, CAROL, DAVE);
    }

    private void deposit(StreamId account, long cents) {
        append(new Deposited(account, cents));
    }

    private void withdraw(StreamId account, long cents) {
        append(new Withdrawn(account, cents));
    }

    private void append(LedgerEvent event) {
        store.appendEvents(StreamWrites.to(event.streamId(), any(), event));
    }

    private List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    /** Lets another thread be faster. */
    private final class Interfering extends ForwardingEventStore {
        private Interfering(EventStore delegate) {
            super(delegate);
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            Runnable next = beforeAppend.poll();
            if (next != null) {
                next.run();
            }
            return super.appendEvents(writes);
        }
    }

    /** The domain's own exception. */
    private static final class Overdrawn extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static long change(LedgerEvent event, StreamId account) {
        if (!event.streamId().equals(account)) {
            return 0;
        }
        if (event instanceof Deposited deposited) {
            return deposited.cents();
        }
        return event instanceof Withdrawn withdrawn ? -withdrawn.cents() : 0;
    }

    private record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
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
            return List.of(new Deposited(account, cents));
        }
    }

    private record Transfer(@Stream StreamId from, @Stream StreamId to, long cents)
            implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + change(event, from);
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            if (balance < cents) {
                throw new Overdrawn();
            }
            return List.of(new Withdrawn(from, cents), new Deposited(to, cents));
        }
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

    /** Follows the owner of an account, who may be another account, and writes what it has seen to the last one. */
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
