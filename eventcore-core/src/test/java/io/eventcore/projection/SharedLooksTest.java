package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendInFlight;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StoreInternals;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many statements those cost who wait at the same time. */
@Timeout(60)
class SharedLooksTest {
    private static final int THREADS = 30;

    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger looks = new AtomicInteger();

    @Test
    void all_who_wait_for_a_projection_look_once_in_a_while_together() throws Exception {
        StoreLooks all = new StoreLooks(store(), now::get);

        inThreads(() -> lookAfterAWhile(all, "one"));
        assertThat(looks).hasValue(1);
        now.addAndGet(StoreLooks.LOOK_EVERY.toNanos() - 1);
        inThreads(() -> lookAfterAWhile(all, "one"));
        assertThat(looks).hasValue(1);
        now.addAndGet(1);
        inThreads(() -> lookAfterAWhile(all, "one"));

        assertThat(looks).hasValue(2);
        inThreads(() -> lookAfterAWhile(all, "another"));
        assertThat(looks).hasValue(3);
    }

    private static void lookAfterAWhile(StoreLooks all, String projection) {
        look(all, projection, all.newest(projection).number(), StoreLooks.LOOK_EVERY);
    }

    private static void look(StoreLooks all, String projection, long after, Duration apart) {
        try {
            all.look(projection, after, apart, TimeUnit.MINUTES.toNanos(1));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void those_who_ask_at_the_same_time_share_a_look_that_began_later() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        StoreLooks all = new StoreLooks(
                store(() -> {
                    if (begun.incrementAndGet() == 1) {
                        await(goOn);
                    }
                }),
                now::get);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> {
                long before = all.begun();
                look(all, "one", before, Duration.ZERO);
                assertThat(all.newest("one").number()).isGreaterThan(before);
            });
            threads.add(thread);
            thread.start();
            while (begun.get() == 0) {
                Thread.onSpinWait();
            }
        }
        while (!threads.stream().allMatch(SharedLooksTest::waits)) {
            Thread.onSpinWait();
        }

        goOn.countDown();
        for (Thread thread : threads) {
            thread.join();
        }

        // That of the first began before the others had asked, so it answers none of them.
        assertThat(begun).hasValue(2);
        assertThat(all.newest("one").position(1)).isEqualTo(GlobalPosition.of(7));
    }

    @Test
    void an_answer_that_comes_late_does_not_replace_a_newer_one() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        StoreLooks all = new StoreLooks(
                store(() -> {
                    if (begun.incrementAndGet() == 1) {
                        asked.countDown();
                        await(goOn);
                    }
                }),
                now::get);
        Thread late = new Thread(() -> look(all, "one", 0, Duration.ZERO));
        late.start();
        await(asked);

        all.lookAtAll();
        assertThat(all.newest("one").number()).isEqualTo(2);
        goOn.countDown();
        late.join();

        assertThat(begun).hasValue(2);
        assertThat(all.newest("one").number()).isEqualTo(2);
    }

    @Test
    void a_version_is_not_made_active_again_by_an_answer_that_comes_late() {
        ActiveVersions versions = new ActiveVersions();
        assertThat(versions.observe("one", new StoreLook(1, 0, List.of(active(1, true), active(2, false)))))
                .isTrue();

        assertThat(versions.observe("one", new StoreLook(3, 0, List.of(active(1, false), active(2, true)))))
                .isTrue();
        assertThat(versions.observe("one", new StoreLook(2, 0, List.of(active(1, true), active(2, false)))))
                .isFalse();

        assertThat(versions.of("one")).isEqualTo(2);
    }

    private static PartitionState active(int version, boolean active) {
        return new PartitionState(
                new ProjectionPartition("one", version, 0), 1, Checkpoint.START, "", 0, true, false, 0, "", active);
    }

    @Test
    void nothing_is_seen_of_a_projection_that_was_forgotten() {
        StoreLooks all = new StoreLooks(store(), now::get);
        look(all, "another", 0, Duration.ZERO);
        assertThat(all.newest("another").partitions()).isEmpty();
        assertThat(all.newest("another").number()).isEqualTo(1);

        assertThat(all.lookAtAll()).containsOnlyKeys("one", "another");

        assertThat(all.newest("another").number()).isEqualTo(2);
        assertThat(all.newest("another").partitions()).isEmpty();
    }

    @Test
    void those_who_ask_for_the_end_of_the_log_at_the_same_time_share_a_read_that_began_later() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger reads = new AtomicInteger();
        SharedLastPosition end = new SharedLastPosition(reader(() -> {
            if (reads.incrementAndGet() == 1) {
                await(goOn);
            }
            return GlobalPosition.of(10);
        }));
        AtomicInteger beyond = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> beyond.addAndGet(end.isBefore(GlobalPosition.of(11)) ? 1 : 0));
            threads.add(thread);
            thread.start();
        }
        while (!threads.stream().allMatch(SharedLooksTest::waits)) {
            Thread.onSpinWait();
        }

        goOn.countDown();
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(beyond).hasValue(THREADS);
        // That of the first began before the others had asked, so it answers none of them.
        assertThat(reads).hasValue(2);
        assertThat(end.isBefore(GlobalPosition.of(10))).isFalse();
        assertThat(reads).hasValue(3);
    }

    @Test
    void an_event_that_is_appended_while_the_end_is_read_is_not_beyond_it() {
        AtomicLong last = new AtomicLong(10);
        SharedLastPosition end = new SharedLastPosition(reader(() -> GlobalPosition.of(last.get())));
        assertThat(end.isBefore(GlobalPosition.of(11))).isTrue();

        last.set(11);

        assertThat(end.isBefore(GlobalPosition.of(11))).isFalse();
    }

    @Test
    void what_the_log_has_lost_is_beyond_it() {
        AtomicLong last = new AtomicLong(10);
        SharedLastPosition end = new SharedLastPosition(reader(() -> GlobalPosition.of(last.get())));
        assertThat(end.isBefore(GlobalPosition.of(10))).isFalse();

        last.set(5);

        assertThat(end.isBefore(GlobalPosition.of(10))).isTrue();
        assertThat(end.isBefore(GlobalPosition.of(5))).isFalse();
    }

    private static boolean waits(Thread thread) {
        return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
    }

    private static void inThreads(Runnable action) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(new Thread(action));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private ProjectionStore store() {
        return store(looks::incrementAndGet);
    }

    private ProjectionStore store(Runnable look) {
        PartitionState state = new PartitionState(
                new ProjectionPartition("one", 0),
                1,
                Checkpoint.START.movedTo(GlobalPosition.of(7)),
                "",
                0,
                true,
                false,
                0,
                "",
                true);
        return (ProjectionStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ProjectionStore.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("partitions");
                    look.run();
                    return arguments == null || arguments[0].equals("one") ? List.of(state) : List.of();
                });
    }

    private interface End {
        GlobalPosition read();
    }

    private static EventReader reader(End end) {
        return new EventReader() {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                throw new AssertionError("No page is wanted");
            }

            @Override
            public StoreInternals internals() {
                throw new AssertionError("No page is wanted");
            }

            @Override
            public Optional<AppendInFlight> oldestAppendInFlight() {
                return Optional.empty();
            }

            @Override
            public GlobalPosition lastPosition() {
                return end.read();
            }
        };
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
