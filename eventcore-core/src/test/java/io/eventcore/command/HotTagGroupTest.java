package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Commands that wait for one hot tag are decided on top of each other and stored as a group. In every test a first command is
 * held in its append while others decide behind it.
 */
class HotTagGroupTest {
    private static final String HOT = "hot";

    private final GatedStore store = new GatedStore();
    private final BlockingQueue<Thread> joined = new LinkedBlockingQueue<>();
    private final List<Runner> runners = new ArrayList<>();
    private final CacheBudget budget = new CacheBudget(task -> {});
    private final List<DecisionChain> chains = new ArrayList<>();
    private final CommandExecutor executor = newExecutor(WatchedChain::new);

    /** Something that happened, about any subjects. */
    sealed interface Happened extends Event {
        String home();

        Set<String> subjects();

        @Override
        default StreamId streamId() {
            return StreamId.of("home/" + home());
        }

        @Override
        default Set<EventTag> eventTags() {
            return new TreeSet<>(subjects()).stream().map(HotTagGroupTest::tag).collect(Collectors.toSet());
        }
    }

    @EventType("happened.this")
    record This(String home, Set<String> subjects, int number) implements Happened {}

    @EventType("happened.that")
    record That(String home, Set<String> subjects, int number) implements Happened {}

    @BeforeEach
    void heatUp() {
        store.failNext(new BoundaryConflictException(tag(HOT).rowId(), StreamVersion.NONE, StreamVersion.of(1)));
        executor.execute(tally(about(HOT), seen -> List.of()));
        store.close();
        joined.clear();
    }

    @AfterEach
    void letEverybodyGo() {
        store.openForGood();
        runners.forEach(Runner::awaitEnd);
    }

    @Test
    void what_waits_for_an_append_is_stored_by_the_next_one() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner third = decides(counts(3));
        Runner fourth = decides(counts(4));

        store.openForGood();

