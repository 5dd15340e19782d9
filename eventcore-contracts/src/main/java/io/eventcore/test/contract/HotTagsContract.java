package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendedEvent;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.RecordedEvent;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Revised;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Commands that contend for tags and decide together could have decided one after the other. Each decision, a refusal
 * included, has seen what was stored before it, in global order, and nothing else.
 *
 * <p>The commands rest on random queries with AND, OR, types and streams, and share items of these queries. They write
 * events with their own and other commands' tags, to streams that other commands decide on.
 */
abstract class HotTagsContract extends TagFixture {
    private static final int THREADS = 12;
    private static final int COMMANDS = 40;

    /** After so many commands, all go on to new tags, so that reads and graphs stay small. */
    private static final int PER_EPOCH = 10;

    private final AtomicInteger numbers = new AtomicInteger();

    /** A decision, the order in which it has seen events, and where its own events were stored. */
    private record Decided(SerialOrder.Decision decision, List<Long> seenInOrder, List<AppendedEvent> written) {}

    @Test
    void decisions_of_one_process_are_serial() {
        check(race(List.of(executor(store)), false, 1));
    }

    @Test
    void decisions_of_two_processes_are_serial() {
        check(race(List.of(executor(store), executor(other)), false, 2));
    }

    @Test
    void decisions_are_serial_while_others_append_without_deciding() {
        check(race(List.of(executor(store)), true, 3));
    }

    @Test
    void events_that_do_not_match_are_in_the_way_of_no_group() {
        AtomicInteger beside = new AtomicInteger();
        AtomicBoolean matches = new AtomicBoolean(true);
        CommandExecutor executor = CommandExecutor.builder(new ForwardingEventStore(store) {
                    @Override
                    public EventStreamSlice appendEvents(StreamWrites writes) {
                        String home = "beside-" + beside.incrementAndGet();
                        delegate()
                                .appendEvents(writes(
                                        matches.getAndSet(false)
                                                ? new Noted(home, Set.of("hot"), -1)
                                                : new Revised(home, Set.of("hot"), -1)));
                        return super.appendEvents(writes);
                    }
                })
                .build();
        // The command loses once, so that the executor knows that the tag is hot.
        assertThat(executor.execute(new Note("first")).attempts()).isEqualTo(2);

        List<Integer> attempts = Race.run(8, thread -> {
            int most = 0;
            for (int i = 0; i < 5; i++) {
                most = Math.max(
                        most, executor.execute(new Note(thread + "-" + i)).attempts());
            }
            return most;
        });

        assertThat(attempts).containsOnly(1);
        List<Long> noted = found(subject("hot").ofTypes(Noted.class)).stream()
                .map(SerialOrder::numberOf)
                .toList();
        assertThat(noted).startsWith(-1L, 1L).doesNotHaveDuplicates().isSorted().hasSize(2 + 8 * 5);
    }

    /**
     * The group's events come after more events of the tag than a store searches, but not after more that came since
     * the tag was read.
     */
    @Test
    void a_group_that_is_stored_and_never_acknowledged_is_found_on_a_tag_of_many_events() {
        for (int i = 0; i < 4; i++) {
            append(Collections.nCopies(800, new Revised("many", Set.of("hot"), -1))
                    .toArray(SchoolEvent[]::new));
        }
        AtomicInteger appends = new AtomicInteger();
        AtomicInteger unacknowledged = new AtomicInteger();
        CommandExecutor executor = CommandExecutor.builder(new ForwardingEventStore(store) {
                    @Override
                    public EventStreamSlice appendEvents(StreamWrites writes) {
                        if (appends.incrementAndGet() == 1) {
                            delegate().appendEvents(writes(new Noted("beside", Set.of("hot"), -1)));
                        }
                        LockSupport.parkNanos(1_000_000);
                        EventStreamSlice written = super.appendEvents(writes);
                        if (writes.events().size() > 1 && unacknowledged.getAndIncrement() < 3) {
                            throw new IllegalStateException("the answer is lost");
                        }
                        return written;
                    }
                })
                .build();
        // The command loses once, so that the executor knows that the tag is hot.
        assertThat(executor.execute(new Note("first")).attempts()).isEqualTo(2);

        Race.run(8, thread -> {
            for (int i = 0; i < 6; i++) {
                executor.execute(new Note(thread + "-" + i));
            }
            return true;
        });

        assertThat(unacknowledged).as("groups of several decisions").hasPositiveValue();
        assertThat(found(subject("hot").ofTypes(Noted.class)))
                .hasSize(2 + 8 * 6)
                .extracting(event -> ((Noted) event).home())
                .doesNotHaveDuplicates();
    }

