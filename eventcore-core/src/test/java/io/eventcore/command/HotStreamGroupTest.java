package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventcore.AppendLimitExceededException;
import io.eventcore.AppendLimits;
import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.AppendedEvent;
import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.UndeclaredStreamException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.command.LedgerEvent.Opened;
import io.eventcore.command.LedgerEvent.Secret;
import io.eventcore.command.LedgerEvent.Unwritable;
import io.eventcore.command.LedgerEvent.Withdrawn;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.ForwardingSerializer;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Commands that wait for one hot stream are decided on top of each other and stored as a group. In every test a first
 * command is held in its append while others decide behind it.
 */
class HotStreamGroupTest {
    private static final StreamId HOT = StreamId.of("account-hot");
    private static final StreamId OTHER = StreamId.of("account-other");

    private GatedStore store = new GatedStore(new JacksonEventSerializer(LedgerEvent.types()), AppendLimits.defaults());
    private final BlockingQueue<Thread> joined = new LinkedBlockingQueue<>();
    private final List<Runner> runners = new ArrayList<>();
    private CommandExecutor executor = newExecutor(WatchedChain::new);

    @BeforeEach
    void heatUp() {
        heatUp(HOT);
    }

    @AfterEach
    void letEverybodyGo() {
        store.openForGood();
        runners.forEach(Runner::awaitEnd);
    }

    @Test
    void what_waits_for_an_append_is_stored_by_the_next_one() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner third = decides(deposit(3));
        Runner fourth = decides(deposit(4));

        store.openForGood();

        assertThat(results(first, second, third, fourth))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(store.appends).extracting(writes -> writes.events().size()).containsExactly(1, 3);
        assertThat(cents(HOT)).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void everybody_gets_the_result_of_a_command_alone() {
        store.openForGood();
        executor.execute(new Tally(Set.of(HOT, OTHER), seen -> List.of()));
        store.close();
        joined.clear();

        Runner first = decides(deposit(1));
        Runner pair = decides(new Tally(Set.of(HOT, OTHER), seen -> List.of(deposited(OTHER, 2), deposited(HOT, 3))));
        Runner nothing = decides(new Tally(Set.of(HOT), seen -> List.of()));
        Runner last = decides(deposit(4));

        store.openForGood();

        assertThat(first.result().version(HOT)).isEqualTo(StreamVersion.of(1));
        assertThat(pair.result().version(HOT)).isEqualTo(StreamVersion.of(2));
        assertThat(pair.result().version(OTHER)).isEqualTo(StreamVersion.of(1));
        assertThat(nothing.result().version(HOT)).isEqualTo(StreamVersion.of(2));
        assertThat(nothing.result().slice().isEmpty()).isTrue();
        assertThat(last.result().version(HOT)).isEqualTo(StreamVersion.of(3));

        List<AppendedEvent> told = new ArrayList<>();
        results(first, pair, nothing, last)
                .forEach(result -> told.addAll(result.slice().events()));
        assertThat(told)
                .containsExactlyElementsOf(stored().stream()
                        .map(event ->
                                new AppendedEvent(event.id(), event.streamId(), event.version(), event.position()))
                        .toList());
    }

    @Test
    void every_command_has_its_own_metadata() {
        Runner first = decides(deposit(1), CommandContext.empty().withCorrelationId("one"));
        Runner second = decides(
                deposit(2), CommandContext.empty().withCorrelationId("two").withActor("ada"));
        Runner third = decides(deposit(3), CommandContext.empty());

        store.openForGood();
        results(first, second, third);

        assertThat(stored())
                .extracting(event -> event.metadata())
                .containsExactly(
                        EventMetadata.empty().withCorrelationId("one"),
                        CommandContext.empty()
                                .withCorrelationId("two")
                                .withActor("ada")
                                .metadata(),
                        EventMetadata.empty());
    }

    @Test
    void every_command_decides_on_its_own_thread() {
        Set<Thread> deciding = new LinkedHashSet<>();
        Function<List<LedgerEvent>, List<LedgerEvent>> decision = seen -> {
            deciding.add(Thread.currentThread());
            return List.of(deposited(HOT, seen.size()));
        };
        Runner first = decides(new Tally(Set.of(HOT), decision));
        Runner second = decides(new Tally(Set.of(HOT), decision));

        store.openForGood();
        results(first, second);

        assertThat(deciding).containsExactly(first, second);
    }

    @Test
    void events_are_shared_and_states_are_not() {
        Runner first = decides(deposit(10));
        AtomicReference<List<LedgerEvent>> listed = new AtomicReference<>();
        Runner lists = decides(new Tally(Set.of(HOT), seen -> {
            listed.set(List.copyOf(seen));
            return List.of(deposited(HOT, 5));
        }));
        Runner sums = decides(new WithdrawAll(HOT));

        store.openForGood();
        results(first, lists, sums);

        assertThat(listed.get()).containsExactly(deposited(HOT, 10));
        assertThat(events(HOT)).containsExactly(deposited(HOT, 10), deposited(HOT, 5), new Withdrawn(HOT, 15));
    }

