package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.test.contract.ShopEvent.itemAdded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.RawEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
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
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.UnknownTypes;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.test.contract.ShopEvent.ItemAdded;
import io.eventcore.test.contract.ShopEvent.Old;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What becomes of events whose type is unknown. */
abstract class UnknownTypesContract {
    private static final StreamId ADA = StreamId.of("cart-ada");
    private static final StreamId BOB = StreamId.of("cart-bob");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String JSON = "{\"cart\":\"cart-ada\",\"reason\":\"s3cr3t\"}";

    private final AppendSignal signal = new AppendSignal();
    private final List<String> skipped = new CopyOnWriteArrayList<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    /** The contract that makes the stores. */
    abstract UpcastingContract contract();

    /** What an instance of a later release has stored. */
    private static Old returned() {
        return new Old(ADA, "shop.returned", JSON);
    }

    /** An event type of the later release. */
    @EventType("shop.returned")
    record Returned(StreamId cart, String reason) implements Event {}

    private EventSerializer today(UnknownTypes unknown) {
        return ShopEvent.serializer(unknown, skipped::add);
    }

    private EventStore shop(UnknownTypes unknown) {
        return contract().emptyStore(today(unknown), signal);
    }

    private static void append(EventStore store, Event... events) {
        for (Event event : events) {
            store.appendEvents(StreamWrites.to(event.streamId(), any(), event));
        }
    }

    private static List<Event> events(Iterable<? extends RecordedEvent<?>> read) {
        List<Event> events = new ArrayList<>();
        read.forEach(recorded -> events.add(recorded.event()));
        return events;
    }

