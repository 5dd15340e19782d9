package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.Tag;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.test.contract.SchoolEvent.Noted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Snapshots of commands that decide on tags: they save folding and change nothing else. */
abstract class TaggedSnapshotsContract extends TagFixture {
    /** How many events were folded; tests of one class run one after the other. */
    private static final AtomicInteger FOLDED = new AtomicInteger();

    private final List<ReplayReason> replays = new CopyOnWriteArrayList<>();
    private final List<String> saved = new CopyOnWriteArrayList<>();
    private final InMemorySnapshotStore snapshots = new InMemorySnapshotStore();

    private CommandExecutor executor(EventStore through) {
        return CommandExecutor.builder(through)
                .snapshots(
                        snapshots,
                        SnapshotSettings.defaults()
                                .withExecutor(Runnable::run)
                                .withAfterEvents(2)
                                .withListener(new SnapshotListener() {
                                    @Override
                                    public void replayed(String commandType, ReplayReason reason) {
                                        replays.add(reason);
                                    }

                                    @Override
                                    public void saved(String commandType) {
                                        saved.add(commandType);
                                    }
                                }))
                .build();
    }

    /** The events of the subjects, in the order in which they came. */
    record Seen(List<Long> numbers) {
        private Seen plus(SchoolEvent event) {
            FOLDED.incrementAndGet();
            List<Long> more = new ArrayList<>(numbers);
            more.add(event instanceof Noted noted ? noted.number() : -1L);
            return new Seen(more);
        }
    }

    /** Counts the events of two subjects, and those of a stream. */
    @Snapshot(name = "tagged-count", version = 1)
    record Count(
            @Tag("subject") List<String> subjects, @Stream Optional<StreamId> stream)
            implements Command<Seen, SchoolEvent> {
        @Override
        public Seen initialState() {
            return new Seen(List.of());
        }

        @Override
        public Seen apply(Seen seen, SchoolEvent event) {
            return seen.plus(event);
        }

        @Override
        public List<SchoolEvent> handle(Seen seen) {
            return List.of(new Noted("counts", Set.of("counts", subjects.get(0)), seen.numbers.size()));
        }
    }

    private static Count count(String... subjects) {
        return new Count(List.of(subjects), Optional.empty());
    }

    private long counted(Command<Seen, SchoolEvent> command) {
        FOLDED.set(0);
        executor(store).execute(command);
        List<SchoolEvent> counts = found(subject("counts"));
        return ((Noted) counts.get(counts.size() - 1)).number();
    }

    @Test
    void a_decision_continues_from_the_snapshot_and_folds_only_what_came_since() {
        append(noted("n", "a"), noted("n", "b"), noted("n", "a", "b"), noted("n", "z"));
        assertThat(counted(count("a", "b"))).isEqualTo(3);
        assertThat(FOLDED).hasValue(3);

        append(noted("n", "b"));
        // This includes the event that the first count wrote.
        assertThat(counted(count("a", "b"))).isEqualTo(5);
        assertThat(FOLDED).hasValue(2);
        assertThat(counted(count("a", "b"))).isEqualTo(6);
        assertThat(FOLDED).hasValue(1);
        assertThat(replays).isEmpty();
    }

    @Test
    void streams_and_tags_continue_together() {
        append(noted("n", "a"), noted("m", "x"), noted("m", "y"));
        Count both = new Count(List.of("a"), Optional.of(StreamId.of("notes/m")));
        assertThat(counted(both)).isEqualTo(3);

        append(noted("m", "q"), noted("k", "a"));
        assertThat(counted(both)).isEqualTo(6);
        assertThat(FOLDED).hasValue(3);
        assertThat(replays).isEmpty();
    }

    @Test
    void other_tags_have_other_snapshots() {
        append(noted("n", "a"), noted("n", "a"), noted("n", "b"), noted("n", "c"));
        counted(count("a"));

        assertThat(counted(count("c"))).isEqualTo(1);
        assertThat(counted(count("b", "a"))).isEqualTo(4);
        assertThat(counted(new Count(List.of("b"), Optional.of(StreamId.of("notes/n")))))
                .isEqualTo(5);
    }

    @Test
    void a_decision_on_a_snapshot_is_guarded() {
        append(noted("n", "a"), noted("n", "a"));
        counted(count("a"));
        AtomicInteger appends = new AtomicInteger();
        EventStore losing = new ForwardingEventStore(store) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                if (appends.incrementAndGet() == 1) {
                    super.appendEvents(writes(noted("n", "a")));
                }
                return super.appendEvents(writes);
            }
        };

        assertThat(executor(losing).execute(count("a")).attempts()).isEqualTo(2);
        assertThat(counted(count("a"))).isEqualTo(5);
    }

    @Snapshot(name = "tagged-discovery", version = 1, afterEvents = 1)
    record Discover(@Tag("subject") String first) implements Command<Seen, SchoolEvent> {
        @Override
        public Seen initialState() {
            return new Seen(List.of());
        }

        @Override
        public Seen apply(Seen seen, SchoolEvent event) {
            return seen.plus(event);
        }

        @Override
        public Optional<EventQuery> discoverQuery(Seen seen) {
            return seen.numbers.isEmpty() ? Optional.empty() : Optional.of(subject("b"));
        }

        @Override
        public List<SchoolEvent> handle(Seen seen) {
            return List.of(new Noted("counts", Set.of("counts", first), seen.numbers.size()));
        }
    }

    @Test
    void a_decision_that_discovers_by_tags_keeps_no_snapshot() {
        append(noted("n", "b"), noted("n", "b"));
        assertThat(counted(new Discover("a"))).isZero();
        assertThat(counted(new Discover("a"))).isEqualTo(3);
        assertThat(counted(new Discover("a"))).isEqualTo(4);
        assertThat(saved).isEmpty();
    }
}
