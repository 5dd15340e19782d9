package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.command.ForwardingEventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Those who catch up together read the log once, and nobody is given what may be of another log or waits for ever. */
@Timeout(60)
class SharedPagesTest {
    private static final int EVENTS = 10_000;
    private static final int PARTITIONS = 4;

    @EventType("account.counted")
    record Counted(StreamId streamId, long number) implements Event {}

    /** After which positions a page was read, in order. */
    private final List<GlobalPosition> reads = Collections.synchronizedList(new ArrayList<>());

    private final AtomicLong now = new AtomicLong();
    private final SharedPages pages = new SharedPages(now::get);
    private final EventStore log = newLog();
    private volatile Runnable beforeRead = () -> {};
    private final LogScan scan = LogScan.ofAll(new Watched());

    private static EventStore newLog() {
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Counted.class)));
        for (int first = 1; first <= EVENTS; first += 100) {
            StreamWrites writes = StreamWrites.empty();
            for (int i = 0; i < 100; i++) {
                StreamId stream = StreamId.of("account-" + (first + i));
                writes = writes.registerStream(stream, ExpectedVersion.noStream())
                        .append(new Counted(stream, first + i));
            }
            store.appendEvents(writes);
        }
        return store;
    }

    private final class Watched extends ForwardingEventStore {
        Watched() {
            super(log);
        }

        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            beforeRead.run();
            reads.add(page.after());
            return super.readStored(filter, page);
        }
    }

    @Test
    void four_partitions_that_begin_together_read_each_page_once_and_apply_each_event_once() throws Exception {
        // One that is left behind until the others have come to the end would read for itself.
        CyclicBarrier together = new CyclicBarrier(PARTITIONS);
        Map<Thread, Long> pageOf = new ConcurrentHashMap<>();
        List<Long> applied = Collections.synchronizedList(new ArrayList<>());
        Projection<Counted> projection = Projection.named("counts", Counted.class)
                .partitions(PARTITIONS)
                .on(Counted.class, event -> {
                    Long page = (event.event().number() - 1) / 2_000;
                    if (!page.equals(pageOf.put(Thread.currentThread(), page))) {
                        together.await();
                    }
                    applied.add(event.event().number());
                })
                .build();
        ProjectionRunner runner = ProjectionRunner.builder(new Watched(), new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                // No page grows old.
                .nanoTime(() -> 0)
                .projection(projection)
                .build();

        runner.start();
        AwaitOutcome outcome = runner.awaitPosition("counts", log.lastPosition(), Duration.ofSeconds(50));
        runner.stop();

        assertThat(outcome).isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied)
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.rangeClosed(1, EVENTS).boxed().toList());
        // The first page is read by those who have begun, the last one tells each that the end is reached.
        Map<Long, Long> times =
                reads.stream().collect(Collectors.groupingBy(GlobalPosition::value, Collectors.counting()));
        assertThat(times.get(2_000L)).isEqualTo(1);
        assertThat(times.get(4_000L)).isEqualTo(1);
        assertThat(times.get(6_000L)).isEqualTo(1);
    }

    @Test
    void a_page_is_kept_for_others_only_while_there_are_others() {
        pages.join(scan);
        read(scan, 0);
        read(scan, 0);
        assertThat(reads).hasSize(2);

        pages.join(scan);
        read(scan, 0);
        read(scan, 0);
        assertThat(reads).hasSize(3);

        pages.leave(scan);
        read(scan, 0);
        assertThat(reads).hasSize(4);
    }

    @Test
    void nothing_is_kept_for_one_that_is_left_alone() {
        joinTwice(scan);
        read(scan, 0);
        pages.leave(scan);
        pages.join(scan);
        read(scan, 0);
        assertThat(reads).as("what was kept is gone").hasSize(2);

        beforeRead = () -> pages.leave(scan);
        read(scan, 100);
        beforeRead = () -> {};
        pages.join(scan);
        read(scan, 100);
        assertThat(reads).as("nothing is kept that was read meanwhile").hasSize(4);
    }

    @Test
    void who_stands_in_the_middle_of_a_page_is_given_the_rest_of_it() {
        joinTwice(scan);
        LogPage whole = read(scan, 0);

        LogPage rest = read(scan, 40);

        assertThat(reads).hasSize(1);
        assertThat(rest.events()).isEqualTo(whole.events().subList(40, 100));
        assertThat(rest.continueAfter()).isEqualTo(whole.continueAfter());
        assertThat(rest.endReached()).isFalse();
        assertThat(read(scan, 100).continueAfter()).isEqualTo(at(200));
        assertThat(reads).hasSize(2);
    }

    @Test
    void a_page_that_was_read_before_the_log_was_last_verified_is_not_taken() {
        joinTwice(scan);
        now.set(10);
        read(scan, 0);

        now.set(20);
        pages.read(scan, at(0), 100, 11);
        assertThat(reads).hasSize(2);

        pages.read(scan, at(0), 100, 11);
        pages.read(scan, at(0), 100, 20);
        assertThat(reads).hasSize(2);
    }

    @Test
    void a_page_is_as_old_as_the_moment_before_it_was_read() {
        joinTwice(scan);
        beforeRead = () -> now.set(10);
        read(scan, 0);

        pages.read(scan, at(0), 100, 5);
        assertThat(reads).hasSize(2);
    }

    @Test
    void a_page_is_kept_for_a_second() {
        joinTwice(scan);
        read(scan, 0);

        now.set(Duration.ofSeconds(1).toNanos());
        read(scan, 0);
        assertThat(reads).hasSize(1);

        now.incrementAndGet();
        read(scan, 0);
        assertThat(reads).hasSize(2);
    }

    @Test
    void the_end_of_the_log_is_read_by_each() {
        joinTwice(scan);

        assertThat(read(scan, EVENTS - 10).endReached()).isTrue();
        assertThat(read(scan, EVENTS - 10).endReached()).isTrue();
        assertThat(reads).hasSize(2);
    }

    @Test
    void what_is_wanted_otherwise_is_not_shared() {
        LogScan other = new LogScan(scan.reader(), EventFilter.prefix(StreamPrefix.of("account-1")), Instant.MIN);
        LogScan later = new LogScan(scan.reader(), EventFilter.all(), Instant.MAX);
        joinTwice(scan);
        joinTwice(other);
        joinTwice(later);

        assertThat(read(scan, 0).events()).hasSize(100);
        assertThat(read(other, 0).events()).hasSize(100);
        assertThat(read(later, 0).events()).isEmpty();
        assertThat(reads).hasSize(3);
    }

    @Test
    void what_is_kept_is_bounded_in_bytes() {
        EventStore large = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Large.class)));
        String text = "x".repeat(1_000_000);
        for (int i = 0; i < 30; i++) {
            StreamId stream = StreamId.of("large-" + i);
            large.appendEvents(StreamWrites.to(stream, ExpectedVersion.noStream(), new Large(stream, text)));
        }
        AtomicLong looks = new AtomicLong();
        LogScan ofLarge = LogScan.ofAll(new ForwardingEventStore(large) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                looks.incrementAndGet();
                return super.readStored(filter, page);
            }
        });
        joinTwice(ofLarge);
        for (long after = 0; after < 20; after++) {
            pages.read(ofLarge, at(after), 1, 0);
        }
        assertThat(looks).hasValue(20);

        pages.read(ofLarge, at(19), 1, 0);
        pages.read(ofLarge, at(12), 1, 0);
        assertThat(looks).hasValue(20);
        pages.read(ofLarge, at(11), 1, 0);
        assertThat(looks).hasValue(21);
    }

    @EventType("account.large")
    record Large(StreamId streamId, String text) implements Event {}

    @Test
    void a_read_that_fails_is_a_failure_of_the_one_that_read() {
        joinTwice(scan);
        beforeRead = () -> {
            throw new EventStoreUnavailableException("the server is gone", null);
        };
        assertThatExceptionOfType(EventStoreUnavailableException.class).isThrownBy(() -> read(scan, 0));

        beforeRead = () -> {};
        assertThat(read(scan, 0).events()).hasSize(100);
    }

    @Test
    void nobody_waits_for_ever_for_a_read_that_hangs() throws Exception {
        joinTwice(scan);
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        Thread own = Thread.currentThread();
        beforeRead = () -> {
            if (Thread.currentThread() != own) {
                hangs.countDown();
                await(goesOn);
            }
        };
        CompletableFuture<LogPage> first = CompletableFuture.supplyAsync(() -> read(scan, 0));
        hangs.await();

        assertThat(read(scan, 0).events()).hasSize(100);
        assertThat(read(scan, 100).events()).hasSize(100);

        goesOn.countDown();
        assertThat(first.get().events()).hasSize(100);
    }

    @Test
    void an_interrupted_thread_reads_for_itself_and_stays_interrupted() {
        joinTwice(scan);
        Thread.currentThread().interrupt();

        assertThat(read(scan, 0).events()).hasSize(100);
        assertThat(Thread.interrupted()).isTrue();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void joinTwice(LogScan of) {
        pages.join(of);
        pages.join(of);
    }

    private LogPage read(LogScan of, long after) {
        return pages.read(of, at(after), 100, 0);
    }

    private static GlobalPosition at(long position) {
        return GlobalPosition.of(position);
    }
}
