package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.Upcaster;
import io.eventcore.test.contract.ShopEvent.ItemAdded;
import io.eventcore.test.contract.ShopEvent.Paid;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** Shared by the rows about earlier shapes of events that do more than read: empty stores, and runners that are stopped. */
abstract class UpcastProcessingFixture {
    static final StreamId ADA = StreamId.of("cart-ada");
    static final StreamId BOB = StreamId.of("cart-bob");
    static final EventFilter CARTS = EventFilter.prefix(StreamPrefix.of("cart-"));
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<ProjectionRunner> runners = new ArrayList<>();
    private final AppendSignal signal = new AppendSignal();
    final DeployedSerializer deployed = new DeployedSerializer(ShopEvent.serializer());
    EventStore events;
    ProjectionStore store;
    AppliedEvents applied;
    private PlatformTransactionManager transactionManager;

    /** The contract that makes the stores. */
    abstract UpcastingContract contract();

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

    EventStreamSlice append(Event... added) {
        StreamWrites writes = StreamWrites.empty();
        for (Event event : added) {
            writes = writes.registerStream(event.streamId(), any());
        }
        for (Event event : added) {
            writes = writes.append(event);
        }
        return events.appendEvents(writes);
    }

    ProjectionRunner start(Projection<?> projection) {
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

    void awaitReached(ProjectionRunner runner, GlobalPosition position) {
        assertThat(runner.awaitPosition("shop", position, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
    }

    /** Tomorrow's code, which no longer has a class for closed carts. */
    static EventSerializer withoutClosed() {
        return new YesterdaysSerializer(new JacksonEventSerializer(EventTypes.builder()
                .register(ItemAdded.class)
                .register(Paid.class)
                .upcaster(Upcaster.from("shop.item-added")
                        .toRevision(2, event -> event.object().put("count", 10)))
                .upcaster(Upcaster.from("shop.closed").toNothing())
                .build()));
    }
}