    /** Notes how many notes there are. */
    private record Note(String home) implements Command<Long, SchoolEvent> {
        @Override
        public Optional<EventQuery> query() {
            return Optional.of(subject("hot").ofTypes(Noted.class));
        }

        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, SchoolEvent event) {
            return count + 1;
        }

        @Override
        public List<SchoolEvent> handle(Long count) {
            return List.of(new Noted(home, Set.of("hot"), count));
        }
    }

    /** An executor whose appends take a while, so that other commands decide meanwhile. */
    private static CommandExecutor executor(EventStore store) {
        return CommandExecutor.builder(new ForwardingEventStore(store) {
                    @Override
                    public EventStreamSlice appendEvents(StreamWrites writes) {
                        LockSupport.parkNanos(200_000);
                        return super.appendEvents(writes);
                    }
                })
                .build();
    }

    private List<Decided> race(List<CommandExecutor> executors, boolean othersAppend, long seed) {
        List<Decided> all = new ArrayList<>();
        Race.run(THREADS, thread -> {
                    Random random = new Random(seed * 1_000 + thread);
                    List<Decided> own = new ArrayList<>();
                    for (int i = 0; i < COMMANDS; i++) {
                        int epoch = i / PER_EPOCH;
                        if (othersAppend && thread < 2) {
                            append(epoch, random).ifPresent(own::add);
                        } else {
                            execute(executors.get(thread % executors.size()), epoch, random)
                                    .ifPresent(own::add);
                        }
                    }
                    return own;
                })
                .forEach(all::addAll);
        return all;
    }

    private Optional<Decided> append(int epoch, Random random) {
        SchoolEvent event = event(epoch, "hot-" + random.nextInt(2), random);
        try {
            List<AppendedEvent> written = other.appendEvents(writes(event)).events();
            EventQuery nothing = subject("nobody");
            return Optional.of(new Decided(
                    new SerialOrder.Decision(epoch, nothing, Set.of(), List.of(event)), List.of(), written));
        } catch (ConflictException | TransientEventStoreException nothingWasStored) {
            return Optional.empty();
        }
    }

    private Optional<Decided> execute(CommandExecutor executor, int epoch, Random random) {
        Chance command = new Chance(epoch, random);
        List<AppendedEvent> written;
        try {
            written = executor.execute(command).slice().events();
        } catch (RetriesExhaustedException nothingWasDecided) {
            return Optional.empty();
        } catch (BusinessRuleViolationException refused) {
            written = List.of();
        }
        List<Long> seen = command.seen.stream().map(SerialOrder::numberOf).toList();
        return Optional.of(new Decided(
                new SerialOrder.Decision(epoch, command.restsOn(), new HashSet<>(seen), command.decided),
                seen,
                written));
    }

    private void check(List<Decided> all) {
        Map<UUID, RecordedEvent<Event>> byId = new HashMap<>();
        Map<Long, Long> positions = new HashMap<>();
        Map<Long, SchoolEvent> byNumber = new HashMap<>();
        for (RecordedEvent<Event> event : store.readEvents(EventFilter.all(), EventPage.first(10_000), Event.class)
                .events()) {
            byId.put(event.id(), event);
            byNumber.put(SerialOrder.numberOf((SchoolEvent) event.event()), (SchoolEvent) event.event());
            positions.put(
                    SerialOrder.numberOf((SchoolEvent) event.event()),
                    event.position().value());
        }
        assertThat(all.stream().mapToInt(one -> one.written.size()).sum()).isEqualTo(byId.size());
        assertThat(all).allSatisfy(one -> {
            List<Long> places = one.seenInOrder.stream()
                    .map(number -> Objects.requireNonNull(positions.get(number), "seen, and never stored"))
                    .toList();
            assertThat(places).isSorted().doesNotHaveDuplicates();
            assertThat(one.seenInOrder)
                    .allMatch(number ->
                            SerialOrder.matches(one.decision.query(), Objects.requireNonNull(byNumber.get(number))));
            assertThat(one.written).hasSameSizeAs(one.decision.written());
            for (int i = 0; i < one.written.size(); i++) {
                AppendedEvent told = one.written.get(i);
                RecordedEvent<Event> stored = Objects.requireNonNull(byId.get(told.id()));
                assertThat(stored.event()).isEqualTo(one.decision.written().get(i));
                assertThat(told)
                        .isEqualTo(
                                new AppendedEvent(stored.id(), stored.streamId(), stored.version(), stored.position()));
            }
        });
        for (int epoch = 0; epoch < COMMANDS / PER_EPOCH; epoch++) {
            int wanted = epoch;
            List<SerialOrder.Decision> decisions = all.stream()
                    .map(Decided::decision)
                    .filter(decision -> decision.epoch() == wanted)
                    .toList();
            assertThat(SerialOrder.inCircles(decisions))
                    .as("decisions in circles, of %d", decisions.size())
                    .isZero();
        }
    }

    private SchoolEvent event(int epoch, String subject, Random random) {
        Set<String> subjects = new HashSet<>();
        subjects.add(epoch + "-" + subject);
        while (random.nextInt(2) == 0) {
            subjects.add(anySubject(epoch, random));
        }
        String home = home(epoch, random);
        long number = numbers.incrementAndGet();
        return random.nextBoolean() ? new Noted(home, subjects, number) : new Revised(home, subjects, number);
    }

    private static String anySubject(int epoch, Random random) {
        return epoch + (random.nextBoolean() ? "-hot-" + random.nextInt(2) : "-cold-" + random.nextInt(6));
    }

    private static String home(int epoch, Random random) {
        return epoch + "-" + random.nextInt(4);
    }

    private static StreamId streamOf(String home) {
        return new Noted(home, Set.of(), 0).streamId();
    }

    /** Sees everything in order; then refuses, does nothing, or writes events that no other command writes. */
    private final class Chance implements Command<List<SchoolEvent>, SchoolEvent> {
        private final int epoch;
        private final Random random;
        private final String subject;
        private final Optional<EventQuery> query;
        private final Set<StreamId> streams;
        private volatile List<SchoolEvent> seen = List.of();
        private volatile List<SchoolEvent> decided = List.of();

        Chance(int epoch, Random random) {
            this.epoch = epoch;
            this.random = random;
            this.subject = random.nextInt(4) == 0 ? "cold-" + random.nextInt(6) : "hot-" + random.nextInt(2);
            boolean onStreamsAlone = random.nextInt(8) == 0;
            this.streams = onStreamsAlone || random.nextInt(4) == 0 ? Set.of(streamOf(home(epoch, random))) : Set.of();
            this.query = onStreamsAlone ? Optional.empty() : Optional.of(anyQuery());
        }

        private EventQuery anyQuery() {
            EventQuery any = typed(subject(epoch + "-" + subject));
            while (random.nextInt(2) == 0) {
                EventQuery another = subject(anySubject(epoch, random));
                any = any.or(
                        random.nextInt(3) == 0
                                ? another.and(EventTag.of("subject", anySubject(epoch, random)))
                                : typed(another));
            }
            return any;
        }

        private EventQuery typed(EventQuery any) {
            return switch (random.nextInt(4)) {
                case 0 -> any.ofTypes(Noted.class);
                case 1 -> any.ofTypes(Revised.class);
                default -> any;
            };
        }

        EventQuery restsOn() {
            List<EventQuery> parts = new ArrayList<>();
            query.ifPresent(parts::add);
            streams.forEach(stream -> parts.add(EventQuery.ofStream(stream)));
            return parts.stream().reduce(EventQuery::or).orElseThrow();
        }

        @Override
        public Optional<EventQuery> query() {
            return query;
        }

        @Override
        public Set<StreamId> streams() {
            return streams;
        }

        @Override
        public List<SchoolEvent> initialState() {
            return List.of();
        }

        @Override
        public List<SchoolEvent> apply(List<SchoolEvent> state, SchoolEvent event) {
            List<SchoolEvent> more = new ArrayList<>(state);
            more.add(event);
            return more;
        }

        @Override
        public List<SchoolEvent> handle(List<SchoolEvent> state) {
            seen = state;
            decided = List.of();
            int chance = random.nextInt(8);
            if (chance == 0) {
                throw new BusinessRuleViolationException("refused by chance");
            }
            List<SchoolEvent> events = new ArrayList<>();
            while (chance > 1 && (events.isEmpty() || random.nextInt(4) == 0)) {
                events.add(anyEvent());
            }
            decided = events;
            return events;
        }

        private SchoolEvent anyEvent() {
            if (query.isPresent()) {
                return event(epoch, subject, random);
            }
            String home = streams.iterator().next().value().substring("notes/".length());
            return new Noted(home, Set.of(anySubject(epoch, random)), numbers.incrementAndGet());
        }
    }
}
