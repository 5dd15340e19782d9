package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Commands on a hot stream whose stack ends somewhere in the library. */
class DeepStackTest {
    private static final StreamId HOT = StreamId.of("account-hot");
    private static final long STACK_BYTES = 512 * 1024;
    private static final int DEPTHS = 300;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final InMemoryEventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    private final CommandExecutor executor = CommandExecutor.builder(store)
            .retryPolicy(RetryPolicy.defaults().withMaxAttempts(1_000).withBudget(PATIENCE))
            .build();
    private final AtomicLong numbers = new AtomicLong();
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();

    record Deposit(@Stream StreamId account, long cents) implements Command<Integer, Deposited> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer deposits, Deposited event) {
            return deposits + 1;
        }

        @Override
        public List<Deposited> handle(Integer deposits) {
            return List.of(new Deposited(account, cents));
        }
    }

    @Test
    void a_stack_that_ends_in_the_library_keeps_nobody_else_from_going_on() throws InterruptedException {
        AtomicBoolean stopped = new AtomicBoolean();
        List<Thread> ordinary = new ArrayList<>();
        List<Thread> deep = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ordinary.add(new Thread(() -> {
                while (!stopped.get()) {
                    deposit();
                }
            }));
            deep.add(new Thread(null, this::depositAtEachDepth, "deep", STACK_BYTES));
        }
        ordinary.forEach(Thread::start);
        deep.forEach(Thread::start);

        for (Thread thread : deep) {
            thread.join(PATIENCE.toMillis());
        }
        stopped.set(true);
        for (Thread thread : ordinary) {
            thread.join(PATIENCE.toMillis());
        }

        assertThat(ordinary).noneMatch(Thread::isAlive);
        assertThat(deep).noneMatch(Thread::isAlive);
        List<Long> stored = new ArrayList<>();
        store.readStream(HOT, Deposited.class)
                .forEach(event -> stored.add(event.event().cents()));
        assertThat(stored).doesNotHaveDuplicates();
        assertThat(new HashSet<>(stored)).containsAll(acknowledged);
        store.appendEvents(StreamWrites.to(HOT, ExpectedVersion.any(), new Deposited(HOT, 0)));
        deposit();
    }

    private void deposit() {
        long number = numbers.incrementAndGet();
        executor.execute(new Deposit(HOT, number));
        acknowledged.add(number);
    }

    private void depositAtEachDepth() {
        for (int back = 1; back <= DEPTHS; back++) {
            toTheEnd(new int[] {back});
        }
    }

    /** Goes down to where the stack ends, comes back by so many frames, and deposits there. */
    @SuppressWarnings("InfiniteRecursion") // That is what it is for.
    private void toTheEnd(int[] back) {
        try {
            toTheEnd(back);
        } catch (StackOverflowError e) {
            if (back[0] > 1) {
                back[0]--;
                throw e;
            }
            if (back[0] == 1) {
                back[0] = 0;
                depositOrOverflow();
            }
        }
    }

    private void depositOrOverflow() {
        try {
            deposit();
        } catch (StackOverflowError e) {
            assertThat(e).isNotNull();
        }
    }
}
