package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.ForwardingEventStore;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * A parked stream is retried while an append in flight holds readers back before the checkpoint: it announced itself after
 * the projection had been further. What comes after it waits until it has ended.
 */
class HeldBackRetryTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    private final String prefix = DATABASE.newTables();
    private final HeldBack store = new HeldBack(DATABASE.store(prefix));
    private final List<Long> applied = new CopyOnWriteArrayList<>();
    private volatile boolean broken = true;

    private final ProjectionRunner runner = ProjectionRunner.builder(store, DATABASE.projectionStore(prefix))
            .transactionManager(new JdbcTransactionManager(DATABASE.dataSource()))
            .poll(Duration.ofMillis(2), Duration.ofMillis(50))
            .retryPause(Duration.ofMillis(2), Duration.ofMillis(50))
            .projection(Projection.named("applied", Event.class)
                    .on(Event.class, this::apply)
                    .onError(failure -> FailureDecision.PARK)
                    .build())
            .build();

    @AfterEach
    void stop() {
        runner.stop();
    }

    @Test
    void a_stream_that_is_retried_while_readers_are_held_back_loses_nothing() {
        for (int i = 0; i < 3; i++) {
            append(ADA);
        }
        append(BOB);
        runner.start();
        Eventually.until(
                "three events wait and the checkpoint is behind them",
                () -> applied.size() == 1 && waiting() == 3,
                runner::status);

        broken = false;
        store.looks.set(3);
        runner.retryParked("applied", ADA);

        Eventually.until("the stream goes on", () -> waiting() == 0, runner::status);
        assertThat(store.looks).hasValue(0);
        assertThat(applied).hasSize(4).doesNotHaveDuplicates();
        assertThat(applied.subList(1, 4)).isSorted();
    }

    private void apply(RecordedEvent<Event> event) {
        if (broken && event.streamId().equals(ADA)) {
            throw new IllegalStateException("broken");
        }
        applied.add(event.position().value());
    }

    private long waiting() {
        return runner.parkedStreams("applied").stream()
                .mapToLong(stream -> stream.waiting())
                .sum();
    }

    private void append(StreamId streamId) {
        store.appendEvents(StreamWrites.to(streamId, any(), new Deposited(streamId, 1)));
    }

    /** Some looks at one stream end at its first event, as what PostgreSQL delivers ends before an announcement. */
    private static final class HeldBack extends ForwardingEventStore {
        private final AtomicInteger looks = new AtomicInteger();

        HeldBack(EventStore store) {
            super(store);
        }

        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            boolean ofAda = !filter.streams().matches(BOB);
            if (ofAda && looks.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                StoredPage first = super.readStored(filter, EventPage.after(page.after(), 1));
                return new StoredPage(first.events(), first.events().get(0).position(), true);
            }
            return super.readStored(filter, page);
        }
    }
}
