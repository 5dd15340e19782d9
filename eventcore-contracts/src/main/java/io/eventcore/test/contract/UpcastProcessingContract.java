package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.test.contract.ShopEvent.broken;
import static io.eventcore.test.contract.ShopEvent.brokenByAChecked;
import static io.eventcore.test.contract.ShopEvent.brokenByAnError;
import static io.eventcore.test.contract.ShopEvent.brokenByRecursion;
import static io.eventcore.test.contract.ShopEvent.checkedOut;
import static io.eventcore.test.contract.ShopEvent.itemAdded;
import static io.eventcore.test.contract.ShopEvent.viewed;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Stream;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.OldEvent;
import io.eventcore.serialization.Upcaster;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.ShopEvent.Closed;
import io.eventcore.test.contract.ShopEvent.ItemAdded;
import io.eventcore.test.contract.ShopEvent.Paid;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** Projections, reactions and commands over events that were stored in earlier shapes. */
abstract class UpcastProcessingContract {
    private static final StreamId ADA = StreamId.of("cart-ada");
    private static final StreamId BOB = StreamId.of("cart-bob");
    private static final StreamId DESK = StreamId.of("desk");
    private static final EventFilter CARTS = EventFilter.prefix(StreamPrefix.of("cart-"));
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<ProjectionRunner> runners = new ArrayList<>();
    private final AppendSignal signal = new AppendSignal();
    private final Deployed deployed = new Deployed();
    private EventStore events;
    private ProjectionStore store;
    private AppliedEvents applied;
    private PlatformTransactionManager transactionManager;

    /** Makes the stores. */
    abstract UpcastingContract contract();

    /** What is deployed can be another version of the code from one moment to the next. */
    private static final class Deployed extends ForwardingSerializer {
        Deployed() {
            super(ShopEvent.serializer());
        }
    }

    @BeforeEach
    void beginWithAnEmptyStore() {
        events = contract().emptyStore(deployed, signal);
        store = contract().projectionStore();
        applied = contract().appliedEvents();
        transactionManager = contract().transactionManager();
        ((ConfigurableTransactionManager) transactionManager).addListener(TransactionPhase.listener());
    }

    @AfterEach
    void stopAllRunners() {
        runners.forEach(ProjectionRunner::stop);
    }

    private EventStreamSlice append(Event... added) {
        StreamWrites writes = StreamWrites.empty();
        for (Event event : added) {
            writes = writes.registerStream(event.streamId(), any());
        }
        for (Event event : added) {
            writes = writes.append(event);
        }
        return events.appendEvents(writes);
    }