    @Test
    void an_event_that_storing_changes_is_seen_as_it_will_be_read() {
        store = new GatedStore(new ShoutingSerializer(), AppendLimits.defaults());
        executor = newExecutor(WatchedChain::new);
        heatUp(HOT);
        Runner first = decides(new Tally(Set.of(HOT), seen -> List.of(new Opened(HOT, "ada"))));
        AtomicReference<List<LedgerEvent>> shared = new AtomicReference<>();
        Runner second = decides(new Tally(Set.of(HOT), seen -> {
            shared.set(List.copyOf(seen));
            return List.of();
        }));

        store.openForGood();
        results(first, second);

        assertThat(shared.get()).containsExactly(new Opened(HOT, "ADA"));
        assertThat(shared.get()).isEqualTo(events(HOT));
    }

    @Test
    void a_rejection_is_not_released_before_what_it_rests_on_is_stored() {
        Runner first = decides(deposit(1));

        Runner rejected = decides(onlyIfEmpty());

        assertThat(rejected.isDone()).isFalse();
        store.openForGood();
        assertThat(rejected.failure()).isInstanceOf(BusinessRuleViolationException.class);
        assertThat(first.result().attempts()).isEqualTo(1);
    }

    @Test
    void who_decides_while_the_append_ahead_fails_decides_again_and_has_lost_no_attempt() {
        Runner first = decides(deposit(1));
        CountDownLatch deciding = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Runner second = start(
                new Tally(Set.of(HOT), seen -> {
                    deciding.countDown();
                    awaitThat(() -> goOn.getCount() == 0);
                    return List.of(deposited(HOT, 2));
                }),
                CommandContext.empty());
        awaitThat(() -> deciding.getCount() == 0);
        store.failNext(new EventStoreUnavailableException("gone", null));

        store.openForGood();
        assertThat(first.failure()).isInstanceOf(EventStoreUnavailableException.class);
        goOn.countDown();

        assertThat(second.result().attempts()).isEqualTo(1);
        assertThat(second.seen()).isEmpty();
        assertThat(cents(HOT)).containsExactly(2L);
    }

    @Test
    void a_rejection_that_had_to_read_another_stream_is_not_released_early_either() {
        decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner rejected = start(
                new Tally(Set.of(HOT, OTHER), seen -> {
                    Require.that(seen.size() < 2, "full");
                    return List.of();
                }),
                CommandContext.empty());
        awaitQueued(rejected);
        store.beforeAppend(2, () -> {
            throw new EventStoreUnavailableException("gone", new IllegalStateException());
        });

        store.openForGood();

        // What it rested on was never stored, so that it is unknown whether it is to be rejected.
        assertThat(second.failure()).isInstanceOf(EventStoreUnavailableException.class);
        assertThat(rejected.failure()).isInstanceOf(EventStoreUnavailableException.class);
    }

    @Test
    void a_rejection_that_rested_on_what_was_not_stored_is_decided_again() {
        assertThat(fateOfWhatRestsOnNothing(WatchedChain::new, onlyIfEmpty())).isEqualTo("carried out");
    }

