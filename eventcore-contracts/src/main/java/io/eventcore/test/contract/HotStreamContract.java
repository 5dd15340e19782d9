package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendedEvent;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Deciding together makes no difference to history. Every decision, a refusal included, has seen exactly what its
 * streams held at one moment, in global order. What it wrote comes after that, under its own metadata.
 *
 * @since 0.1
 */
public abstract class HotStreamContract {
    private static final int THREADS = 12;
    private static final int COMMANDS = 50;

    private final AtomicLong nextCents = new AtomicLong();

    /** How many events of each stream some caller has heard of. */
    private final Map<StreamId, Long> told = new ConcurrentHashMap<>();

    /** A store without events. */
    protected abstract EventStore emptyStore();

    /** Another process's access to the same events. */
    protected abstract EventStore elsewhere(EventStore store);

    /**
     * One command's last decision, and what became of it.
     *
     * @param before how many events of each stream callers had heard of when the command began
     */
    private record Decided(
            Set<StreamId> streams,
            Map<StreamId, Long> before,
            List<Deposited> seen,
            List<Deposited> events,
            List<AppendedEvent> written,
            String by) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void every_decision_has_seen_what_its_streams_held_at_one_moment(long seed) {
        EventStore store = emptyStore();
        List<Decided> decided = race(List.of(executor(store)), seed, HotStreamContract::hotStreams);

        check(decided, log(store));
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void so_it_is_when_another_process_writes_to_the_same_streams(long seed) {
        EventStore store = emptyStore();
        List<Decided> decided =
                race(List.of(executor(store), executor(elsewhere(store))), seed, HotStreamContract::hotStreams);

        check(decided, log(store));
    }

    @ParameterizedTest
    @ValueSource(longs = {6, 7, 8})
    void so_it_is_on_streams_that_two_processes_know_and_change_now_and_then(long seed) {
        EventStore store = emptyStore();
        List<Decided> decided =
                race(List.of(executor(store), executor(elsewhere(store))), seed, HotStreamContract::manyStreams);

        check(decided, log(store));
    }

    @Test
    void a_crowd_on_one_stream_needs_one_attempt_each_once_it_is_known_to_be_hot() {
        EventStore store = emptyStore();
        CommandExecutor executor = executor(store);
        StreamId hot = StreamId.of("account-hot");
        heatUp(executor, store, hot);

        List<Integer> attempts = Race.run(16, number -> {
            int most = 0;
            // So few in total that the stream cannot cool down, even if no thread meets another.
            for (int i = 0; i < 3; i++) {
                ExecutionResult result = executor.execute(
                        new Chance(Set.of(hot), new Random(number), false),
                        CommandContext.empty().withActor("n" + number));
                most = Math.max(most, result.attempts());
            }
            return most;
        });

        assertThat(attempts).containsOnly(1);
        assertThat(store.streamVersion(hot)).isEqualTo(StreamVersion.of(1 + 16 * 3));
    }

    private List<Decided> race(List<CommandExecutor> executors, long seed, Function<Random, Set<StreamId>> streams) {
        List<Decided> all = new ArrayList<>();
        Race.run(THREADS, number -> {
                    Random random = new Random(seed * 1_000 + number);
                    List<Decided> own = new ArrayList<>();
                    for (int i = 0; i < COMMANDS; i++) {
                        String actor = number + "/" + i;
                        own.addAll(execute(
                                executors.get(number % executors.size()), random, streams.apply(random), actor));
                    }
                    return own;
                })
                .forEach(all::addAll);
        return all;
    }

    private List<Decided> execute(CommandExecutor executor, Random random, Set<StreamId> streams, String actor) {
        Chance command = new Chance(streams, random, true);
        Map<StreamId, Long> before = new HashMap<>();
        streams.forEach(id -> before.put(id, told.getOrDefault(id, 0L)));
        List<AppendedEvent> written;
        try {
            written = executor.execute(command, CommandContext.empty().withActor(actor))
                    .slice()
                    .events();
        } catch (RetriesExhaustedException nothingWasDecided) {
            return List.of();
        } catch (Throwable refused) {
            assertThat(refused).isSameAs(command.refusal);
            written = List.of();
        }
        command.seen.forEach(event -> command.counts.merge(event.account(), 1L, Long::sum));
        command.counts.forEach((id, count) -> told.merge(id, count, Math::max));
        written.forEach(event -> told.merge(event.streamId(), event.version().value(), Math::max));
        return List.of(new Decided(command.streams, before, command.seen, command.decided, written, actor));
    }

    /** Mostly one of two hot streams, alone or with others. */
    private static Set<StreamId> hotStreams(Random random) {
        Set<StreamId> streams = new LinkedHashSet<>();
        streams.add(StreamId.of("account-hot-" + random.nextInt(2)));
        while (random.nextInt(3) == 0) {
            streams.add(StreamId.of("account-hot-" + random.nextInt(2)));
            streams.add(StreamId.of("account-" + random.nextInt(5)));
        }
        return streams;
    }

    /** One or two of a few streams for which commands do not contend for long. */
    private static Set<StreamId> manyStreams(Random random) {
        Set<StreamId> streams = new LinkedHashSet<>();
        streams.add(StreamId.of("account-" + random.nextInt(40)));
        if (random.nextBoolean()) {
            streams.add(StreamId.of("account-" + random.nextInt(40)));
        }
        return streams;
    }

    /**
     * The decision has seen everything that was reported before it began, and all or none of the events of each other
     * decision.
     */
    private static void checkMoment(Decided one, List<Decided> decided) {
        Set<Deposited> seen = new HashSet<>(one.seen);
        Map<StreamId, Long> counts = new HashMap<>();
        one.seen.forEach(event -> counts.merge(event.account(), 1L, Long::sum));
        one.before.forEach((id, count) ->
                assertThat(counts.getOrDefault(id, 0L)).as(id.value()).isGreaterThanOrEqualTo(count));
        for (Decided other : decided) {
            if (other.written.isEmpty()) {
                continue;
            }
            Set<Boolean> whetherSeen = new HashSet<>();
            for (Deposited event : other.events) {
                if (one.streams.contains(event.account())) {
                    whetherSeen.add(seen.contains(event));
                }
            }
            assertThat(whetherSeen).hasSizeLessThanOrEqualTo(1);
        }
    }

    private static void check(List<Decided> decided, List<RecordedEvent<Event>> log) {
        Map<UUID, RecordedEvent<Event>> byId = new HashMap<>();
        log.forEach(event -> byId.put(event.id(), event));
        assertThat(decided.stream().mapToInt(one -> one.written.size()).sum()).isEqualTo(log.size());
        decided.forEach(one -> checkMoment(one, decided));
        assertThat(decided).allSatisfy(one -> {
            assertThat(one.seen).isEqualTo(prefix(log, one));
            assertThat(one.written).hasSameSizeAs(one.events);
            Map<StreamId, Long> versions = new HashMap<>();
            one.seen.forEach(event -> versions.merge(event.account(), 1L, Long::sum));
            for (int i = 0; i < one.written.size(); i++) {
                AppendedEvent told = one.written.get(i);
                RecordedEvent<Event> stored = Objects.requireNonNull(byId.get(told.id()));
                assertThat(stored.event()).isEqualTo(one.events.get(i));
                assertThat(stored.version().value()).isEqualTo(versions.merge(told.streamId(), 1L, Long::sum));
                assertThat(stored.version()).isEqualTo(told.version());
                assertThat(stored.position()).isEqualTo(told.position());
                assertThat(stored.metadata())
                        .isEqualTo(CommandContext.empty().withActor(one.by).metadata());
            }
        });
    }

    /** As many events of each stream as a decision has seen, in the order of the log. */
    private static List<Event> prefix(List<RecordedEvent<Event>> log, Decided one) {
        Map<StreamId, Long> left = new HashMap<>();
        one.seen.forEach(event -> left.merge(event.account(), 1L, Long::sum));
        List<Event> prefix = new ArrayList<>();
        for (RecordedEvent<Event> event : log) {
            if (left.getOrDefault(event.streamId(), 0L) > 0) {
                left.merge(event.streamId(), -1L, Long::sum);
                prefix.add(event.event());
            }
        }
        return prefix;
    }

    private static List<RecordedEvent<Event>> log(EventStore store) {
        List<RecordedEvent<Event>> all = new ArrayList<>();
        GlobalPosition after = GlobalPosition.START;
        while (true) {
            EventBatch<Event> batch = store.readEvents(EventFilter.all(), EventPage.after(after, 1_000), Event.class);
            all.addAll(batch.events());
            after = batch.continueAfter();
            if (batch.endReached()) {
                return all;
            }
        }
    }

    private static CommandExecutor executor(EventStore store) {
        return CommandExecutor.builder(store).build();
    }

    /** Appends once while a command decides, so that the command loses. */
    private void heatUp(CommandExecutor executor, EventStore store, StreamId stream) {
        AtomicLong decisions = new AtomicLong();
        executor.execute(new Command<Long, LedgerEvent>() {
            @Override
            public Set<StreamId> streams() {
                return Set.of(stream);
            }

            @Override
            public Long initialState() {
                return 0L;
            }

            @Override
            public Long apply(Long state, LedgerEvent event) {
                return state + 1;
            }

            @Override
            public List<LedgerEvent> handle(Long state) {
                if (decisions.incrementAndGet() == 1) {
                    Race.elsewhere(() -> executor(store).execute(new Chance(Set.of(stream), new Random(), false)));
                }
                return List.of();
            }
        });
        assertThat(decisions).hasValue(2);
    }

    /** Sees everything in order; then refuses, does nothing, or deposits amounts that no other command deposits. */
    private final class Chance implements Command<List<Deposited>, LedgerEvent> {
        private final Set<StreamId> streams;
        private final Random random;
        private final boolean mayRefuse;
        private final Map<StreamId, Long> counts = new HashMap<>();
        private volatile List<Deposited> seen = List.of();
        private volatile List<Deposited> decided = List.of();
        private volatile @Nullable Throwable refusal;

        Chance(Set<StreamId> streams, Random random, boolean mayRefuse) {
            this.streams = streams;
            this.random = random;
            this.mayRefuse = mayRefuse;
        }

        @Override
        public Set<StreamId> streams() {
            return streams;
        }

        @Override
        public List<Deposited> initialState() {
            return List.of();
        }

        @Override
        public List<Deposited> apply(List<Deposited> state, LedgerEvent event) {
            List<Deposited> more = new ArrayList<>(state);
            more.add((Deposited) event);
            return more;
        }

        private RuntimeException refuse(int way) {
            Throwable thrown = way == 0
                    ? new BusinessRuleViolationException("refused by chance")
                    : way == 1 ? new AssertionError("refused by chance") : new IOException("refused by chance");
            refusal = thrown;
            throw sneaky(thrown);
        }

        /** Throws what the compiler would not accept, as Kotlin does and bytecode may. */
        @SuppressWarnings("unchecked")
        private <T extends Throwable> RuntimeException sneaky(Throwable thrown) throws T {
            throw (T) thrown;
        }

        @Override
        public List<Deposited> handle(List<Deposited> state) {
            seen = state;
            decided = List.of();
            int chance = mayRefuse ? random.nextInt(6) : 5;
            if (chance == 0) {
                throw refuse(random.nextInt(3));
            }
            if (chance == 1) {
                return decided;
            }
            List<StreamId> all = List.copyOf(streams);
            List<Deposited> events = new ArrayList<>();
            do {
                events.add(new Deposited(all.get(random.nextInt(all.size())), nextCents.incrementAndGet()));
            } while (mayRefuse && random.nextInt(3) == 0);
            decided = events;
            return events;
        }
    }
}
