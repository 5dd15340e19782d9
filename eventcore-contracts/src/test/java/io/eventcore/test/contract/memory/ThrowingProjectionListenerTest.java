package io.eventcore.test.contract.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener that throws when its events are committed already: they are not applied again, and the rest is. */
class ThrowingProjectionListenerTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    private final List<Long> applied = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"started", "applied"})
    void every_event_is_applied_once(String where) {
        deposit();
        ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .projection(Projection.named("applied", LedgerEvent.class)
                        .on(
                                LedgerEvent.class,
                                event -> applied.add(event.position().value()))
                        .build())
                .listener(throwingIn(where))
                .build();
        runner.start();
        try {
            Eventually.until("the first event is applied", () -> applied.size() == 1);
            deposit();
            Eventually.until("the second event is applied", () -> applied.size() == 2);

            assertThat(applied).containsExactly(1L, 2L);
            assertThat(runner.status().get(0).partitions().get(0).state()).isEqualTo(ProjectionState.LIVE);
        } finally {
            runner.stop();
        }
    }

    private void deposit() {
        events.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Deposited(ADA, 1)));
    }

    private static ProjectionListener throwingIn(String where) {
        return (partition, kind, batch) -> {
            if (where.equals("started")) {
                throw new IllegalStateException("a listener's own");
            }
            return new ProjectionListener.Batch() {
                @Override
                public void applied(int count) {
                    throw new AssertionError("a listener's own");
                }
            };
        };
    }
}