    private ProjectionRunner start(Projection<?> projection) {
        ProjectionRunner runner = ProjectionRunner.builder(events, store)
                .transactionManager(transactionManager)
                .lease(Duration.ofSeconds(2))
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5))
                .wokenBy(signal)
                .projection(projection)
                .build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    private static ProjectionBuilder<ShopEvent> shop() {
        return Projection.named("shop", ShopEvent.class).filter(CARTS);
    }

    private static long[] positions(EventStreamSlice slice, int... places) {
        long[] positions = new long[places.length];
        for (int i = 0; i < places.length; i++) {
            positions[i] = slice.events().get(places[i]).position().value();
        }
        return positions;
    }

    private void awaitReached(ProjectionRunner runner, GlobalPosition position) {
        assertThat(runner.awaitPosition("shop", position, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
    }

    @Test
    void a_projection_applies_each_part_once_and_gets_past_what_is_dropped() {
        EventStreamSlice slice =
                append(viewed(ADA), itemAdded(ADA, "pen"), checkedOut(ADA, 5), checkedOut(BOB, 0), viewed(BOB));
        List<String> seen = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    seen.add(event.event().getClass().getSimpleName() + event.part());
                    applied.add(event);
                })
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 1, 2, 2, 3)));
        assertThat(seen).containsExactly("ItemAdded0", "Closed0", "Paid1", "Closed0");
        assertThat(runner.status().get(0).partitions().get(0).lag()).isZero();
    }

    private static List<Long> longs(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    @Test
    void the_parts_of_an_event_are_applied_together_or_not_at_all() {
        EventStreamSlice slice = append(itemAdded(ADA, "pen"), checkedOut(ADA, 5), itemAdded(ADA, "ink"));
        AtomicInteger failures = new AtomicInteger(3);
        List<Long> betweenParts = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    applied.add(event);
                    if (event.part() == 1) {
                        betweenParts.add(store.checkpoint(new ProjectionPartition("shop", 0))
                                .position()
                                .value());
                        if (failures.getAndDecrement() > 0) {
                            throw new IllegalStateException("the second part fails");
                        }
                    }
                })
                .onError(failure -> FailureDecision.RETRY)
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 1, 1, 2)));
        assertThat(betweenParts)
                .hasSize(4)
                .allMatch(checkpoint ->
                        checkpoint < slice.events().get(1).position().value());
    }

    @Test
    void an_event_whose_second_part_fails_for_good_is_skipped_whole() {
        EventStreamSlice slice = append(itemAdded(ADA, "pen"), checkedOut(ADA, 5), itemAdded(ADA, "ink"));

        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    applied.add(event);
                    if (event.part() == 1) {
                        throw new IllegalStateException("the second part fails");
                    }
                })
                .onError(failure -> FailureDecision.SKIP)
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 2)));
    }

    @Test
    void a_stream_parked_at_a_part_goes_on_with_all_parts_once_and_in_order() {
        AtomicBoolean failing = new AtomicBoolean(true);
        EventStreamSlice slice = append(
                itemAdded(ADA, "pen"), checkedOut(ADA, 5), viewed(ADA), itemAdded(ADA, "ink"), itemAdded(BOB, "cap"));
        List<String> order = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    applied.add(event);
                    if (event.part() == 1 && failing.get()) {
                        throw new IllegalStateException("the second part fails");
                    }
                    if (!failing.get()) {
                        order.add(event.version() + "." + event.part());
                    }
                })
                .onError(failure -> FailureDecision.PARK)
                .build());
        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 4)));
        assertThat(store.parkedStreams("shop").get(0).waiting()).isEqualTo(3);

        failing.set(false);
        runner.retryParked("shop", ADA);

        Eventually.until(
                "the stream is released", () -> store.parkedStreams("shop").isEmpty());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 1, 1, 3, 4)));
        assertThat(order).containsExactly("2.0", "2.1", "4.0");
    }

    @Test
    void a_function_for_one_type_gets_its_part_alone() {
        EventStreamSlice slice = append(checkedOut(ADA, 5), itemAdded(ADA, "pen"), new Paid(BOB, 7), viewed(BOB));

        ProjectionRunner runner = start(Projection.named("shop", ShopEvent.class)
                .on(Paid.class, applied::add)
                .build());
        awaitReached(runner, slice.lastPosition());
        ProjectionRunner narrow = start(Projection.named("narrow", Paid.class)
                .filter(EventFilter.all().ofTypes(Paid.class))
                .on(Paid.class, applied::add)
                .build());

        assertThat(narrow.awaitPosition("narrow", slice.lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 0, 2, 2)));
    }

    @Test
    void who_follows_the_end_of_the_log_gets_the_same() {
        ProjectionRunner runner = start(shop().on(ShopEvent.class, applied::add).build());
        EventStreamSlice first = append(viewed(ADA));
        awaitReached(runner, first.lastPosition());

        EventStreamSlice next = append(checkedOut(ADA, 5), viewed(ADA), itemAdded(ADA, "pen"), viewed(ADA));

        awaitReached(runner, next.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(next, 0, 0, 2)));
    }

    @Test
    void an_event_that_an_upcaster_fails_at_is_decided_about_like_one_that_cannot_be_decoded() {
        EventStreamSlice slice = append(
                itemAdded(ADA, "pen"),
                broken(ADA),
                brokenByAChecked(ADA),
                brokenByAnError(ADA),
                brokenByRecursion(ADA),
                itemAdded(ADA, "ink"));
        List<Throwable> causes = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(shop().on(ShopEvent.class, applied::add)
                .onError(failure -> {
                    causes.add(failure.cause());
                    return FailureDecision.SKIP;
                })
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 5)));
        assertThat(causes)
                .hasSize(4)
                .allSatisfy(cause -> assertThat(cause)
                        .isInstanceOf(EventDeserializationException.class)
                        .hasMessageContaining("the upcaster from 'shop.broken'")
                        .hasMessageNotContaining("s3cr3t"));
    }

    @Test
    void a_log_whose_last_event_seen_was_dropped_since_is_still_the_same_log() {
        EventStreamSlice slice = append(itemAdded(ADA, "pen"), new Closed(ADA));
        ProjectionRunner yesterday =
                start(shop().on(ShopEvent.class, applied::add).build());
        awaitReached(yesterday, slice.lastPosition());
        yesterday.stop();

        deployed.passOnTo(withoutClosed());
        EventStreamSlice more = append(itemAdded(ADA, "ink"));

        awaitReached(start(shop().on(ShopEvent.class, applied::add).build()), more.lastPosition());
        assertThat(applied.positions())
                .isEqualTo(longs(new long[] {positions(slice, 0)[0], positions(slice, 1)[0], positions(more, 0)[0]}));
    }

    /** Tomorrow's code, which has no class for closed carts any more. */
    private static EventSerializer withoutClosed() {
        return new YesterdaysSerializer(new JacksonEventSerializer(EventTypes.builder()
                .register(ItemAdded.class)
                .register(Paid.class)
                .upcaster(Upcaster.from("shop.item-added")
                        .toRevision(2, event -> event.object().put("count", 10)))
                .upcaster(Upcaster.from("shop.closed").toNothing())
                .build()));
    }

    /** Answers once. */
    record Answer(@Stream StreamId desk, String to) implements Command<Integer, Event> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, Event event) {
            return state + 1;
        }

        @Override
        public List<Event> handle(Integer state) {
            return List.of(new Paid(desk, state));
        }
    }

    @Test
    void a_reaction_answers_each_part_once_also_when_the_second_one_fails_first() {
        EventStreamSlice slice =
                append(checkedOut(ADA, 5), viewed(ADA), checkedOut(BOB, 0), itemAdded(BOB, "pen"), checkedOut(BOB, 7));
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
        AtomicInteger failures = new AtomicInteger(4);
        Reaction<ShopEvent> reaction = Reaction.named("shop", ShopEvent.class)
                .filter(CARTS)
                .on(ShopEvent.class, event -> {
                    if (event.part() == 1 && failures.getAndDecrement() > 0) {
                        throw new IllegalStateException("the second part fails");
                    }
                    return List.of(new Answer(DESK, event.id() + "." + event.part()), new Answer(DESK, "copy"));
                })
                .onError(failure -> FailureDecision.RETRY)
                .build();

        awaitReached(start(Reaction.asProjection(reaction, executor)), slice.lastPosition());

        // Six parts, two answers each.
        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(12));
    }

    /** Answers payments, once each. */
    private Projection<?> answersToPayments(CommandExecutor executor) {
        return Reaction.asProjection(
                Reaction.named("shop", ShopEvent.class)
                        .filter(CARTS)
                        .on(Paid.class, event -> List.of(new Answer(DESK, "paid")))
                        .build(),
                executor);
    }

    /** Lets a reaction answer all there is, as an instance does that is killed before it can say so. */
    private <E extends Event> void answerAndDie(Projection<E> reaction) {
        events.forEachEvent(reaction.filter(), GlobalPosition.START, reaction.eventType(), event -> {
            try {
                reaction.apply(event);
            } catch (Exception e) {
                throw new AssertionError("the reaction fails", e);
            }
        });
    }

    private static EventSerializer shopWithout(Class<?> dropped, Upcaster... upcasters) {
        EventTypes.Builder types = EventTypes.builder();
        for (Class<? extends ShopEvent> type : List.of(ItemAdded.class, Closed.class, Paid.class)) {
            if (type != dropped) {
                types.register(type);
            }
        }
        for (Upcaster upcaster : upcasters) {
            types.upcaster(upcaster);
        }
        return new YesterdaysSerializer(
                new JacksonEventSerializer(types.forNewEventsOnly().build()));
    }

    @Test
    void a_reaction_answers_no_part_again_after_a_release_that_drops_or_splits_another_part() {
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
        EventStreamSlice slice = append(checkedOut(ADA, 5), checkedOut(BOB, 0), checkedOut(BOB, 7));
        answerAndDie(answersToPayments(executor));
        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(2));

        deployed.passOnTo(shopWithout(
                Closed.class,
                ShopEvent.checkedOutIsTwoEvents(),
                Upcaster.from("shop.closed").toNothing()));
        answerAndDie(answersToPayments(executor));
        assertThat(events.streamVersion(DESK)).as("the first part was dropped").isEqualTo(StreamVersion.of(2));

        deployed.passOnTo(shopWithout(
                Closed.class,
                ShopEvent.checkedOutIsTwoEvents(),
                Upcaster.from("shop.closed")
                        .toParts(
                                List.of("shop.item-added@2"),
                                event -> Collections.nCopies(
                                        3,
                                        new Upcaster.Part(
                                                "shop.item-added@2",
                                                event.object()
                                                        .put("item", "receipt")
                                                        .put("count", 1))))));
        ProjectionRunner runner = start(answersToPayments(executor));
        awaitReached(runner, slice.lastPosition());
        assertThat(events.streamVersion(DESK)).as("the first part was split").isEqualTo(StreamVersion.of(2));
    }

    @Test
    void a_reaction_that_has_answered_an_event_does_not_answer_the_heir_that_it_is_split_into() {
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
        EventStreamSlice slice = append(checkedOut(ADA, 5), checkedOut(BOB, 7));
        deployed.passOnTo(
                shopWithout(ItemAdded.class, Upcaster.from("shop.checked-out").to("shop.paid", OldEvent::json)));
        answerAndDie(answersToPayments(executor));
        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(2));

        deployed.passOnTo(
                shopWithout(ItemAdded.class, ShopEvent.checkedOutIsTwoEvents().withHeir("shop.paid")));
        awaitReached(start(answersToPayments(executor)), slice.lastPosition());

        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(2));
        assertThat(events.readStream(ADA, ShopEvent.class).toList())
                .extracting(RecordedEvent::part)
                .containsExactly(1L, 0L);
    }

    /** Counts what is in a cart. */
    @Snapshot(name = "shop.count", version = 1)
    record Count(@Stream StreamId cart) implements Command<Count.State, ShopEvent> {
        record State(int items, long cents, int folded) {}

        @Override
        public State initialState() {
            return new State(0, 0, 0);
        }

        @Override
        public State apply(State state, ShopEvent event) {
            return new State(
                    state.items + (event instanceof ItemAdded added ? added.count() : 0),
                    state.cents + (event instanceof Paid paid ? paid.cents() : 0),
                    state.folded + 1);
        }

        @Override
        public List<ShopEvent> handle(State state) {
            return List.of(new Paid(cart, state.items));
        }
    }

    private CommandExecutor withSnapshots(List<String> news) {
        SnapshotStore snapshots = contract().snapshotStore();
        return CommandExecutor.builder(events)
                .snapshots(
                        snapshots,
                        SnapshotSettings.defaults()
                                .withExecutor(Runnable::run)
                                .withAfterEvents(1)
                                .withListener(new SnapshotListener() {
                                    @Override
                                    public void used(String commandType) {
                                        news.add("used");
                                    }

                                    @Override
                                    public void replayed(String commandType, ReplayReason reason) {
                                        news.add(reason.name());
                                    }
                                }))
                .build();
    }

    private long paid(ExecutionResult result) {
        return ((Paid) events.readStreamAfter(
                                ADA, StreamVersion.of(result.version(ADA).value() - 1), ShopEvent.class)
                        .toList()
                        .get(0)
                        .event())
                .cents();
    }

    @Test
    void a_snapshot_is_continued_by_a_tail_in_todays_shapes() {
        List<String> news = new ArrayList<>();
        CommandExecutor executor = withSnapshots(news);
        append(itemAdded(ADA, "pen"), viewed(ADA), checkedOut(ADA, 5));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(1);

        append(viewed(ADA), itemAdded(ADA, "ink"), checkedOut(ADA, 2), viewed(ADA));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(2);
        append(viewed(ADA));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(2);
        assertThat(news).containsExactly("used", "used");
    }

    @Test
    void a_snapshot_of_events_that_were_read_in_another_way_is_not_continued() {
        List<String> news = new ArrayList<>();
        CommandExecutor executor = withSnapshots(news);
        append(itemAdded(ADA, "pen"), new Closed(ADA));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(1);

        deployed.passOnTo(withoutClosed());
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(10);
        assertThat(news).containsExactly("OUTDATED");
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(10);
        assertThat(news).containsExactly("OUTDATED", "used");
    }

    @Test
    void commands_on_a_hot_stream_fold_what_alone_they_would() {
        append(itemAdded(ADA, "pen"), viewed(ADA), checkedOut(ADA, 5), itemAdded(ADA, "ink"), viewed(ADA));
        CommandExecutor executor = CommandExecutor.builder(events).build();

        List<ExecutionResult> results = Race.run(8, number -> {
                    List<ExecutionResult> own = new ArrayList<>();
                    for (int i = 0; i < 5; i++) {
                        own.add(executor.execute(new Fold(ADA)));
                    }
                    return own;
                })
                .stream()
                .flatMap(List::stream)
                .toList();

        assertThat(results).hasSize(40);
        List<RecordedEvent<ShopEvent>> all =
                events.readStream(ADA, ShopEvent.class).toList();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).event() instanceof Paid paid && all.get(i).part() == 0) {
                assertThat(paid.cents())
                        .as("what was folded before %s", all.get(i))
                        .isEqualTo(i);
            }
        }
        assertThat(all).hasSize(44);
        assertThat(events.streamVersion(ADA)).isEqualTo(StreamVersion.of(45));
    }

    /** Says how many events it has folded. */
    record Fold(@Stream StreamId cart) implements Command<Integer, ShopEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, ShopEvent event) {
            return state + 1;
        }

        @Override
        public List<ShopEvent> handle(Integer state) {
            return List.of(new Paid(cart, state));
        }
    }
}
