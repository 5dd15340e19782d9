package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.StreamStates.States;
import io.eventcore.autoconfigure.notes.NoteTaken;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** States by command classes that do what no command should: a view answers, and none of their text gets into it. */
class StreamStatesTest {
    private static final String CANARY = "canary";
    private static final StreamId NOTES = StreamId.of("notes");

    private final EventStore store =
            new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(NoteTaken.class, NoteOfHarm.class)));

    @BeforeEach
    void takeNotes() {
        store.appendEvents(StreamWrites.empty()
                .registerStream(NOTES, ExpectedVersion.any())
                .append(new NoteTaken(NOTES, CANARY))
                .append(new NoteTaken(NOTES, CANARY)));
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                ErrorInApply.class,
                CheckedInApply.class,
                StackInApply.class,
                ErrorInGetter.class,
                EndlessState.class,
                DeepState.class,
                ErrorOfKey.class
            })
    void a_class_whose_fold_or_state_fails_is_named_with_the_type_of_its_failure(Class<? extends Command<?, ?>> type) {
        States states = of(type);

        assertThat(states.at()).isEmpty();
        assertThat(states.leftOut()).contains(type.getSimpleName()).doesNotContain(CANARY);
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                ErrorInInitialState.class,
                ErrorInStreams.class,
                ErrorInDiscovery.class,
                ErrorInConstructor.class,
                ErrorInClass.class
            })
    void a_class_of_which_no_command_can_be_made_takes_no_part(Class<? extends Command<?, ?>> type) {
        assertThat(of(type))
                .isEqualTo(
                        States.none("No command class rests on one stream alone and can be made without its values"));
    }

    @Test
    void a_key_that_cannot_be_computed_has_no_snapshot() {
        StreamStates states =
                new StreamStates(() -> Set.of(ErrorInKey.class), new JsonMapper(), new InMemorySnapshotStore());

        assertThat(states.snapshots(store, NOTES)).isEmpty();
    }

    @Test
    void no_state_is_a_state() {
        States states = of(NoState.class);

        assertThat(states.at()).containsExactly(new LogViews.State("NoState", "Object", null));
        assertThat(states.before()).isEqualTo(states.at());
    }

    @Test
    void tags_that_cannot_be_told_do_not_keep_an_event_from_being_shown() {
        long position = store.appendEvents(StreamWrites.empty()
                        .registerStream(NOTES, ExpectedVersion.any())
                        .append(new NoteOfHarm(NOTES, CANARY)))
                .events()
                .get(0)
                .position()
                .value();
        NoteOfHarm.harms = true;
        try {
            ShownEvents all = new ShownEvents(new EventCoreProperties.Endpoint(true, true, true), null);
            LogViews.EventDetails details = new ShownEvent(store, null, all)
                    .details(new ViewRequest(
                            null, null, "" + position, null, null, null, null, null, null, null, null, null));

            assertThat(details).extracting(LogViews.EventDetails::event).isNotNull();
            assertThat(details).extracting(LogViews.EventDetails::tags).isNull();
        } finally {
            NoteOfHarm.harms = false;
        }
    }

    private States of(Class<? extends Command<?, ?>> type) {
        return new StreamStates(() -> Set.of(type), new JsonMapper(), null).of(store, NOTES, 2);
    }

    /** What the classes have in common: a fold that counts. */
    private interface Counting extends Command<Object, NoteTaken> {
        @Override
        default Object initialState() {
            return 0;
        }

        @Override
        default Object apply(Object state, NoteTaken event) {
            return (int) state + 1;
        }

        @Override
        default List<NoteTaken> handle(Object state) {
            return List.of();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable e) throws T {
        throw (T) e;
    }

    record ErrorInApply(@Stream StreamId notes) implements Counting {
        @Override
        public Object apply(Object state, NoteTaken event) {
            throw new AssertionError(event.text());
        }
    }

    record CheckedInApply(@Stream StreamId notes) implements Counting {
        @Override
        public Object apply(Object state, NoteTaken event) {
            throw StreamStatesTest.<RuntimeException>sneaky(new Exception(event.text()));
        }
    }

    record StackInApply(@Stream StreamId notes) implements Counting {
        @Override
        public Object apply(Object state, NoteTaken event) {
            return event.text().isEmpty() ? state : apply(List.of(state), event);
        }
    }

    record ErrorInGetter(@Stream StreamId notes) implements Counting {
        /** A state that cannot be written. */
        public record Unwritable(String text) {
            @Override
            public String text() {
                throw new NoClassDefFoundError(CANARY);
            }
        }

        @Override
        public Object apply(Object state, NoteTaken event) {
            return new Unwritable(event.text());
        }
    }

    record EndlessState(@Stream StreamId notes) implements Counting {
        @Override
        public Object apply(Object state, NoteTaken event) {
            Iterable<String> endless = () -> new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return true;
                }

                @Override
                public String next() {
                    return event.text();
                }
            };
            return endless;
        }
    }

    record DeepState(@Stream StreamId notes) implements Counting {
        @Override
        public Object apply(Object state, NoteTaken event) {
            Object deep = event.text();
            for (int i = 0; i < 495; i++) {
                deep = new ArrayList<>(Collections.singletonList(deep));
            }
            return deep;
        }
    }

    record ErrorOfKey(@Stream StreamId notes) implements Counting {
        @Override
        public Object apply(Object state, NoteTaken event) {
            return Collections.singletonMap(
                    new Object() {
                        @Override
                        public String toString() {
                            throw new LinkageError(event.text());
                        }
                    },
                    1);
        }
    }

    record ErrorInInitialState(@Stream StreamId notes) implements Counting {
        @Override
        public Object initialState() {
            throw new AssertionError(CANARY);
        }
    }

    record ErrorInStreams(@Stream StreamId notes) implements Counting {
        @Override
        public Set<StreamId> streams() {
            throw new AssertionError(CANARY);
        }
    }

    record ErrorInDiscovery(@Stream StreamId notes) implements Counting {
        @Override
        public Set<StreamId> discoverStreams(Object state) {
            throw StreamStatesTest.<RuntimeException>sneaky(new Exception(CANARY));
        }
    }

    record ErrorInConstructor(@Stream StreamId notes) implements Counting {
        ErrorInConstructor {
            if (notes.equals(NOTES)) {
                throw new AssertionError(CANARY);
            }
        }
    }

    record ErrorInClass(@Stream StreamId notes) implements Counting {
        private static final int NONE = List.of(1).get(1);

        @Override
        public Object initialState() {
            return NONE;
        }
    }

    /** What code without a check of nulls may do. */
    @NullUnmarked
    record NoState(@Stream StreamId notes) implements Counting {
        @Override
        public Object initialState() {
            return null;
        }

        @Override
        public Object apply(Object state, NoteTaken event) {
            return null;
        }
    }

    @Snapshot(name = "notes.harm", version = 1)
    record ErrorInKey(@Stream StreamId notes) implements Counting {
        @Override
        public String snapshotKey() {
            throw new AssertionError(CANARY);
        }
    }

    /** An event whose tags cannot be told later on. */
    @EventType("note-of-harm")
    record NoteOfHarm(StreamId streamId, String text) implements Event {
        private static boolean harms;

        @Override
        public Set<EventTag> eventTags() {
            if (harms) {
                throw new AssertionError(text);
            }
            return Set.of();
        }
    }
}