        assertThat(results(first, second, third, fourth))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(store.eventsOfAppends()).containsExactly(1, 3);
        assertThat(second.seen()).containsExactly(1);
        assertThat(fourth.seen()).containsExactly(1, 2, 3);
        assertThat(numbers(about(HOT))).containsExactly(1, 2, 3, 4);
    }

    @Test
    void later_groups_rest_on_what_the_earlier_ones_have_stored_and_are_not_refused() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        store.letOneGo();
        first.result();
        store.awaitArrival();
        Runner third = decides(counts(3));
        store.letOneGo();
        second.result();
        store.awaitArrival();
        Runner fourth = decides(counts(4));

        store.openForGood();

        assertThat(results(third, fourth)).extracting(ExecutionResult::attempts).containsOnly(1);
        assertThat(fourth.seen()).containsExactly(1, 2, 3);
        assertThat(store.reads).hasValue(1);
    }

    @Test
    void commands_that_share_only_the_hot_tag_are_stored_together() {
        Runner first = decides(counts(1));
        List<Runner> others = new ArrayList<>();
        for (int i = 2; i < 6; i++) {
            int number = i;
            others.add(start(
                    tally(about(HOT).or(about("own-" + i)), seen -> List.of(event(number, HOT, "own-" + number)))));
        }
        others.forEach(HotTagGroupTest::awaitQueued);

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(results(others.toArray(Runner[]::new)))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(store.eventsOfAppends()).containsExactly(1, 4);
        assertThat(store.reads).hasValue(5);
    }

    @Test
    void a_pending_event_is_seen_by_those_whose_items_it_matches_and_by_no_other() {
        EventQuery leftAndRight = about(HOT).and(tag("left")).or(about("right"));
        EventQuery thoseAndLeft = about(HOT).ofTypes(That.class).or(about("left"));
        remember(tally(leftAndRight, seen -> List.of()), tally(thoseAndLeft, seen -> List.of()));
        Runner first = decides(counts(1));
        Runner all = decides(tally(
                about(HOT), seen -> List.of(event(2, "left", HOT), event(3, HOT, "right"), event(4, HOT, "nobody"))));
        // Both have to read again, after the first append, which has written to the same tag.
        Runner both = start(tally(leftAndRight, seen -> List.of(event(5, "right"))));
        awaitQueued(both);
        Runner typed = start(tally(thoseAndLeft, seen -> List.of(event(6, "left"))));
        awaitQueued(typed);

        store.openForGood();

        assertThat(results(first, all, both, typed))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(both.seen()).containsExactly(2, 3);
        assertThat(typed.seen()).containsExactly(2);
    }

    @Test
    void an_event_that_another_process_stores_between_two_groups_is_a_conflict_if_it_matches() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner third = decides(counts(3));
        store.beforeAppend(2, () -> store.elsewhere(event(50, HOT)));

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(results(second, third)).extracting(ExecutionResult::attempts).containsOnly(2);
        assertThat(second.seen()).contains(1, 50);
        assertThat(numbers(about(HOT))).startsWith(1, 50).containsExactlyInAnyOrder(1, 50, 2, 3);
    }

    @Test
    void an_event_that_comes_below_what_was_counted_is_a_conflict() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        store.beforeAppend(1, () -> store.elsewhere(event(50, HOT)));

        store.openForGood();

        results(first, second);
        assertThat(first.seen()).contains(50);
        assertThat(numbers(about(HOT))).startsWith(50).containsExactlyInAnyOrder(50, 1, 2);
        assertThat(second.seen()).contains(50);
    }

    @Test
    void events_that_do_not_match_are_in_the_way_of_no_group() {
        store.countsStrictly = true;
        EventQuery these = about(HOT).ofTypes(This.class);
        Runner first = decides(tally(these, seen -> List.of(event(1, HOT))));
        Runner second = decides(tally(these, seen -> List.of(event(2, HOT))));
        store.beforeAppend(1, () -> store.elsewhere(new That("elsewhere", Set.of(HOT), 50)));
        store.letOneGo();
        first.result();
        store.awaitArrival();
        Runner third = decides(tally(these, seen -> List.of(event(3, HOT))));
        store.beforeAppend(2, () -> store.elsewhere(new That("elsewhere", Set.of(HOT), 51)));

        store.openForGood();

        assertThat(results(first, second, third))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(third.seen()).containsExactly(1, 2);
        assertThat(numbers(about(HOT))).containsExactlyInAnyOrder(50, 1, 51, 2, 3);
    }

    @Test
    void one_that_matches_beside_them_is_a_conflict_all_the_same() {
        store.countsStrictly = true;
        EventQuery these = about(HOT).ofTypes(This.class);
        Runner first = decides(tally(these, seen -> List.of(event(1, HOT))));
        Runner second = decides(tally(these, seen -> List.of(event(2, HOT))));
        store.beforeAppend(1, () -> store.elsewhere(new That("elsewhere", Set.of(HOT), 50)));
        store.letOneGo();
        first.result();
        store.awaitArrival();
        store.beforeAppend(2, () -> store.elsewhere(event(51, HOT)));

        store.openForGood();

        assertThat(second.result().attempts()).isEqualTo(2);
        assertThat(second.seen()).containsExactly(1, 51);
    }

    @Test
    void a_group_goes_on_from_items_that_only_others_rest_on() {
        store.countsStrictly = true;
        remember(tally(about(HOT).or(about("side")), seen -> List.of()));
        Runner first = decides(counts(1));
        Runner second = decides(tally(about(HOT), seen -> List.of(event(2, HOT, "side"))));
        CountDownLatch goOn = new CountDownLatch(1);
        Runner onSide = decidesSlowly(goOn);
        store.letOneGo();
        first.result();
        store.letOneGo();
        second.result();
        goOn.countDown();

        store.openForGood();

        assertThat(onSide.result().attempts()).isEqualTo(1);
        assertThat(onSide.seen()).containsExactly(1, 2);
        assertThat(store.eventsOfAppends()).containsExactly(1, 1, 1);
    }

    @Test
    void what_another_process_stores_for_such_an_item_is_not_passed_over() {
        remember(tally(about(HOT).or(about("side")), seen -> List.of()));
        Runner first = decides(counts(1));
        Runner second = decides(tally(about(HOT), seen -> List.of(event(2, HOT, "side"))));
        CountDownLatch goOn = new CountDownLatch(1);
        Runner onSide = decidesSlowly(goOn);
        store.beforeAppend(2, () -> store.elsewhere(event(50, "side")));
        store.letOneGo();
        first.result();
        store.letOneGo();
        store.openForGood();
        goOn.countDown();

        results(second, onSide);
        assertThat(onSide.seen()).contains(1, 50);
        assertThat(numbers(about("side"))).startsWith(50).containsExactlyInAnyOrder(50, 2, 3);
    }

    /** Executes commands, so that what they rest on is known. */
    private void remember(Command<?, ?>... commands) {
        store.openForGood();
        for (Command<?, ?> command : commands) {
            executor.execute(command);
        }
        store.close();
        joined.clear();
    }

    /** Has its turn and reads, and decides when it is told to. */
    private Runner decidesSlowly(CountDownLatch goOn) {
        CountDownLatch reading = new CountDownLatch(1);
        Runner runner = start(tally(about(HOT).or(about("side")), seen -> {
            reading.countDown();
            awaitThat(() -> goOn.getCount() == 0);
            return List.of(event(3, HOT, "side"));
        }));
        awaitThat(() -> reading.getCount() == 0);
        return runner;
    }

    @Test
    void streams_and_tags_of_a_decision_are_seen_together() {
        remember(new Tally(about(HOT), Set.of(StreamId.of("home/ada")), seen -> List.of()));
        Runner held = decides(counts(0));
        Runner first = decides(tally(about(HOT), seen -> List.of(new This("ada", Set.of(HOT), 1))));
        Runner mixed = decides(new Tally(
                about(HOT),
                Set.of(StreamId.of("home/ada")),
                seen -> List.of(new This("ada", Set.of(), 2), new This("ada", Set.of(HOT), 3))));
        Runner again = decides(
                new Tally(about(HOT), Set.of(StreamId.of("home/ada")), seen -> List.of(new This("ada", Set.of(), 4))));

        store.openForGood();

        assertThat(results(held, first, mixed, again))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(mixed.seen()).containsExactly(0, 1);
        assertThat(again.seen()).containsExactly(0, 1, 2, 3);
        assertThat(again.result().version(StreamId.of("home/ada"))).isEqualTo(StreamVersion.of(4));
        assertThat(store.eventsOfAppends()).containsExactly(1, 4);
    }

    @Test
    void a_declared_stream_that_another_process_writes_to_is_a_conflict() {
        remember(new Tally(about(HOT), Set.of(StreamId.of("home/ada")), seen -> List.of()));
        Runner first = decides(counts(1));
        Runner any = decides(tally(about(HOT), seen -> List.of(new This("ada", Set.of(HOT), 2))));
        Runner mixed = decides(
                new Tally(about(HOT), Set.of(StreamId.of("home/ada")), seen -> List.of(new This("ada", Set.of(), 3))));
        store.beforeAppend(2, () -> store.elsewhere(new This("ada", Set.of(), 50)));

        store.openForGood();

        results(first, any);
        mixed.result();
        assertThat(mixed.seen()).contains(1, 2, 50);
    }

    @Test
    void who_decides_on_a_stream_sees_what_decisions_on_tags_write_to_it() {
        StreamId ada = StreamId.of("home/ada");
        Tally onBoth = new Tally(about(HOT), Set.of(ada), seen -> List.of());
        store.openForGood();
        store.failNext(new VersionConflictException(ada, ExpectedVersion.noStream(), StreamVersion.of(1)));
        remember(new Tally(null, Set.of(ada), seen -> List.of()), onBoth, onBoth);
        Runner first = decides(counts(1));
        Runner second = decides(tally(about(HOT), seen -> List.of(new This("ada", Set.of(HOT), 2))));
        Runner onStream = start(new Tally(null, Set.of(ada), seen -> List.of(new This("ada", Set.of(), 3))));
        awaitQueued(onStream);

        store.openForGood();

        assertThat(results(first, second, onStream))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(onStream.seen()).containsExactly(2);
    }

    @Test
    void who_decides_on_tags_sees_what_decisions_on_streams_write() {
        StreamId ada = StreamId.of("home/ada");
        Tally onBoth = new Tally(about(HOT), Set.of(ada), seen -> List.of());
        store.openForGood();
        store.failNext(new VersionConflictException(ada, ExpectedVersion.noStream(), StreamVersion.of(1)));
        Tally onStream = new Tally(null, Set.of(ada), seen -> List.of(new This("ada", Set.of(HOT), 2)));
        remember(new Tally(null, Set.of(ada), seen -> List.of()), onBoth, onBoth, counts(0));
        Runner first = decides(onStream);
        Runner second = decides(onStream);
        Runner onTag = start(counts(3));
        awaitQueued(onTag);
        Runner mixed = start(new Tally(about(HOT), Set.of(ada), seen -> List.of(new This("ada", Set.of(HOT), 4))));
        awaitQueued(mixed);

        store.openForGood();

        assertThat(results(first, second, onTag, mixed))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(second.seen()).containsExactly(2);
        assertThat(mixed.seen()).containsExactly(0, 2, 2, 3);
    }

    @Test
    void a_home_stream_that_nobody_declares_may_be_written_to_by_all() {
        Runner first = decides(counts(1));
        Runner second = decides(tally(about(HOT), seen -> List.of(new This("ada", Set.of(HOT), 2))));
        Runner third = decides(tally(about(HOT), seen -> List.of(new This("ada", Set.of(HOT), 3))));
        store.beforeAppend(2, () -> store.elsewhere(new This("ada", Set.of("cold"), 50)));

        store.openForGood();

        assertThat(results(first, second, third))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(third.result().slice().events().get(0).version()).isEqualTo(StreamVersion.of(3));
    }

    @Test
    void a_refusal_is_not_released_before_what_it_rests_on_is_stored() {
        Runner first = decides(counts(1));
        Runner refused = decides(onlyIfEmpty());

        assertThat(refused.isDone()).isFalse();
        store.openForGood();

        assertThat(refused.failure()).isInstanceOf(BusinessRuleViolationException.class);
        assertThat(first.result().attempts()).isEqualTo(1);
    }

    @Test
    void an_error_that_cannot_be_proven_is_told_with_the_failure_of_the_store_and_a_refusal_is_not() {
        AssertionError error = new AssertionError("a command is broken");
        Runner held = decides(counts(1));
        Runner broken = decides(tally(about(HOT), seen -> {
            throw error;
        }));
        Runner refused = decides(onlyIfEmpty());
        store.beforeAppend(2, () -> {
            throw new EventStoreUnavailableException("away", null);
        });

        store.openForGood();

        held.result();
        assertThat(broken.failure())
                .isInstanceOfSatisfying(
                        EventStoreUnavailableException.class,
                        failure -> assertThat(failure.getSuppressed()).containsExactly(error));
        assertThat(refused.failure())
                .isInstanceOfSatisfying(
                        EventStoreUnavailableException.class,
                        failure -> assertThat(failure.getSuppressed()).isEmpty());
    }

    @Test
    void a_refusal_that_rests_on_what_is_lost_is_decided_again() {
        Runner first = decides(counts(1));
        Runner refused = decides(onlyIfEmpty());
        store.failNext(new EventStoreUnavailableException("gone", null));

        store.openForGood();

        assertThat(first.failure()).isInstanceOf(EventStoreUnavailableException.class);
        assertThat(refused.result().slice().events()).hasSize(1);
        assertThat(numbers(about(HOT))).containsExactly(99);
    }

    @Test
    void a_refusal_that_rests_on_subjects_read_at_two_moments_is_proven_before_it_is_released() {
        store.tellsApart = false;
        store.openForGood();
        store.beforeRead(3, () -> {
            store.elsewhere(event(50, HOT));
            store.elsewhere(event(51, "side"));
        });

        ExecutionResult result = executor.execute(tally(about(HOT).or(about("side")), seen -> {
            Require.that(!seen.equals(List.of(51)), "the second one without the first, which never was");
            return List.of(event(52, HOT));
        }));

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(numbers(about(HOT))).containsExactly(50, 52);
    }

    @Test
    void a_chain_that_released_it_early_would_be_found_out() {
        CommandExecutor early = newExecutor(EarlyChain::new);
        store.openForGood();
        store.failNext(new BoundaryConflictException(tag(HOT).rowId(), StreamVersion.NONE, StreamVersion.of(1)));
        early.execute(tally(about(HOT), seen -> List.of()));
        store.close();
        joined.clear();
        Runner first = decides(early, counts(1));
        Runner refused = decides(early, onlyIfEmpty());

        assertThat(refused.failure()).isInstanceOf(BusinessRuleViolationException.class);
        assertThat(numbers(about(HOT))).isEmpty();
        store.openForGood();
        results(first);
    }

    @Test
    void a_passing_failure_of_a_group_is_one_of_each() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner third = decides(counts(3));
        store.beforeAppend(2, () -> {
            throw new TransientEventStoreException("full", null);
        });

        store.openForGood();

        assertThat(first.result().attempts()).isEqualTo(1);
        assertThat(results(second, third)).extracting(ExecutionResult::attempts).containsOnly(2);
        assertThat(numbers(about(HOT))).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void a_group_of_unknown_outcome_that_is_stored_is_found_by_its_writes_and_stored_once() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner third = decides(counts(3));
        store.afterAppend(
                2, () -> new AppendOutcomeUnknownException(StreamWrites.empty(), new IllegalStateException("gone")));

        store.openForGood();

        first.result();
        for (Runner runner : List.of(second, third)) {
            assertThat(runner.failure()).isInstanceOfSatisfying(AppendOutcomeUnknownException.class, unknown -> {
                EventStreamSlice found = store.appendEvents(unknown.writes());
                assertThat(found.events())
                        .extracting(event -> event.id())
                        .containsExactlyElementsOf(unknown.eventIds());
            });
        }
        assertThat(numbers(about(HOT))).containsExactly(1, 2, 3);
    }

    @Test
    void of_one_that_is_not_stored_no_part_can_be_stored_without_what_it_rests_on() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner third = decides(counts(3));
        store.beforeAppend(2, () -> {
            throw new AppendOutcomeUnknownException(StreamWrites.empty(), new IllegalStateException("gone"));
        });

        store.openForGood();

        first.result();
        for (Runner runner : List.of(third, second)) {
            assertThat(runner.failure())
                    .isInstanceOfSatisfying(
                            AppendOutcomeUnknownException.class,
                            unknown -> assertThatExceptionOfType(ConflictException.class)
                                    .isThrownBy(() -> store.appendEvents(unknown.writes())));
        }
        assertThat(numbers(about(HOT))).containsExactly(1);
    }

    @Test
    void a_group_that_fails_in_no_declared_way_after_it_is_stored_gives_everybody_its_result() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner third = decides(tally(about(HOT), seen -> List.of(new This("ada", Set.of("other", HOT), 3))));
        store.afterAppend(2, () -> new IllegalStateException("unexplained"));

        store.openForGood();

        assertThat(results(first, second, third))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(numbers(about(HOT))).containsExactly(1, 2, 3);
    }

    @Test
    void one_that_fails_so_before_it_is_stored_is_decided_again() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner third = decides(counts(3));
        store.beforeAppend(2, () -> {
            throw new IllegalStateException("unexplained");
        });

        store.openForGood();

        results(first, second, third);
        assertThat(numbers(about(HOT))).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void what_is_discovered_is_decided_alone_and_after_what_is_pending() {
        Runner first = decides(counts(1));
        Runner second = decides(counts(2));
        Runner discovers = start(new Discovers(Set.of(HOT)));
        awaitQueued(discovers);

        store.openForGood();

        assertThat(results(first, second, discovers))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(discovers.seen()).containsExactly(1, 2);
    }

    @Test
    void what_was_decided_alone_is_read_before_others_rest_on_what_it_has_written_to() {
        EventQuery either = about(HOT).or(about("left"));
        remember(tally(either, seen -> List.of()), new Discovers(Set.of(HOT, "left")));
        Runner first = decides(counts(1));
        Runner second = start(tally(either, seen -> List.of(event(2, HOT, "left"))));
        awaitQueued(second);

        store.openForGood();

        assertThat(results(first, second)).extracting(ExecutionResult::attempts).containsOnly(1);
        assertThat(second.seen()).containsExactly(7, 1);
    }

    @Test
    void a_stream_that_decisions_on_tags_have_written_to_is_read_before_others_rest_on_it() {
        StreamId ada = StreamId.of("home/ada");
        Tally onBoth = new Tally(about(HOT), Set.of(ada), seen -> List.of());
        Tally onStream = new Tally(null, Set.of(ada), seen -> List.of());
        store.openForGood();
        store.failNext(new VersionConflictException(ada, ExpectedVersion.noStream(), StreamVersion.of(1)));
        remember(onStream, onBoth, onBoth, onStream);
        Runner first = decides(counts(1));
        Runner writing = decides(tally(about(HOT), seen -> List.of(new This("ada", Set.of(HOT), 2))));
        store.letOneGo();
        store.awaitArrival();
        Runner third = decides(counts(3));
        store.letOneGo();
        store.awaitArrival();
        Runner last = start(new Tally(null, Set.of(ada), seen -> List.of(new This("ada", Set.of(), 4))));
        awaitQueued(last);

        store.openForGood();

        assertThat(results(first, writing, third, last))
                .extracting(ExecutionResult::attempts)
                .containsOnly(1);
        assertThat(last.seen()).containsExactly(2);
    }

    @Test
    void who_decides_on_an_outdated_stream_is_not_stored_behind_one_that_has_read_it_since() {
        StreamId ada = StreamId.of("home/ada");
        Tally onStream = new Tally(null, Set.of(ada), seen -> List.of());
        store.openForGood();
        store.failNext(new VersionConflictException(ada, ExpectedVersion.noStream(), StreamVersion.of(1)));
        remember(onStream, new Tally(about(HOT), Set.of(ada), seen -> List.of()), onStream, counts(0));
        Runner first = decides(counts(1));
        store.elsewhere(new This("ada", Set.of(), 50));
        Runner reads = start(new Tally(about(HOT), Set.of(ada), seen -> List.of(event(2, HOT))));
        awaitQueued(reads);
        Runner outdated = start(new Tally(null, Set.of(ada), seen -> List.of(new This("ada", Set.of(), 3))));
        awaitQueued(outdated);

        store.openForGood();

        assertThat(results(first, reads)).extracting(ExecutionResult::attempts).containsOnly(1);
        assertThat(reads.seen()).containsExactly(0, 50, 1);
        assertThat(outdated.result().attempts()).isEqualTo(2);
        assertThat(outdated.seen()).containsExactly(50);
    }

    @Test
    void a_tag_that_is_too_large_is_decided_on_alone() {
        store.openForGood();
        StreamWrites many = StreamWrites.empty().registerStream(StreamId.of("home/many"), ExpectedVersion.any());
        for (int i = 0; i < 1_000; i++) {
            many = many.append(new This("many", Set.of(HOT), i));
        }
        for (int i = 0; i * 1_000 <= StreamCache.MAX_EVENTS; i++) {
            store.appendPast(copyOf(many));
        }

        ExecutionResult result = executor.execute(counts(1));

        assertThat(result.attempts()).isEqualTo(1);
        assertThat(budget.used()).isZero();
    }

    @Test
    void what_is_kept_is_counted_and_given_back() {
        store.openForGood();
        for (int i = 0; i < 50; i++) {
            int number = i;
            executor.execute(tally(
                    about(HOT).or(about("s" + i)),
                    seen -> List.of(event(number, HOT, "s" + number), event(number, HOT))));
        }
        long kept = budget.used();
        // A hundred events of the hot tag, one of each other, and 51 items.
        assertThat(kept).isBetween(150 * 256L, 150 * 2_000L);

        for (DecisionChain chain : chains) {
            chain.forget(tag(HOT).rowId());
            for (int i = 0; i < 50; i++) {
                chain.forget(tag("s" + i).rowId());
            }
        }

        assertThat(budget.used()).isZero();
    }

    private static StreamWrites copyOf(StreamWrites writes) {
        StreamWrites copy = StreamWrites.empty();
        for (StreamId stream : writes.streams().keySet()) {
            copy = copy.registerStream(stream, ExpectedVersion.any());
        }
        for (NewEvent event : writes.events()) {
            copy = copy.append(event.event());
        }
        return copy;
    }

    private CommandExecutor newExecutor(HotStreams.Chains chains) {
        return CommandExecutor.builder(store).chains(chains).build();
    }

    private static EventTag tag(String subject) {
        return EventTag.of("subject", subject);
    }

    private static EventQuery about(String subject) {
        return EventQuery.tagged(tag(subject));
    }

    private static This event(int number, String... subjects) {
        return new This("n" + number, Set.of(subjects), number);
    }

    private static Tally tally(EventQuery query, Function<List<Integer>, List<Happened>> decision) {
        return new Tally(query, Set.of(), decision);
    }

    private static Tally counts(int number) {
        return tally(about(HOT), seen -> List.of(event(number, HOT)));
    }

    private static Tally onlyIfEmpty() {
        return tally(about(HOT), seen -> {
            Require.that(seen.isEmpty(), "not empty");
            return List.of(event(99, HOT));
        });
    }

    /** Sees all events and decides as a test says. */
    private record Tally(
            @Nullable EventQuery on, Set<StreamId> streams, Function<List<Integer>, List<Happened>> decision)
            implements Command<List<Integer>, Happened> {
        @Override
        public Optional<EventQuery> query() {
            return Optional.ofNullable(on);
        }

        @Override
        public List<Integer> initialState() {
            return List.of();
        }

        @Override
        public List<Integer> apply(List<Integer> seen, Happened event) {
            return plus(seen, event);
        }

        @Override
        public List<Happened> handle(List<Integer> seen) {
            if (Thread.currentThread() instanceof Runner runner) {
                runner.seen = seen;
            }
            return decision.apply(seen);
        }
    }

    private static List<Integer> plus(List<Integer> seen, Happened event) {
        List<Integer> more = new ArrayList<>(seen);
        more.add(event instanceof This one ? one.number() : ((That) event).number());
        return more;
    }

    /** Rests on what it finds by the tag, too. */
    private record Discovers(Set<String> subjects) implements Command<List<Integer>, Happened> {
        @Override
        public Optional<EventQuery> query() {
            return Optional.of(about(HOT));
        }

        @Override
        public Optional<EventQuery> discoverQuery(List<Integer> seen) {
            return Optional.of(about("found-" + seen.size()));
        }

        @Override
        public List<Integer> initialState() {
            return List.of();
        }

        @Override
        public List<Integer> apply(List<Integer> seen, Happened event) {
            return plus(seen, event);
        }

        @Override
        public List<Happened> handle(List<Integer> seen) {
            if (Thread.currentThread() instanceof Runner runner) {
                runner.seen = seen;
            }
            return List.of(new This("n7", subjects, 7));
        }
    }

    /** Starts a command and waits until it has decided: the first is held at the gate then, the others behind it. */
    private Runner decides(Command<?, ? extends Event> command) {
        return decides(executor, command);
    }

    private Runner decides(CommandExecutor by, Command<?, ? extends Event> command) {
        Runner runner = new Runner(by, command);
        boolean first = runners.stream().allMatch(Runner::isDone);
        runners.add(runner);
        runner.start();
        awaitThat(() -> joined.contains(runner) || runner.isDone());
        if (first) {
            store.awaitArrival();
        }
        return runner;
    }

    private Runner start(Command<?, ? extends Event> command) {
        Runner runner = new Runner(executor, command);
        runners.add(runner);
        runner.start();
        return runner;
    }

    private static void awaitThat(BooleanSupplier condition) {
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
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

    private List<Integer> numbers(EventQuery query) {
        return store.readEvents(query, Happened.class).fold(List.<Integer>of(), (seen, event) -> plus(seen, event));
    }

    /** Executes one command. */
    private static final class Runner extends Thread {
        private final CompletableFuture<ExecutionResult> outcome = new CompletableFuture<>();
        private final CommandExecutor executor;
        private final Command<?, ? extends Event> command;
        private volatile List<Integer> seen = List.of();

        Runner(CommandExecutor executor, Command<?, ? extends Event> command) {
            this.executor = executor;
            this.command = command;
        }

        @Override
        public void run() {
            try {
                outcome.complete(executor.execute(command));
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        }

        /** What it has decided on, the last time. */
        List<Integer> seen() {
            return seen;
        }

        boolean isDone() {
            return outcome.isDone();
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
        WatchedChain(EventStore through, CacheBudget ignored, BooleanSupplier othersCome) {
            super(through, budget, othersCome);
            chains.add(this);
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
        EarlyChain(EventStore through, CacheBudget ignored, BooleanSupplier othersCome) {
            super(through, ignored, othersCome);
        }

        @Override
        boolean mustProve(QueuedAttempt attempt) {
            return false;
        }
    }

    /** A memory store whose appends wait at a gate, and fail as a test says. */
    private static final class GatedStore extends ForwardingEventStore {
        private static final int PERMITS = 10_000;

        private final List<StreamWrites> appends = new ArrayList<>();
        private final BlockingQueue<StreamWrites> arrivals = new LinkedBlockingQueue<>();
        private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        private final Semaphore gate = new Semaphore(PERMITS);
        private final AtomicInteger reads = new AtomicInteger();
        private volatile int actionAt = -1;
        private volatile int readAt = -1;
        private volatile Runnable onRead = () -> {};
        private volatile Runnable action = () -> {};
        private volatile int thrownAfter = -1;
        private volatile Supplier<RuntimeException> thrown = IllegalStateException::new;

        /** Whether a read tells which event matches which item. */
        private volatile boolean tellsApart = true;

        /** Refuses, as databases do, a boundary of which a part of the count lies below its place. */
        private volatile boolean countsStrictly;

        GatedStore() {
            super(new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Happened.class))));
        }

        void close() {
            gate.drainPermits();
            arrivals.clear();
            appends.clear();
            reads.set(0);
        }

        void openForGood() {
            gate.release(PERMITS);
        }

        void letOneGo() {
            gate.release();
        }

        void awaitArrival() {
            try {
                assertThat(arrivals.poll(30, TimeUnit.SECONDS)).isNotNull();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        List<Integer> eventsOfAppends() {
            return appends.stream().map(writes -> writes.events().size()).toList();
        }

        void failNext(RuntimeException exception) {
            failure.set(exception);
        }

        /** Runs an action before the append with this number is carried out, 1 for the first since the gate closed. */
        void beforeAppend(int number, Runnable something) {
            action = something;
            actionAt = number;
        }

        /** The same for reads of tags. */
        void beforeRead(int number, Runnable something) {
            onRead = something;
            readAt = number;
        }

        /** Throws after the append with this number is carried out. */
        void afterAppend(int number, Supplier<RuntimeException> exception) {
            thrown = exception;
            thrownAfter = number;
        }

        /** Another caller appends, past the gate. */
        void elsewhere(Happened event) {
            appendPast(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
        }

        void appendPast(StreamWrites writes) {
            delegate().appendEvents(writes);
        }

        @Override
        public StoredMatches readMatching(
                EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
            if (reads.incrementAndGet() == readAt) {
                onRead.run();
            }
            StoredMatches found = super.readMatching(query, eventType, after);
            return tellsApart ? found : new StoredMatches(found.boundary(), found.events());
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            arrivals.add(writes);
            gate.acquireUninterruptibly();
            appends.add(writes);
            if (appends.size() == actionAt) {
                action.run();
            }
            RuntimeException exception = failure.getAndSet(null);
            if (exception != null) {
                throw exception;
            }
            if (countsStrictly) {
                checkCounts(writes);
            }
            EventStreamSlice slice = super.appendEvents(writes);
            if (appends.size() == thrownAfter) {
                throw thrown.get();
            }
            return slice;
        }

        private void checkCounts(StreamWrites writes) {
            for (Boundary boundary : writes.boundaries()) {
                for (Boundary.Guard guard : boundary.guards()) {
                    EventQuery all = EventQuery.tagged(EventTag.ofRow(guard.rowId()));
                    long found =
                            delegate().readEvents(all, Event.class).toList().size();
                    long beyond = delegate().readEvents(all, Event.class).stream()
                            .filter(event ->
                                    event.position().value() > guard.seen().lastPosition())
                            .count();
                    if (found - guard.seen().version() != beyond) {
                        throw new BoundaryConflictException(
                                guard.rowId(), StreamVersion.of(guard.seen().version()), StreamVersion.of(found));
                    }
                }
            }
        }
    }
}