    @Test
    void a_chain_that_releases_rejections_early_is_caught() {
        assertThat(fateOfWhatRestsOnNothing(EarlyChain::new, onlyIfEmpty())).isEqualTo("released");
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whatever_is_thrown_because_of_what_was_not_stored_is_decided_again(Throwable thrown) {
        assertThat(fateOfWhatRestsOnNothing(WatchedChain::new, new FailsIfNotEmpty(HOT, "handle", thrown)))
                .isEqualTo("carried out");
    }

    @ParameterizedTest
    @ValueSource(strings = {"apply", "discoverStreams"})
    void wherever_it_is_thrown_because_of_what_was_not_stored_it_is_decided_again(String where) {
        assertThat(fateOfWhatRestsOnNothing(WatchedChain::new, new FailsIfNotEmpty(HOT, where, new AssertionError())))
                .isEqualTo("carried out");
    }

    @Test
    void a_chain_that_releases_errors_early_is_caught() {
        assertThat(fateOfWhatRestsOnNothing(EarlyChain::new, new FailsIfNotEmpty(HOT, "handle", new AssertionError())))
                .isEqualTo("released");
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whatever_is_thrown_because_of_what_is_stored_reaches_the_caller_as_it_is(Throwable thrown) {
        Runner first = decides(deposit(1));
        Runner throwing = start(new FailsIfNotEmpty(HOT, "handle", thrown), CommandContext.empty());
        awaitJoinedOrDone(throwing);

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(
                        throwing.failure() instanceof RetriesExhaustedException exhausted
                                ? exhausted.getCause()
                                : throwing.failure())
                .isSameAs(thrown);
    }

    static List<Throwable> throwables() {
        return List.of(
                new AssertionError("an assertion of the domain"),
                new StackOverflowError(),
                new OutOfMemoryError(),
                new NoClassDefFoundError(),
                new Error("an own error"),
                new IOException("sneaked past the compiler"),
                new InterruptedException(),
                new Throwable("neither error nor exception"),
                new EventStoreUnavailableException("another store than this one", null),
                new TransientEventStoreException("another store than this one", null),
                new VersionConflictException(OTHER, ExpectedVersion.noStream(), StreamVersion.of(1)));
    }

    /** What becomes of a command that does not go on because of an event that is not stored in the end. */
    private String fateOfWhatRestsOnNothing(HotStreams.Chains chains, Command<?, LedgerEvent> command) {
        executor = newExecutor(chains);
        heatUp(HOT);
        Runner first = decides(deposit(1));
        Runner refusing = start(command, CommandContext.empty());
        awaitJoinedOrDone(refusing);

        store.failNext(new EventStoreUnavailableException("no disk", null));
        store.openForGood();

        assertThat(first.failure()).isInstanceOf(EventStoreUnavailableException.class);
        return refusing.failure() == null ? "carried out" : "released";
    }

    @Test
    void an_outcome_without_events_that_rested_on_what_was_not_stored_is_decided_again() {
        Runner first = decides(deposit(1));
        List<Integer> seenSizes = new ArrayList<>();
        Runner nothing = decides(new Tally(Set.of(HOT), seen -> {
            seenSizes.add(seen.size());
            return List.of();
        }));

        store.failNext(new EventStoreUnavailableException("no disk", null));
        store.openForGood();

        assertThat(first.failure()).isInstanceOf(EventStoreUnavailableException.class);
        assertThat(nothing.result().version(HOT)).isEqualTo(StreamVersion.NONE);
        assertThat(seenSizes).containsExactly(1, 0);
    }

    @Test
    void a_refusal_by_the_domain_fails_nobody_else() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner refused = decides(new Tally(Set.of(HOT), seen -> {
            throw new IllegalStateException("the domain's own");
        }));
        Runner last = decides(deposit(3));

        store.openForGood();

        assertThat(refused.failure()).isInstanceOf(IllegalStateException.class).hasMessage("the domain's own");
        assertThat(results(first, second, last))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(cents(HOT)).containsExactly(1L, 2L, 3L);
    }

    @Test
    void an_event_that_cannot_be_serialized_fails_nobody_else() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner guilty = start(
                new Tally(Set.of(HOT), seen -> List.of(new Unwritable(HOT, new Secret()))), CommandContext.empty());
        awaitQueued(guilty);

        store.openForGood();

        assertThat(guilty.failure()).isInstanceOf(EventSerializationException.class);
        assertThat(results(first, second)).extracting(ExecutionResult::attempts).containsOnly(1);
        assertThat(cents(HOT)).containsExactly(1L, 2L);
    }

    @Test
    void an_event_for_an_undeclared_stream_fails_nobody_else() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner guilty = decides(new Tally(Set.of(HOT), seen -> List.of(deposited(OTHER, 9))));
        Runner last = decides(deposit(3));

        store.openForGood();

