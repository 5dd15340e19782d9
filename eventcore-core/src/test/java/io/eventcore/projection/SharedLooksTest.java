package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
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
        RemoteProgress remote = new RemoteProgress(store(), new ActiveVersions(), new ProgressMonitor(), now::get);

        inThreads(() -> remote.look("one"));
        assertThat(looks).hasValue(1);
        now.addAndGet(RemoteProgress.LOOK_EVERY.toNanos() - 1);
        inThreads(() -> remote.look("one"));
        assertThat(looks).hasValue(1);
        now.addAndGet(1);
        inThreads(() -> remote.look("one"));

        assertThat(looks).hasValue(2);
        inThreads(() -> remote.look("another"));
        assertThat(looks).hasValue(3);
    }

    @Test
    void what_was_seen_long_ago_is_not_used() {
        RemoteProgress remote = new RemoteProgress(store(), new ActiveVersions(), new ProgressMonitor(), now::get);
        remote.look("one");
        assertThat(remote.position("one", 1)).isEqualTo(GlobalPosition.of(7));
        assertThat(remote.state(new ProjectionPartition("one", 0))).isPresent();

        now.addAndGet(TimeUnit.SECONDS.toNanos(2));

        assertThat(remote.position("one", 1)).isEqualTo(GlobalPosition.START);
        assertThat(remote.state(new ProjectionPartition("one", 0))).isEmpty();
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
                    looks.incrementAndGet();
                    return List.of(state);
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
