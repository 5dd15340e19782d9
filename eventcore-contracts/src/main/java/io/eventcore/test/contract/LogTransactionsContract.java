package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStreamReader;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The log while transactions are open, commit late or roll back. */
abstract class LogTransactionsContract extends EventReaderFixture {
    private static final int WRITERS = 6;
    private static final int APPENDS_PER_WRITER = 60;

    @Test
    void an_event_that_is_committed_late_is_delivered_in_its_place() throws InterruptedException {
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);
        FollowedLog filtered = new FollowedLog(store, EventFilter.prefix(StreamPrefix.of("account-")), 50);
        append(deposit(BOB, 1));
        log.poll();

        OpenTransaction late = new OpenTransaction(() -> append(deposit(ADA, 2)));
        Thread fast = new Thread(() -> append(deposit(BOB, 3)));
        fast.start();
        // Some stores let the fast append commit first, others make it wait; the reader must not care.
        for (int i = 0; i < 100 && store.streamVersion(BOB).value() == 1; i++) {
            log.poll();
        }
        log.poll();
        filtered.poll();
        assertThat(cents(log.events())).doesNotContain(2L);
        late.commit();
        fast.join();

        log.poll();
        filtered.poll();
        assertThat(cents(log.events())).containsExactlyInAnyOrder(1L, 2L, 3L);
        assertThat(cents(filtered.events())).isEqualTo(cents(log.events()));
        assertThat(log.positions()).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void what_is_committed_late_does_not_slip_into_a_read_that_began_before() throws InterruptedException {
        append(deposits(BOB, 300));
        OpenTransaction late = new OpenTransaction(() -> append(deposit(ADA, 1)));
        Thread more = new Thread(() -> append(deposits(BOB, 900)));
        more.start();
        for (int i = 0; i < 100 && store.streamVersion(BOB).value() == 300; i++) {
            Thread.onSpinWait();
        }
        EventStreamReader<Event> reader =
                store.readStreams(Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE), Event.class);
        Iterator<RecordedEvent<Event>> events = reader.iterator();
        List<RecordedEvent<Event>> read = new ArrayList<>(List.of(events.next()));
        late.commit();
        more.join();
        events.forEachRemaining(read::add);

        assertThat(reader.version(ADA)).isEqualTo(StreamVersion.NONE);
        assertThat(read).extracting(RecordedEvent::streamId).containsOnly(BOB);
        assertThat(read)
                .extracting(event -> event.version().value())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, reader.version(BOB).value())
                                .boxed()
                                .toList());
    }

    @Test
    void what_was_rolled_back_delays_nobody() {
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);
        append(deposit(ADA, 1));
        for (int i = 0; i < 50; i++) {
            transaction.executeWithoutResult(status -> {
                append(deposit(BOB, 2));
                status.setRollbackOnly();
            });
        }
        append(deposit(ADA, 3));

        log.poll();

        assertThat(cents(log.events())).containsExactly(1L, 3L);
    }

    @Test
    void a_reader_gets_past_more_lost_positions_than_a_page_has_events() {
        append(deposits(ADA, 10));
        transaction.executeWithoutResult(status -> {
            append(deposits(BOB, 500));
            status.setRollbackOnly();
        });
        append(deposits(BOB, 3));

        for (int size : List.of(1, 2, 7, 100)) {
            for (EventFilter filter :
                    List.of(EventFilter.all(), EventFilter.all().ofTypes(Deposited.class), pattern("account-*"))) {
                assertThat(cents(readAll(filter, size)))
                        .as("%s by pages of %d", filter, size)
                        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 1L, 2L, 3L);
            }
        }
    }

    @Test
    void a_transaction_that_has_appended_nothing_delays_nobody() throws InterruptedException {
        append(deposit(ADA, 1));
        OpenTransaction idle = new OpenTransaction(() -> store.streamVersion(ADA));
        append(deposit(ADA, 2));
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);

        log.poll();

        assertThat(cents(log.events())).containsExactly(1L, 2L);
        idle.commit();
    }

    @Test
    void the_log_does_not_show_what_the_readers_own_transaction_has_not_committed() {
        append(deposit(ADA, 1));

        List<Long> seen = transaction.execute(status -> {
            append(deposit(ADA, 2));
            return cents(read(EventFilter.all(), EventPage.first(10)));
        });

        assertThat(seen).containsExactly(1L);
        assertThat(cents(read(EventFilter.all(), EventPage.first(10)))).containsExactly(1L, 2L);
    }

    @Test
    void under_load_with_rollbacks_every_event_is_delivered_once_and_in_order() {
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);
        AtomicInteger acknowledged = new AtomicInteger();
        CountDownLatch writing = new CountDownLatch(WRITERS);
        List<Callable<Void>> all = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            Random random = new Random(writer);
            all.add(() -> {
                try {
                    for (int i = 0; i < APPENDS_PER_WRITER; i++) {
                        acknowledged.addAndGet(appendSomehow(random));
                    }
                } finally {
                    writing.countDown();
                }
                return null;
            });
        }
        all.add(() -> {
            while (writing.getCount() > 0) {
                log.poll();
            }
            return null;
        });
        Race.run(all);
        log.poll();

        assertThat(log.positions()).isSorted().doesNotHaveDuplicates().hasSize(acknowledged.get());
        Map<StreamId, Long> versions = new HashMap<>();
        log.events().forEach(event -> {
            long next = versions.merge(event.streamId(), 1L, Long::sum);
            assertThat(event.version()).isEqualTo(StreamVersion.of(next));
        });
        versions.forEach(
                (stream, version) -> assertThat(store.streamVersion(stream)).isEqualTo(StreamVersion.of(version)));
    }

    /** One append to one or two streams, with or without a transaction around it, rolled back now and then. */
    private int appendSomehow(Random random) {
        StreamId one = StreamId.of("stream-" + random.nextInt(WRITERS));
        StreamId other = StreamId.of("stream-" + random.nextInt(WRITERS));
        StreamWrites writes = StreamWrites.empty()
                .registerStream(one, any())
                .registerStream(other, any())
                .append(new Deposited(one, 1))
                .append(new Deposited(other, 2));
        int choice = random.nextInt(20);
        try {
            if (choice < 12) {
                store.appendEvents(writes);
                return 2;
            }
            return transaction.execute(status -> {
                store.appendEvents(writes);
                if (choice == 19) {
                    status.setRollbackOnly();
                    return 0;
                }
                return 2;
            });
        } catch (VersionConflictException lostAtCommit) {
            return 0;
        }
    }

    /** A transaction on another thread that has done something and stays open until the test lets it commit. */
    private final class OpenTransaction {
        private final CountDownLatch done = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);
        private final Thread thread;

        private OpenTransaction(Runnable action) throws InterruptedException {
            thread = new Thread(() -> transaction.executeWithoutResult(status -> {
                action.run();
                done.countDown();
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            thread.start();
            done.await();
        }

        void commit() throws InterruptedException {
            end.countDown();
            thread.join();
        }
    }
}