        assertThat(guilty.failure()).isInstanceOf(UndeclaredStreamException.class);
        assertThat(results(first, second, last))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(cents(HOT)).containsExactly(1L, 2L, 3L);
    }

    @Test
    void a_limit_that_one_exceeds_fails_nobody_else() {
        store = new GatedStore(
                new JacksonEventSerializer(LedgerEvent.types()),
                AppendLimits.defaults().withEvents(2).withPayloadBytes(1_000).withMetadataBytes(1_000));
        executor = newExecutor(WatchedChain::new);
        heatUp(HOT);
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner guilty = decides(
                new Tally(Set.of(HOT), seen -> List.of(deposited(HOT, 7), deposited(HOT, 8), deposited(HOT, 9))));
        Runner last = decides(deposit(3));

        store.openForGood();

        assertThat(guilty.failure()).isInstanceOf(AppendLimitExceededException.class);
        assertThat(results(first, second, last))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(cents(HOT)).containsExactlyInAnyOrder(1L, 2L, 3L);
    }

    @Test
    void members_within_the_limit_are_carried_out_although_their_group_exceeds_it() {
        store = new GatedStore(
                new JacksonEventSerializer(LedgerEvent.types()),
                AppendLimits.defaults().withEvents(2).withPayloadBytes(1_000).withMetadataBytes(1_000));
        executor = newExecutor(WatchedChain::new);
        heatUp(HOT);
        List<Runner> all = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            all.add(decides(deposit(i)));
        }

        store.openForGood();

        assertThat(results(all.toArray(Runner[]::new)))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(cents(HOT)).containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L, 6L);
    }

    @Test
    void one_command_that_is_too_large_does_not_make_groups_smaller_for_good() {
        store = new GatedStore(
                new JacksonEventSerializer(LedgerEvent.types()),
                AppendLimits.defaults()
                        .withEvents(1_000)
                        .withPayloadBytes(1_000)
                        .withMetadataBytes(1_000));
        executor = newExecutor(WatchedChain::new);
        heatUp(HOT);
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner guilty = decides(new Tally(Set.of(HOT), seen -> List.of(new Opened(HOT, "x".repeat(2_000)))));
        store.openForGood();
        assertThat(guilty.failure()).isInstanceOf(AppendLimitExceededException.class);
        results(first, second);

        List<Integer> largest = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            heatUp(HOT);
            runners.clear();
            List<Runner> round20 = new ArrayList<>();
            round20.add(decides(deposit(1)));
            for (int i = 0; i < 20; i++) {
                round20.add(decides(deposit(2)));
            }
            store.openForGood();
            results(round20.toArray(Runner[]::new));
            largest.add(store.appends.stream()
                    .mapToInt(writes -> writes.events().size())
                    .max()
                    .orElseThrow());
        }

        assertThat(largest.get(0)).isLessThan(20);
        assertThat(largest.get(9)).isEqualTo(20);
    }

    @Test
    void what_is_too_much_for_one_append_waits_for_the_next_one() {
        Runner first = decides(deposit(1));
        Runner large = decides(new Tally(Set.of(HOT), seen -> Collections.nCopies(400, deposited(HOT, 2))));
        Runner tooMuch = decides(new Tally(Set.of(HOT), seen -> Collections.nCopies(200, deposited(HOT, 3))));

        store.openForGood();

        assertThat(results(first, large, tooMuch))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(store.appends).extracting(writes -> writes.events().size()).containsExactly(1, 400, 200);
    }

    @Test
    void a_conflict_with_another_process_lets_all_read_and_decide_again() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner third = decides(deposit(3));

        store.elsewhere(deposited(HOT, 100));
        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(2);
        results(second, third);
        assertThat(cents(HOT)).startsWith(100L).containsExactlyInAnyOrder(100L, 1L, 2L, 3L);
        assertThat(List.of(first, second, third))
                .allSatisfy(runner -> assertThat(runner.seen()).startsWith(deposited(HOT, 100)));
    }

    @Test
    void a_conflict_of_a_group_is_a_conflict_of_each_of_its_members() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner third = decides(deposit(3));
        store.beforeAppend(2, () -> store.elsewhere(deposited(HOT, 100)));

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(results(second, third)).extracting(ExecutionResult::attempts).containsOnly(2);
        assertThat(cents(HOT)).startsWith(1L, 100L).containsExactlyInAnyOrder(1L, 100L, 2L, 3L);
    }

    @Test
    void a_conflict_on_a_stream_that_a_member_does_not_rest_on_is_no_attempt_of_that_member() {
        store.openForGood();
        executor.execute(new Tally(Set.of(HOT, OTHER), seen -> List.of()));
        store.close();
        joined.clear();
        Runner first = decides(deposit(1));
        Runner pair = decides(new Tally(Set.of(HOT, OTHER), seen -> List.of(deposited(HOT, 2))));
        Runner third = decides(deposit(3));
        store.beforeAppend(2, () -> store.elsewhere(deposited(OTHER, 100)));

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(pair.result().attempts()).isEqualTo(2);
        assertThat(third.result().attempts()).isEqualTo(1);
        assertThat(cents(HOT)).startsWith(1L).containsExactlyInAnyOrder(1L, 2L, 3L);
    }

    @Test
    void a_group_of_unknown_outcome_is_unknown_to_each_of_its_members() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner third = decides(deposit(3));
        Runner nothing = decides(new Tally(Set.of(HOT), seen -> List.of()));
        store.beforeAppend(
                2, () -> store.failNext(writes -> new AppendOutcomeUnknownException(writes, new Exception())));

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(List.of(second, third))
                .allSatisfy(runner -> assertThat(runner.failure())
                        .isInstanceOfSatisfying(
                                AppendOutcomeUnknownException.class,
                                unknown -> assertThat(unknown.writes().events())
                                        .extracting(event -> event.event())
                                        .containsExactly(runner.decided().get(0))));
        assertThat(nothing.result().version(HOT)).isEqualTo(StreamVersion.of(1));
    }

    @ParameterizedTest
    @MethodSource("unexplained")
    void a_group_that_is_stored_although_the_store_throws_is_not_stored_twice(Throwable thrown) {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner nothing = decides(new Tally(Set.of(HOT), seen -> List.of()));
        Runner third = decides(deposit(3));
        store.afterAppend(2, thrown);

        store.openForGood();

        assertThat(results(first, second, nothing, third))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(third.result().version(HOT)).isEqualTo(StreamVersion.of(3));
        assertThat(cents(HOT)).containsExactly(1L, 2L, 3L);
    }

    @ParameterizedTest
    @MethodSource("saysThatNothingIsStored")
    void a_group_that_may_be_stored_is_unknown_to_those_for_whom_that_cannot_be_settled(EventStoreException failure) {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner nothing = decides(new Tally(Set.of(HOT), seen -> List.of()));
        Runner third = decides(deposit(3));
        store.afterAppend(2, new AssertionError());
        store.beforeAppend(3, () -> store.failNext(failure));

        store.openForGood();

        assertThat(second.failure()).isInstanceOf(AppendOutcomeUnknownException.class);
        assertThat(results(first, nothing, third)).hasSize(3);
        assertThat(cents(HOT)).containsExactly(1L, 2L, 3L);
    }

    static List<EventStoreException> saysThatNothingIsStored() {
        return List.of(
                new TransientEventStoreException("deadlock", null),
                new EventStoreUnavailableException("no connection", null));
    }

    @ParameterizedTest
    @MethodSource("unexplained")
    void who_is_refused_in_a_way_of_which_the_store_knows_nothing_fails_alone(Throwable thrown) {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner guilty = decides(deposit(666));
        Runner last = decides(deposit(4));
        store.refuse(666, thrown);

        store.openForGood();

        assertThat(guilty.failure()).isSameAs(thrown);
        assertThat(results(first, second, last))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(cents(HOT)).containsExactly(1L, 2L, 4L);
    }

    /** Its version is the one expected, and yet what it rests on did not come about. */
    @ParameterizedTest
    @MethodSource("unexplained")
    void where_another_instance_has_taken_the_place_of_what_a_decision_rests_on_it_is_decided_again(Throwable thrown) {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner guilty = decides(deposit(666));
        Runner last = decides(new Tally(Set.of(HOT), seen -> List.of(deposited(HOT, sum(seen)))));
        store.refuse(666, thrown);
        store.beforeAppend(4, () -> store.elsewhere(deposited(HOT, 100)));

        store.openForGood();

        assertThat(guilty.failure()).isSameAs(thrown);
        assertThat(results(first, second, last))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(cents(HOT)).containsExactly(1L, 2L, 100L, 103L);
    }

    @ParameterizedTest
    @MethodSource("unexplained")
    void if_nothing_tells_whether_the_append_of_a_group_has_ended_the_outcome_is_unknown(Throwable thrown) {
        Runner first = decides(deposit(1));
        Runner guilty = decides(deposit(666));
        Runner last = decides(new Tally(Set.of(HOT), seen -> List.of(deposited(HOT, sum(seen)))));
        store.refuse(666, thrown);
        store.beforeAppend(3, () -> store.elsewhere(deposited(HOT, 100)));

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(guilty.failure()).isSameAs(thrown);
        assertThat(last.failure()).isInstanceOf(AppendOutcomeUnknownException.class);
        assertThat(cents(HOT)).containsExactly(1L, 100L);
    }

    private static long sum(List<LedgerEvent> seen) {
        return seen.stream()
                .mapToLong(event -> ((LedgerEvent.Deposited) event).cents())
                .sum();
    }

    static List<Throwable> unexplained() {
        return List.of(
                new IllegalStateException("a decorator's own"), new AssertionError(), new IOException("sneaked"));
    }

    @Test
    void an_error_of_a_thread_that_has_appended_for_others_is_its_own() {
        Runner first = decides(deposit(1));
        Runner leader = decides(deposit(2));
        Runner second = decides(deposit(3));
        Runner nothing = decides(new Tally(Set.of(HOT), seen -> List.of()));
        Runner third = decides(deposit(4));
        store.afterAppend(2, new DeadlyError());

        store.openForGood();

        assertThat(results(first, second, nothing, third))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(leader.failure()).isInstanceOf(OutOfMemoryError.class);
        assertThat(cents(HOT)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(executor.execute(deposit(5)).version(HOT)).isEqualTo(StreamVersion.of(5));
    }

    @Test
    void a_passing_failure_of_a_group_is_an_attempt_of_each_of_its_members() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner third = decides(deposit(3));
        store.beforeAppend(2, () -> store.failNext(new TransientEventStoreException("deadlock", null)));

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(results(second, third)).extracting(ExecutionResult::attempts).containsOnly(2);
        assertThat(cents(HOT)).containsExactlyInAnyOrder(1L, 2L, 3L);
    }

    @Test
    void who_is_interrupted_while_its_events_are_stored_gets_its_result_and_keeps_the_flag() {
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        second.interrupt();

        store.openForGood();

        assertThat(results(first, second)).extracting(ExecutionResult::attempts).containsOnly(1);
        assertThat(second.wasInterrupted()).isTrue();
        assertThat(first.wasInterrupted()).isFalse();
    }

    @Test
    void an_interruption_of_the_thread_that_appends_fails_nobody() {
        store.failsWhenInterrupted = true;
        Runner first = decides(deposit(1));
        Runner second = decides(deposit(2));
        Runner third = decides(deposit(3));
        store.beforeAppend(2, second::interrupt);

        store.openForGood();

        assertThat(results(first, second, third))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(second.wasInterrupted()).isTrue();
        assertThat(third.wasInterrupted()).isFalse();
    }

    @Test
    void what_others_have_decided_is_checked_against_the_type_a_command_reads() {
        Runner first = decides(deposit(1));
        Runner second = start(new CountWithdrawals(HOT), CommandContext.empty());
        awaitQueued(second);

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(second.failure()).isInstanceOf(EventDeserializationException.class);
    }

    @Test
    void commands_that_share_only_the_hot_stream_are_stored_together() {
        Runner first = decides(deposit(1));
        List<Runner> transfers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            StreamId account = StreamId.of("account-" + i);
            transfers.add(start(
                    new Tally(Set.of(HOT, account), seen -> List.of(deposited(HOT, 2), deposited(account, 2))),
                    CommandContext.empty()));
        }
        transfers.forEach(HotStreamGroupTest::awaitQueued);

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(results(transfers.toArray(Runner[]::new)))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(store.appends).extracting(writes -> writes.events().size()).containsExactly(1, 8);
    }

    @Test
    void commands_over_several_hot_streams_are_stored_together_with_those_over_one_of_them() {
        heatUp(OTHER);
        store.openForGood();
        executor.execute(new Tally(Set.of(HOT, OTHER), seen -> List.of()));
        executor.execute(new Tally(Set.of(HOT, OTHER), seen -> List.of()));
        store.close();
        joined.clear();
        Runner first = decides(deposit(1));
        Runner both = decides(new Tally(Set.of(HOT, OTHER), seen -> List.of(deposited(OTHER, 2), deposited(HOT, 2))));
        Runner other = decides(new Tally(Set.of(OTHER), seen -> List.of(deposited(OTHER, 3))));
        Runner last = decides(deposit(4));

        store.openForGood();

        assertThat(results(first, both, other, last))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(store.appends).extracting(writes -> writes.events().size()).containsExactly(1, 4);
        assertThat(cents(OTHER)).containsExactly(2L, 3L);
    }

    @Test
    void a_store_that_cannot_tell_what_an_event_will_be_gets_the_queue_only() {
        EventStore plain = new ForwardingEventStore(store) {
            @Override
            public Optional<EventRoundTrip> roundTrip() {
                return Optional.empty();
            }
        };
        executor = CommandExecutor.builder(plain).build();
        heatUp(HOT);
        store.close();
        Runner first = start(deposit(1), CommandContext.empty());
        store.awaitArrival();
        Runner second = start(deposit(2), CommandContext.empty());
        awaitQueued(second);
        Runner third = start(deposit(3), CommandContext.empty());
        awaitQueued(third);

        store.openForGood();

        assertThat(results(first, second, third))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(store.appends).extracting(writes -> writes.events().size()).containsExactly(1, 1, 1);
    }

    private CommandExecutor newExecutor(HotStreams.Chains chains) {
        return CommandExecutor.builder(store).chains(chains).build();
    }

    /** Lets one attempt lose, so that the stream is known to be hot, and closes the gate. */
    private void heatUp(StreamId stream) {
        store.openForGood();
        store.failNext(new VersionConflictException(stream, ExpectedVersion.noStream(), StreamVersion.of(1)));
        executor.execute(new Tally(Set.of(stream), seen -> List.of()));
        store.close();
        joined.clear();
    }

    /** Starts a command and waits until it has decided: the first is held at the gate then, the others behind it. */
    private Runner decides(Command<?, ? extends Event> command) {
        return decides(command, CommandContext.empty());
    }

    private Runner decides(Command<?, ? extends Event> command, CommandContext context) {
        Runner runner = start(command, context);
        awaitJoinedOrDone(runner);
        if (runners.size() == 1) {
            store.awaitArrival();
        }
        return runner;
    }

    private Runner start(Command<?, ? extends Event> command, CommandContext context) {
        Runner runner = new Runner(executor, command, context);
        runners.add(runner);
        runner.start();
        return runner;
    }

    private void awaitJoinedOrDone(Runner runner) {
        awaitThat(() -> joined.contains(runner) || runner.isDone());
    }

    private static void awaitThat(BooleanSupplier condition) {
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("patience").isLessThan(patience);
            Thread.onSpinWait();
        }
    }

    /** Waits until a command waits: for its turn, or with its turn for what others have decided. */
    private static void awaitQueued(Runner runner) {
        awaitThat(() -> isParkedIn(runner, Set.of("enter", "beginReading", "drain")));
    }

    private static boolean isParkedIn(Thread thread, Set<String> methods) {
        return (thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING)
                && Arrays.stream(thread.getStackTrace()).anyMatch(frame -> methods.contains(frame.getMethodName()));
    }

    private static List<ExecutionResult> results(Runner... all) {
        return List.of(all).stream().map(Runner::result).toList();
    }

    private List<LedgerEvent> events(StreamId stream) {
        return store.readStream(stream, LedgerEvent.class).stream()
                .map(RecordedEvent::event)
                .toList();
    }

    private List<RecordedEvent<Event>> stored() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), Event.class)
                .events();
    }

    private List<Long> cents(StreamId stream) {
        return events(stream).stream().map(event -> ((Deposited) event).cents()).toList();
    }

    private static Tally deposit(long cents) {
        return new Tally(Set.of(HOT), seen -> List.of(deposited(HOT, cents)));
    }

    private static Tally onlyIfEmpty() {
        return new Tally(Set.of(HOT), seen -> {
            Require.that(seen.isEmpty(), "not empty");
            return List.of(deposited(HOT, 50));
        });
    }

    private static Deposited deposited(StreamId account, long cents) {
        return new Deposited(account, cents);
    }

    /** Sees all events and decides as a test says. */
    private record Tally(Set<StreamId> accounts, Function<List<LedgerEvent>, List<LedgerEvent>> decision)
            implements Command<List<LedgerEvent>, LedgerEvent> {
        @Override
        public Set<StreamId> streams() {
            return accounts;
        }

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
        public List<LedgerEvent> handle(List<LedgerEvent> seen) {
            List<LedgerEvent> decided = decision.apply(seen);
            if (Thread.currentThread() instanceof Runner runner) {
                runner.decidedOn(seen, decided);
            }
            return decided;
        }
    }

    /** Throws as soon as there is an event, in one of its methods. */
    private record FailsIfNotEmpty(@Stream StreamId account, String where, Throwable failure)
            implements Command<Integer, LedgerEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, LedgerEvent event) {
            failIn("apply", count + 1);
            return count + 1;
        }

        @Override
        public Set<StreamId> discoverStreams(Integer count) {
            failIn("discoverStreams", count);
            return Set.of();
        }

        @Override
        public List<LedgerEvent> handle(Integer count) {
            failIn("handle", count);
            return List.of(deposited(account, 50));
        }

        private void failIn(String method, int count) {
            if (count > 0 && where.equals(method)) {
                throw sneaky(failure);
            }
        }

        /** Throws what the compiler would not let pass, as Kotlin does and bytecode may. */
        @SuppressWarnings("unchecked")
        private static <T extends Throwable> RuntimeException sneaky(Throwable failure) throws T {
            throw (T) failure;
        }
    }

    /** Another kind of state over the same events. */
    private record WithdrawAll(@Stream StreamId account) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + ((Deposited) event).cents();
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Withdrawn(account, balance));
        }
    }

    /** Reads the stream as something that it is not. */
    private record CountWithdrawals(@Stream StreamId account) implements Command<Integer, Withdrawn> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, Withdrawn event) {
            return count + 1;
        }

        @Override
        public List<Withdrawn> handle(Integer count) {
            return List.of();
        }
    }

    /** Executes one command. */
    private static final class Runner extends Thread {
        private final CompletableFuture<ExecutionResult> outcome = new CompletableFuture<>();
        private final Callable<ExecutionResult> execution;
        private volatile List<LedgerEvent> seen = List.of();
        private volatile List<LedgerEvent> decided = List.of();
        private volatile boolean interrupted;

        Runner(CommandExecutor executor, Command<?, ? extends Event> command, CommandContext context) {
            this.execution = () -> executor.execute(command, context);
        }

        @Override
        public void run() {
            try {
                ExecutionResult result = execution.call();
                interrupted = Thread.interrupted();
                outcome.complete(result);
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        }

        void decidedOn(List<LedgerEvent> state, List<LedgerEvent> events) {
            seen = state;
            decided = events;
        }

        List<LedgerEvent> seen() {
            return seen;
        }

        List<LedgerEvent> decided() {
            return decided;
        }

        boolean isDone() {
            return outcome.isDone();
        }

        boolean wasInterrupted() {
            return interrupted;
        }

        ExecutionResult result() {
            try {
                return outcome.get(30, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError("The command failed", e);
            }
        }

        @Nullable
        Throwable failure() {
            Throwable thrown = catchThrowable(() -> outcome.get(30, TimeUnit.SECONDS));
            return thrown instanceof ExecutionException ? thrown.getCause() : thrown;
        }

        void awaitEnd() {
            try {
                join();
            } catch (InterruptedException e) {
                throw new AssertionError("A test is not interrupted", e);
            }
        }
    }

    /** Says when a decision has been taken in. */
    private class WatchedChain extends DecisionChain {
        WatchedChain(EventStore through, CacheBudget budget, BooleanSupplier othersCome) {
            super(through, budget, othersCome);
        }

        @Override
        PendingDecision join(QueuedAttempt attempt, StreamWrites writes) {
            PendingDecision decision = super.join(attempt, writes);
            joined.add(Thread.currentThread());
            return decision;
        }
    }

    /** The mistake that this is all about. */
    private final class EarlyChain extends WatchedChain {
        EarlyChain(EventStore through, CacheBudget budget, BooleanSupplier othersCome) {
            super(through, budget, othersCome);
        }

        @Override
        boolean mustProve(QueuedAttempt attempt) {
            return false;
        }
    }

    /** Shouts names when they are read. */
    private static final class ShoutingSerializer extends ForwardingSerializer {
        private ShoutingSerializer() {
            super(new JacksonEventSerializer(LedgerEvent.types()));
        }

        @Override
        public Event deserialize(SerializedEvent stored) {
            return shouted(super.deserialize(stored));
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            return super.deserialize(stored, origin).stream()
                    .map(part -> new EventPart(part.number(), shouted(part.event())))
                    .toList();
        }

        private static Event shouted(Event event) {
            return event instanceof Opened opened
                    ? new Opened(opened.account(), opened.owner().toUpperCase(Locale.ROOT))
                    : event;
        }
    }

    /** Kills the thread that looks at it. */
    private static final class DeadlyError extends Error {
        private static final long serialVersionUID = 1L;

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new OutOfMemoryError("made up");
        }
    }

    /** A memory store whose appends wait at a gate, and fail as a test says. */
    private static final class GatedStore extends ForwardingEventStore {
        private final List<StreamWrites> appends = new ArrayList<>();
        private final BlockingQueue<StreamWrites> arrivals = new LinkedBlockingQueue<>();
        private final AtomicReference<@Nullable Function<StreamWrites, RuntimeException>> failure =
                new AtomicReference<>();
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private volatile int actionAt = -1;
        private volatile Runnable action = () -> {};
        private volatile boolean failsWhenInterrupted;
        private volatile int thrownAfter = -1;
        private volatile long refusedCents = -1;
        private volatile Throwable thrown = new IllegalStateException();

        GatedStore(EventSerializer serializer, AppendLimits limits) {
            super(new InMemoryEventStore(serializer, limits, Clock.systemUTC()));
        }

        void close() {
            gate = new CountDownLatch(1);
            arrivals.clear();
            appends.clear();
        }

        void openForGood() {
            gate.countDown();
        }

        void awaitArrival() {
            try {
                assertThat(arrivals.poll(30, TimeUnit.SECONDS)).isNotNull();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void failNext(RuntimeException exception) {
            failNext(writes -> exception);
        }

        void failNext(Function<StreamWrites, RuntimeException> exception) {
            failure.set(exception);
        }

        /** Runs an action before the append with this number is carried out, 1 for the first since the gate closed. */
        void beforeAppend(int number, Runnable something) {
            action = something;
            actionAt = number;
        }

        /** Throws after the append with this number is carried out. */
        void afterAppend(int number, Throwable failure) {
            thrown = failure;
            thrownAfter = number;
        }

        /** Throws before any append that deposits this. */
        void refuse(long cents, Throwable failure) {
            thrown = failure;
            refusedCents = cents;
        }

        /** Another caller appends, past the gate. */
        void elsewhere(Deposited event) {
            delegate().appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            arrivals.add(writes);
            try {
                assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError("An append is not interrupted", e);
            }
            appends.add(writes);
            if (appends.size() == actionAt) {
                action.run();
                if (failsWhenInterrupted && Thread.currentThread().isInterrupted()) {
                    throw new TransientEventStoreException("interrupted", null);
                }
            }
            Function<StreamWrites, RuntimeException> exception = failure.getAndSet(null);
            if (exception != null) {
                throw exception.apply(writes);
            }
            if (writes.events().stream()
                    .anyMatch(event ->
                            event.event() instanceof Deposited deposited && deposited.cents() == refusedCents)) {
                throw FailsIfNotEmpty.sneaky(thrown);
            }
            EventStreamSlice slice = super.appendEvents(writes);
            if (appends.size() == thrownAfter) {
                throw FailsIfNotEmpty.sneaky(thrown);
            }
            return slice;
        }
    }
}
