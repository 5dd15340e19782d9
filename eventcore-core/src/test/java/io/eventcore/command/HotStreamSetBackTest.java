package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A log is set back, and comes to the same version of a hot stream by other events, under an executor that goes on. */
class HotStreamSetBackTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    private final Queue<Runnable> later = new ConcurrentLinkedQueue<>();
    private final InMemoryEventStore first = log();
    private final Switched store = new Switched(first);
    private final CacheBudget budget = new CacheBudget(later::add);
    private final CommandExecutor executor = CommandExecutor.builder(store)
            // No look at the newest event that is known comes due.
            .nanoTime(() -> 17)
            .chains((through, unused, others) -> new DecisionChain(through, budget, others))
            .build();

    @Test
    void a_command_decides_on_the_events_that_are_there_now() {
        heatUp();
        Race.run(8, number -> deposit(1));
        assertThat(budget.used())
                .as("the stream is hot, so that its events are kept")
                .isPositive();
        long version = first.streamVersion(ADA).value();
        InMemoryEventStore other = log();
        for (int i = 0; i < version; i++) {
            other.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Deposited(ADA, 1_000)));
        }
        store.current = other;

        List<Long> seen = Race.run(2, number -> deposit(1));

        assertThat(seen).containsExactlyInAnyOrder(version * 1_000, version * 1_000 + 1);
        assertThat(other.streamVersion(ADA)).isEqualTo(StreamVersion.of(version + 2));
    }

    @Test
    void what_is_known_of_other_streams_counts_for_nothing_either() {
        depositTo(BOB, 1);
        depositTo(BOB, 1);
        heatUp();
        Race.run(8, number -> deposit(1));
        InMemoryEventStore other = log();
        for (StreamId account : List.of(ADA, BOB)) {
            for (long i = first.streamVersion(account).value(); i > 0; i--) {
                other.appendEvents(StreamWrites.to(account, ExpectedVersion.any(), new Deposited(account, 1_000)));
            }
        }
        store.current = other;

        Race.run(2, number -> deposit(1));

        assertThat(depositTo(BOB, 1)).isEqualTo(2_000);
    }

    @Test
    void in_the_same_log_what_is_known_is_not_read_again() {
        heatUp();
        Race.run(8, number -> deposit(1));
        assertThat(budget.used()).isPositive();
        store.mostRead.set(0);

        Race.run(2, number -> deposit(1));

        assertThat(store.mostRead).hasValueLessThan(4);
    }

    private static InMemoryEventStore log() {
        return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    /** Deposits, and tells how much there was. */
    private long deposit(long cents) {
        return depositTo(ADA, cents);
    }

    private long depositTo(StreamId account, long cents) {
        AtomicLong seen = new AtomicLong();
        executor.execute(Decision.over(LedgerEvent.class, account)
                .startingWith(0L)
                .applying((sum, event) -> sum + ((Deposited) event).cents())
                .deciding(sum -> {
                    seen.set(sum);
                    return List.of(new Deposited(account, cents));
                }));
        return seen.get();
    }

    private void heatUp() {
        AtomicInteger decisions = new AtomicInteger();
        executor.execute(Decision.over(LedgerEvent.class, ADA)
                .startingWith(0L)
                .applying((sum, event) -> sum)
                .deciding(sum -> {
                    if (decisions.incrementAndGet() == 1) {
                        store.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Deposited(ADA, 1)));
                    }
                    return List.of(new Deposited(ADA, 1));
                }));
    }

    private static final class Switched extends ForwardingEventStore {
        private final AtomicInteger mostRead = new AtomicInteger();
        private volatile EventStore current;

        Switched(EventStore first) {
            super(first);
            this.current = first;
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            return current.appendEvents(writes);
        }

        @Override
        public <E extends Event> EventStreamReader<E> readStreams(
                Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
            EventStreamReader<E> read = current.readStreams(streamsAfter, eventType);
            int events = 0;
            for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
                events += Math.toIntExact(read.version(stream.getKey()).value()
                        - stream.getValue().value());
            }
            mostRead.accumulateAndGet(events, Math::max);
            return read;
        }
    }
}
