package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.AppendLimitExceededException;
import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.SubjectErasedException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.command.LedgerEvent.Opened;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A log is set back under an executor that knows streams, and they come to the same versions by other events. */
class WarmStreamSetBackTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final String MEGABYTE = "x".repeat(1 << 20);

    private final AtomicLong nanos = new AtomicLong(17);
    private final Switched store = new Switched(log());
    private final CommandExecutor executor = CommandExecutor.builder(store)
            .nanoTime(nanos::get)
            .warmStreams(WarmStreamSettings.defaults().withMaxBytes(256L << 20))
            .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
            .build();

    @Test
    void after_the_time_of_a_look_a_command_decides_on_the_events_that_are_there_now() {
        know(ADA, 3);
        store.current = logOf(ADA, 4, 1_000);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));

        assertThat(deposit(ADA, 1)).isEqualTo(4_000);
        assertThat(store.current.streamVersion(ADA)).isEqualTo(StreamVersion.of(5));
        assertThat(deposit(ADA, 1)).isEqualTo(4_001);
    }

    @Test
    void it_is_noticed_by_the_newest_event_that_is_known_whichever_stream_a_command_rests_on() {
        know(ADA, 3);
        know(BOB, 3);
        store.current = logOf(ADA, 4, 1_000);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
        deposit(StreamId.of("account-carol"), 1);

        assertThat(deposit(ADA, 1)).isEqualTo(4_000);
        assertThat(deposit(BOB, 1)).isZero();
    }

    @Test
    void after_a_failure_of_the_store_it_is_noticed_at_once() {
        know(ADA, 3);
        store.failure = new TransientEventStoreException("the server is going down", null);
        store.current = logOf(ADA, 4, 1_000);

        assertThat(deposit(ADA, 1)).isEqualTo(4_000);
    }

    @Test
    void a_stream_that_is_shorter_now_is_read_anew() {
        know(ADA, 3);
        store.current = logOf(ADA, 1, 1_000);

        assertThat(deposit(ADA, 1)).isEqualTo(1_000);
        assertThat(store.current.streamVersion(ADA)).isEqualTo(StreamVersion.of(2));
    }

    @Test
    void a_refusal_never_rests_on_events_that_are_gone() {
        know(ADA, 3);
        store.current = logOf(ADA, 4, 1_000);
        List<Long> sums = new ArrayList<>();

        assertThatIllegalStateException().isThrownBy(() -> executor.execute(refusing(sums)));

        assertThat(sums).endsWith(4_000L);
    }

    @Test
    void in_the_same_log_one_command_looks_while_the_others_need_not() {
        know(ADA, 3);
        know(BOB, 3);
        store.reads.clear();

        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(600));
        deposit(ADA, 1);
        deposit(ADA, 1);
        deposit(BOB, 1);

        assertThat(store.reads).hasSize(1);
        assertThat(store.reads.get(0)).containsOnlyKeys(ADA, BOB);
    }

    @Test
    void a_command_whose_events_are_stored_is_not_executed_again_whatever_is_thrown_behind_the_append() {
        know(ADA, 3);
        store.afterAppend.add(() -> {
            throw new IllegalStateException("thrown by what wraps the store");
        });

        assertThatIllegalStateException().isThrownBy(() -> deposit(ADA, 1));
        assertThat(store.current.streamVersion(ADA)).isEqualTo(StreamVersion.of(5));
        assertThat(deposit(ADA, 1)).isEqualTo(5);

        store.afterAppend.add(() -> {
            throw new AssertionError("memory has run out behind the commit");
        });
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> deposit(ADA, 1));
        assertThat(store.current.streamVersion(ADA)).isEqualTo(StreamVersion.of(7));
        assertThat(deposit(ADA, 1)).isEqualTo(7);
    }

    @Test
    void what_is_refused_before_anything_is_sent_is_released_only_if_its_basis_is_confirmed() {
        long deposits = 4;
        know(ADA, 3);
        for (RuntimeException refusal : List.of(
                new EventSerializationException(ADA, "ledger.deposited", new IllegalStateException()),
                new SubjectErasedException("ada"),
                new AppendLimitExceededException("events", 1, 2))) {
            for (int i = 0; i < 100; i++) {
                deposit(ADA, 1);
                deposits++;
            }
            store.current.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Deposited(ADA, 1)));
            deposits++;
            store.failure = refusal;

            assertThat(deposit(ADA, 1))
                    .as("%s", refusal.getClass().getSimpleName())
                    .isEqualTo(deposits);
            deposits++;
        }
    }

    @Test
    void an_error_whose_basis_cannot_be_confirmed_is_told_with_the_failure_of_the_store() {
        know(ADA, 3);
        store.beforeRead.add(() -> {
            throw new EventStoreUnavailableException("away", null);
        });
        AssertionError error = new AssertionError("a command is broken");

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> executor.execute(throwing(error)))
                .satisfies(failure -> assertThat(failure.getSuppressed()).containsExactly(error));
    }

    @Test
    void a_refusal_whose_basis_cannot_be_confirmed_is_not_told_at_all() {
        know(ADA, 3);
        store.beforeRead.add(() -> {
            throw new EventStoreUnavailableException("away", null);
        });

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> executor.execute(refusing(new ArrayList<>())))
                .satisfies(failure -> assertThat(failure.getSuppressed()).isEmpty());
    }

    @Test
    void what_a_look_has_found_before_all_was_forgotten_is_not_known_afterwards() {
        know(ADA, 3);
        store.current.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Deposited(ADA, 1)));
        store.beforeRead.add(executor::forgetStreams);
        assertThatIllegalStateException().isThrownBy(() -> executor.execute(refusing(new ArrayList<>())));
        store.reads.clear();

        deposit(ADA, 1);

        assertThat(store.reads).containsExactly(Map.of(ADA, StreamVersion.NONE));
    }

    @Test
    void where_too_much_has_come_behind_the_newest_known_event_to_look_for_it_the_memory_begins_anew() {
        know(ADA, 3);
        know(BOB, 0);
        for (int i = 0; i < 42; i++) {
            store.current.appendEvents(deposits(BOB, 100));
        }

        assertMemoryBeginsAnew();
    }

    @Test
    void so_it_is_where_what_has_come_behind_it_is_too_large() {
        know(ADA, 3);
        know(BOB, 0);
        for (int i = 0; i < 5; i++) {
            store.current.appendEvents(StreamWrites.to(BOB, ExpectedVersion.any(), new Opened(BOB, MEGABYTE)));
        }

        assertMemoryBeginsAnew();
    }

    private void assertMemoryBeginsAnew() {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
        assertThat(deposit(ADA, 1)).isEqualTo(4);
        assertThat(deposit(ADA, 1)).isEqualTo(5);
        store.reads.clear();

        assertThat(deposit(ADA, 1)).isEqualTo(6);
        assertThat(store.reads).isEmpty();
    }

    @Test
    void what_can_be_looked_at_behind_the_newest_known_event_lets_nothing_be_forgotten() {
        know(ADA, 3);
        know(BOB, 0);
        for (int i = 0; i < 20; i++) {
            store.current.appendEvents(deposits(BOB, 100));
        }
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
        store.reads.clear();

        assertThat(deposit(ADA, 1)).isEqualTo(4);
        assertThat(deposit(ADA, 1)).isEqualTo(5);
        assertThat(store.reads).containsExactly(Map.of(ADA, StreamVersion.of(3), BOB, StreamVersion.NONE));
    }

    @Test
    void a_newest_event_that_is_large_itself_is_looked_at_all_the_same() {
        know(ADA, 3);
        executor.execute(Decision.over(LedgerEvent.class, BOB)
                .startingWith(0L)
                .applying((sum, event) -> sum)
                .deciding(sum -> List.of(new Opened(BOB, MEGABYTE.repeat(5)))));
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
        store.reads.clear();

        assertThat(deposit(ADA, 1)).isEqualTo(4);
        assertThat(deposit(ADA, 1)).isEqualTo(5);
        assertThat(store.reads).containsExactly(Map.of(ADA, StreamVersion.of(3), BOB, StreamVersion.NONE));
    }

    private static Command<Long, LedgerEvent> throwing(Error error) {
        return Decision.over(LedgerEvent.class, ADA)
                .startingWith(0L)
                .applying((sum, event) -> sum)
                .deciding(sum -> {
                    throw error;
                });
    }

    private static Command<Long, LedgerEvent> refusing(List<Long> sums) {
        return Decision.over(LedgerEvent.class, ADA)
                .startingWith(0L)
                .applying((sum, event) -> sum + ((Deposited) event).cents())
                .deciding(sum -> {
                    sums.add(sum);
                    throw new IllegalStateException("refused");
                });
    }

    private void know(StreamId account, int deposits) {
        for (int i = 0; i <= deposits; i++) {
            assertThat(deposit(account, 1)).isEqualTo(i);
        }
    }

    private static InMemoryEventStore log() {
        return new InMemoryEventStore(
                new JacksonEventSerializer(LedgerEvent.types()),
                AppendLimits.defaults().withPayloadBytes(6 << 20),
                Clock.systemUTC());
    }

    private static StreamWrites deposits(StreamId account, int number) {
        StreamWrites writes = StreamWrites.empty().registerStream(account, ExpectedVersion.any());
        for (int i = 0; i < number; i++) {
            writes = writes.append(new Deposited(account, 1));
        }
        return writes;
    }

    private static InMemoryEventStore logOf(StreamId account, int deposits, long cents) {
        InMemoryEventStore log = log();
        for (int i = 0; i < deposits; i++) {
            log.appendEvents(StreamWrites.to(account, ExpectedVersion.any(), new Deposited(account, cents)));
        }
        return log;
    }

    /** Deposits, and tells how much there was. */
    private long deposit(StreamId account, long cents) {
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

    private static final class Switched extends ForwardingEventStore {
        private final List<Map<StreamId, StreamVersion>> reads = new ArrayList<>();
        private final Deque<Runnable> beforeRead = new ArrayDeque<>();
        private final Deque<Runnable> afterAppend = new ArrayDeque<>();
        private EventStore current;
        private @Nullable RuntimeException failure;

        Switched(EventStore first) {
            super(first);
            this.current = first;
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            RuntimeException thrown = failure;
            if (thrown != null) {
                failure = null;
                throw thrown;
            }
            EventStreamSlice slice = current.appendEvents(writes);
            runNext(afterAppend);
            return slice;
        }

        @Override
        public <E extends Event> EventStreamReader<E> readStreams(
                Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
            reads.add(Map.copyOf(streamsAfter));
            runNext(beforeRead);
            return current.readStreams(streamsAfter, eventType);
        }

        private static void runNext(Deque<Runnable> hooks) {
            Runnable next = hooks.poll();
            if (next != null) {
                next.run();
            }
        }
    }
}
