package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.command.LedgerEvent.Opened;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.ForwardingSerializer;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is kept of hot streams is bounded in bytes, and gone when no command comes for it any more. */
class HotStreamMemoryTest {
    private static final int STREAMS = 8;
    private static final int THREADS = 16;

    /** So few that no stream cools down by then, even if no two of the threads ever meet. */
    private static final int COMMANDS = 3;

    private final Queue<WeakReference<Event>> decoded = new ConcurrentLinkedQueue<>();
    private final Queue<Runnable> later = new ConcurrentLinkedQueue<>();
    private final InMemoryEventStore store = new InMemoryEventStore(new WatchedSerializer());
    private final CacheBudget budget = new CacheBudget(later::add);
    private final AtomicLong most = new AtomicLong();
    private final CommandExecutor executor = CommandExecutor.builder(store)
            .chains((through, unused, others) -> new DecisionChain(through, budget, others))
            .build();

    @Test
    void nothing_is_held_when_no_command_has_come_for_a_while() {
        fightOver(STREAMS, "");
        assertThat(budget.used()).isPositive();

        runLater();

        assertThat(budget.used()).isZero();
        assertThat(eventsHeld()).isZero();
    }

    @Test
    void a_stream_that_is_used_is_kept() {
        fightOver(1, "");
        Runnable due = later.remove();
        Race.run(2, number -> deposit(stream(0), ""));

        due.run();

        assertThat(budget.used()).isPositive();
        runLater();
        assertThat(budget.used()).isZero();
    }

    @Test
    void a_stream_that_has_cooled_down_is_forgotten_at_once() {
        fightOver(1, "");

        for (int i = 0; i < 100; i++) {
            deposit(stream(0), "");
        }

        assertThat(budget.used()).isZero();
    }

    @Test
    void large_events_are_kept_up_to_a_limit_and_all_commands_are_carried_out() {
        String owner = "x".repeat(400_000);

        fightOver(2, owner);

        assertThat(most.get()).isPositive().isLessThanOrEqualTo(CacheBudget.MAX_BYTES);
        for (int i = 0; i < 2; i++) {
            assertThat(store.streamVersion(stream(i))).isEqualTo(StreamVersion.of(THREADS * COMMANDS + 1));
        }
        runLater();
        assertThat(budget.used()).isZero();
    }

    /** Lets threads deposit to some streams at the same time, after each stream has been lost once. */
    private void fightOver(int streams, String owner) {
        for (int i = 0; i < streams; i++) {
            heatUp(stream(i));
        }
        Race.run(THREADS, number -> {
            for (int i = 0; i < COMMANDS; i++) {
                for (int j = 0; j < streams; j++) {
                    deposit(stream(j), owner);
                    most.accumulateAndGet(budget.used(), Math::max);
                }
            }
            return number;
        });
    }

    private ExecutionResult deposit(StreamId stream, String owner) {
        return executor.execute(Decision.over(LedgerEvent.class, stream)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .deciding(
                        count -> List.of(owner.isEmpty() ? new Deposited(stream, count) : new Opened(stream, owner))));
    }

    private void heatUp(StreamId stream) {
        AtomicLong decisions = new AtomicLong();
        executor.execute(Decision.over(LedgerEvent.class, stream)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .deciding(count -> {
                    if (decisions.incrementAndGet() == 1) {
                        store.appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), new Deposited(stream, 1)));
                    }
                    return List.of();
                }));
    }

    /** Time passes twice: what was used since the first time is looked at again the second time. */
    private void runLater() {
        for (int i = 0; i < 2; i++) {
            List<Runnable> due = List.copyOf(later);
            later.clear();
            due.forEach(Runnable::run);
        }
    }

    private long eventsHeld() {
        for (int i = 0; i < 10; i++) {
            System.gc();
            if (held() == 0) {
                return 0;
            }
        }
        return held();
    }

    private long held() {
        return decoded.stream().filter(event -> event.get() != null).count();
    }

    private static StreamId stream(int number) {
        return StreamId.of("account-" + number);
    }

    /** Remembers the events it has decoded, but does not hold them. */
    private final class WatchedSerializer extends ForwardingSerializer {
        private WatchedSerializer() {
            super(new JacksonEventSerializer(LedgerEvent.types()));
        }

        @Override
        public Event deserialize(SerializedEvent stored) {
            return watched(super.deserialize(stored));
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            List<EventPart> parts = super.deserialize(stored, origin);
            parts.forEach(part -> watched(part.event()));
            return parts;
        }

        private Event watched(Event event) {
            decoded.add(new WeakReference<>(event));
            return event;
        }
    }
}
