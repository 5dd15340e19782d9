package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.ForwardingEventStore;
import io.eventcore.internal.SharedEvent;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the shared reader keeps of a log is given to no one once the log is another one. */
@Timeout(60)
class LogTailTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    @EventType("account.seen")
    record Seen(StreamId streamId, String text) implements Event {}

    private final AtomicInteger reads = new AtomicInteger();
    private volatile boolean fails;
    private volatile EventStore log = newLog(50);

    private final EventReader reader = new Counted();

    /** The log that is there at present. */
    private class Counted extends ForwardingEventStore {
        Counted() {
            super(log);
        }

        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            if (fails) {
                reads.incrementAndGet();
                throw new EventStoreUnavailableException("the server is gone", null);
            }
            StoredPage found = log.internals().readStored(filter, page);
            reads.incrementAndGet();
            return found;
        }

        @Override
        public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
            throw new AssertionError("The end of the log is read without being decoded");
        }

        @Override
        public GlobalPosition lastPosition() {
            return log.lastPosition();
        }
    }

    private final LogTail tail = new LogTail(reader, Duration.ofMillis(1), Duration.ofMillis(2), System::nanoTime);
    private final Thread thread = new Thread(tail);
    private final Wakeup one = new Wakeup();
    private final Wakeup another = new Wakeup();

    @AfterEach
    void stop() throws InterruptedException {
        tail.stop();
        thread.join();
    }

    @Test
    void whoever_falls_back_in_the_same_log_has_what_came_since_without_reading_it() {
        follow(one, 50);
        append(log, 30);
        until(() -> batch(one, 50).events().size() == 30);

        tail.join(another, GlobalPosition.of(60));

        until(() -> batch(another, 60).events().size() == 20);
        assertThat(tail.troubles()).isZero();
    }

    @Test
    void a_log_that_was_set_back_and_has_grown_again_without_a_failure_is_noticed() {
        follow(one, 50);
        append(log, 10);
        until(() -> !batch(one, 50).events().isEmpty());

        log = newLog(70);

        until(() -> tail.troubles() == 1);
        assertThat(tail.after(one, GlobalPosition.of(60), 100)).isEmpty();
    }

    @Test
    void a_log_that_was_set_back_before_anything_was_read_from_it_here_is_noticed() {
        follow(one, 50);
        awaitReads(3);

        log = newLog(70);

        until(() -> tail.troubles() == 1);
        assertThat(tail.after(one, GlobalPosition.of(50), 100)).isEmpty();
    }

    @Test
    void nothing_of_a_lost_log_is_given_to_those_who_join_after_a_failure() {
        follow(one, 50);
        append(log, 50);
        until(() -> batch(one, 50).events().size() == 50);
        fails = true;
        until(() -> tail.troubles() > 0);
        tail.leave(one);
        log = newLog(51);
        fails = false;

        tail.join(another, GlobalPosition.of(51));
        append(log, 70);

        until(() -> batch(another, 51).events().size() == 70);
        assertThat(ids(batch(another, 51).events())).isEqualTo(idsAfter(51));
    }

    @Test
    void nothing_of_a_lost_log_is_given_to_those_who_join_before_the_loss_is_noticed() {
        follow(one, 50);
        append(log, 50);
        until(() -> batch(one, 50).events().size() == 50);
        // The tail does not look while it has no follower.
        tail.leave(one);
        awaitQuiet();
        log = newLog(51);
        append(log, 70);

        tail.join(another, GlobalPosition.of(51));

        Optional<LogPage> first = tail.after(another, GlobalPosition.of(51), 100);
        assertThat(first.map(LogPage::events).orElse(List.of())).isEmpty();
        until(() -> tail.troubles() == 1);
        assertThat(tail.after(another, GlobalPosition.of(51), 100)).isEmpty();
    }

    @Test
    void a_large_event_is_not_read_again_at_each_look_but_for_each_who_joins() {
        log = newLog(49);
        log.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Seen(ADA, "x".repeat(100_000))));
        AtomicInteger again = new AtomicInteger();
        EventReader counting = new Counted() {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                again.addAndGet(page.after().value() == 49 ? 1 : 0);
                return super.readStored(filter, page);
            }
        };
        LogTail large = new LogTail(counting, Duration.ofMillis(1), Duration.ofMillis(2), System::nanoTime);
        Thread reading = new Thread(large);
        large.join(one, GlobalPosition.of(50));
        reading.start();
        try {
            awaitReads(20);
            assertThat(again).hasValueLessThan(4);
            int before = again.get();

            large.join(another, GlobalPosition.of(50));

            until(() -> again.get() > before);
        } finally {
            large.stop();
        }
    }

    private void follow(Wakeup follower, long position) {
        tail.join(follower, GlobalPosition.of(position));
        thread.start();
    }

    private LogPage batch(Wakeup follower, long after) {
        return tail.after(follower, GlobalPosition.of(after), 100).orElseThrow();
    }

    private List<UUID> idsAfter(long position) {
        return log
                .internals()
                .readStored(EventFilter.all(), EventPage.after(GlobalPosition.of(position), 100))
                .events()
                .stream()
                .map(StoredEvent::id)
                .toList();
    }

    private static List<UUID> ids(List<SharedEvent> events) {
        return events.stream().map(event -> event.stored().id()).toList();
    }

    private static EventStore newLog(int events) {
        EventStore log = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class)));
        append(log, events);
        return log;
    }

    private static void append(EventStore log, int events) {
        for (int i = 0; i < events; i++) {
            log.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Seen(ADA, "")));
        }
    }

    private void awaitReads(int more) {
        int before = reads.get();
        until(() -> reads.get() >= before + more);
    }

    private void awaitQuiet() {
        until(() -> thread.getState() == Thread.State.TIMED_WAITING && reads.get() == readsLater());
    }

    private int readsLater() {
        int before = reads.get();
        LockSupport.parkNanos(20_000_000);
        return reads.get() == before ? before : -1;
    }

    private static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            assertThat(Thread.interrupted()).as("the time of the test is over").isFalse();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