    @Test
    void unless_it_is_said_otherwise_such_an_event_cannot_be_read() {
        EventStore store = shop(UnknownTypes.FAIL);
        append(store, itemAdded(ADA, "pen"), returned());

        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> store.readStream(ADA, Event.class).toList())
                .withMessageContaining("shop.returned")
                .withMessageNotContaining("s3cr3t");
    }

    @Test
    void who_skips_it_reads_the_others_at_their_versions_and_is_told() {
        EventStore store = shop(UnknownTypes.SKIP);
        append(store, itemAdded(ADA, "pen"), returned(), ShopEvent.viewed(ADA), new Paid(ADA, 5));

        EventStreamReader<ShopEvent> read = store.readStream(ADA, ShopEvent.class);

        assertThat(events(read)).containsExactly(new ItemAdded(ADA, "pen", 1), new Paid(ADA, 5));
        assertThat(read.skippedEvents()).as("dropped is not skipped").isEqualTo(1);
        assertThat(read.version()).isEqualTo(StreamVersion.of(4));
        assertThat(read.toList()).hasSize(2);
        assertThat(read.skippedEvents()).as("of the last iteration").isEqualTo(1);
        assertThat(events(store.readEvents(EventFilter.all(), EventPage.first(10), ShopEvent.class)
                        .events()))
                .containsExactly(new ItemAdded(ADA, "pen", 1), new Paid(ADA, 5));
        assertThat(skipped).containsExactly("shop.returned", "shop.returned", "shop.returned");
        assertThat(store.readStreamAfter(ADA, StreamVersion.of(2), ShopEvent.class)
                        .skippedEvents())
                .isZero();
    }

    @Test
    void raw_it_is_given_to_who_asks_for_any_event_and_to_no_one_else() {
        EventStore store = shop(UnknownTypes.RAW);
        append(store, itemAdded(ADA, "pen"), returned());

        assertThat(events(store.readStream(ADA, Event.class)))
                .containsExactly(new ItemAdded(ADA, "pen", 1), new RawEvent("shop.returned", JSON));
        assertThat(store.readStream(ADA, Event.class).toList().toString()).doesNotContain("s3cr3t");
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> store.readStream(ADA, ShopEvent.class).toList())
                .withMessageContaining("shop.returned")
                .withMessageNotContaining("s3cr3t");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.empty()
                        .registerStream(ADA, any())
                        .append(ADA, new RawEvent("shop.returned", JSON))));
    }

    @Test
    void a_command_says_how_many_events_it_was_decided_without() {
        EventStore store = shop(UnknownTypes.SKIP);
        append(store, itemAdded(ADA, "pen"), returned(), itemAdded(BOB, "ink"));
        CommandExecutor executor = CommandExecutor.builder(store).build();

        ExecutionResult result = executor.execute(new Count(ADA));

        assertThat(result.skippedEvents()).isEqualTo(1);
        assertThat(result.version(ADA)).isEqualTo(StreamVersion.of(3));
        assertThat(executor.execute(new Count(BOB)).skippedEvents()).isZero();
        List<ExecutionResult> crowded = Race.run(8, number -> executor.execute(new Count(ADA)));
        assertThat(crowded).extracting(ExecutionResult::skippedEvents).containsOnly(1L);
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(11));
    }

    /** Counts what it knows. */
    @Snapshot(name = "unknown.count", version = 1)
    record Count(@Stream StreamId cart) implements Command<Integer, Event> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, Event event) {
            return event instanceof ShopEvent || event instanceof Returned ? state + 1 : state;
        }

        @Override
        public List<Event> handle(Integer state) {
            return List.of(new Paid(cart, state));
        }
    }

    @Test
    void no_snapshot_of_a_fold_that_skipped_is_left_to_who_knows_the_type() {
        assertAllIsFoldedByTheLaterReleaseAfter(UnknownTypes.SKIP);
    }

    @Test
    void no_snapshot_of_a_fold_of_raw_events_is_left_to_who_knows_the_type() {
        assertAllIsFoldedByTheLaterReleaseAfter(UnknownTypes.RAW);
    }

    private void assertAllIsFoldedByTheLaterReleaseAfter(UnknownTypes unknown) {
        DeployedSerializer deployed = new DeployedSerializer(today(unknown));
        EventStore store = contract().emptyStore(deployed, signal);
        CommandExecutor executor = CommandExecutor.builder(store)
                .snapshots(
                        contract().snapshotStore(),
                        SnapshotSettings.defaults().withExecutor(Runnable::run).withAfterEvents(1))
                .build();
        append(store, itemAdded(ADA, "pen"), returned());
        executor.execute(new Count(ADA));

        deployed.passOnTo(new YesterdaysSerializer(new JacksonEventSerializer(
                ShopEvent.types().register(Returned.class).build())));
        ExecutionResult result = executor.execute(new Count(ADA));

        assertThat(result.skippedEvents()).isZero();
        assertThat(events(store.readStreamAfter(ADA, StreamVersion.of(3), ShopEvent.class)))
                .containsExactly(new Paid(ADA, 3));
    }

    @Test
    void a_projection_and_a_reaction_get_past_what_is_skipped() {
        EventStore store = shop(UnknownTypes.SKIP);
        append(store, returned(), itemAdded(ADA, "pen"), returned());
        CommandExecutor executor = CommandExecutor.builder(store)
                .executedCommands(contract().executedCommands())
                .build();
        Reaction<ShopEvent> reaction = Reaction.named("answers", ShopEvent.class)
                .on(ItemAdded.class, added -> List.of(new Count(BOB)))
                .build();

        run(
                store,
                Projection.named("shop", ShopEvent.class)
                        .on(ShopEvent.class, event -> seen.add(event.version() + " " + event.typeName()))
                        .build());
        run(store, Reaction.asProjection(reaction, executor));

        assertThat(seen).containsExactly("2 shop.item-added");
        assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void a_projection_of_any_event_is_given_what_is_raw_and_another_one_decides_about_it() {
        EventStore store = shop(UnknownTypes.RAW);
        append(store, itemAdded(ADA, "pen"), returned());

        run(
                store,
                Projection.named("all", Event.class)
                        .on(Event.class, event -> seen.add("all: " + event.event()))
                        .build());
        run(
                store,
                Projection.named("raw", Event.class)
                        .on(RawEvent.class, event -> seen.add("raw: " + event.event()))
                        .build());
        run(
                store,
                Projection.named("shop", ShopEvent.class)
                        .on(ShopEvent.class, event -> seen.add("shop: " + event.typeName()))
                        .onError(failure -> {
                            seen.add("failed: " + failure.cause().getClass().getSimpleName());
                            return FailureDecision.SKIP;
                        })
                        .build());

        assertThat(new LinkedHashSet<>(seen))
                .containsExactly(
                        "all: " + new ItemAdded(ADA, "pen", 1),
                        "all: RawEvent[shop.returned]",
                        "raw: RawEvent[shop.returned]",
                        "shop: shop.item-added",
                        "failed: EventDeserializationException");
    }

    /** Runs a projection until the end of the log. */
    private void run(EventStore store, Projection<?> projection) {
        GlobalPosition last = store.lastPosition();
        ProjectionRunner runner = ProjectionRunner.builder(store, contract().projectionStore())
                .transactionManager(contract().transactionManager())
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5))
                .projection(projection)
                .build();
        runner.start();
        try {
            assertThat(runner.awaitPosition(projection.name(), last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        } finally {
            runner.stop();
        }
    }
}
