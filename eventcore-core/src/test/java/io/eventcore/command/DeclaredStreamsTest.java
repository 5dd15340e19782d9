package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.eventcore.StreamId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeclaredStreamsTest {
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");
    private static final StreamId C = StreamId.of("c");

    /** A command that decides nothing: here only its streams count. */
    interface Idle extends Command<Long, BankEvent> {
        @Override
        default Long initialState() {
            return 0L;
        }

        @Override
        default Long apply(Long state, BankEvent event) {
            return state + 1;
        }

        @Override
        default List<BankEvent> handle(Long state) {
            return List.of();
        }
    }

    record AccountId(StreamId stream) {}

    record Plain(
            @Stream StreamId from,
            StreamId notMarked,
            @Stream StreamId to) implements Idle {}

    record Perhaps(@Stream Optional<StreamId> maybe, @Stream StreamId always) implements Idle {}

    record Several(
            @Stream List<StreamId> list,
            @Stream Set<StreamId> set,
            @Stream Collection<StreamId> collection) implements Idle {}

    record Wrapped(@Stream AccountId account) implements Idle {}

    record Mixed(
            @Stream Optional<AccountId> maybe,
            @Stream List<AccountId> several,
            @Stream Optional<List<StreamId>> deep) implements Idle {}

    record Missing(@Stream @Nullable StreamId stream) implements Idle {}

    @Test
    void every_marked_component_is_a_stream_and_no_other_one() {
        assertThat(new Plain(A, B, C).streams()).containsExactly(A, C);
    }

    @Test
    void an_optional_component_is_a_stream_if_it_is_there() {
        assertThat(new Perhaps(Optional.empty(), B).streams()).containsExactly(B);
        assertThat(new Perhaps(Optional.of(A), B).streams()).containsExactly(A, B);
    }

    @Test
    void a_collection_holds_any_number_of_streams() {
        assertThat(new Several(List.of(), Set.of(), List.of(A, B, C)).streams()).containsExactly(A, B, C);
        assertThat(new Several(List.of(A), Set.of(B), List.of(C)).streams()).containsExactly(A, B, C);
    }

    @Test
    void a_record_that_wraps_one_id_is_one_stream() {
        assertThat(new Wrapped(new AccountId(A)).streams()).containsExactly(A);
        assertThat(new Mixed(Optional.of(new AccountId(A)), List.of(new AccountId(B)), Optional.of(List.of(C, A)))
                        .streams())
                .containsExactly(A, B, C);
    }

    @Test
    void equal_ids_count_once() {
        assertThat(new Plain(A, B, A).streams()).containsExactly(A);
        assertThat(new Several(List.of(A, A), Set.of(A), List.of(A, B)).streams())
                .containsExactly(A, B);
    }

    @Test
    void a_marked_component_must_not_be_null() {
        assertThatNullPointerException()
                .isThrownBy(() -> new Missing(null).streams())
                .withMessage(Missing.class.getName() + ".stream is marked with @Stream and must not be null");
    }

    record NoStream(StreamId forgotten) implements Idle {}

    record MarksText(@Stream String text) implements Idle {}

    record MarksMap(@Stream Map<String, StreamId> map) implements Idle {}

    @SuppressWarnings("ArrayRecordComponent") // That is the mistake.
    record MarksArray(@Stream StreamId[] array) implements Idle {}

    record MarksListOfTexts(@Stream List<String> texts) implements Idle {}

    record TwoFields(StreamId stream, String more) {}

    record MarksRecordOfTwo(@Stream TwoFields two) implements Idle {}

    @Test
    void a_command_that_marks_nothing_is_refused_with_what_to_do() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new NoStream(A).streams())
                .withMessage(
                        NoStream.class.getName()
                                + " declares no stream: mark a record component (in Kotlin a property) with @Stream or @Tag, or override streams() or query()");
    }

    @Test
    void a_mark_on_what_cannot_hold_a_stream_is_refused_by_component_and_type() {
        assertRefused(new MarksText("a"), "text", "java.lang.String");
        assertRefused(new MarksMap(Map.of()), "map", "Map");
        assertRefused(new MarksArray(new StreamId[] {A}), "array", "StreamId");
        assertRefused(new MarksListOfTexts(List.of()), "texts", "java.lang.String");
        assertRefused(new MarksRecordOfTwo(new TwoFields(A, "more")), "two", "TwoFields");
    }

    private static void assertRefused(Command<?, ?> command, String component, String type) {
        for (int round = 0; round < 2; round++) {
            assertThatIllegalArgumentException()
                    .isThrownBy(command::streams)
                    .withMessageContaining("@Stream on " + command.getClass().getName() + "." + component)
                    .withMessageContaining("must mark a StreamId")
                    .withMessageContaining(type);
        }
    }

    @Test
    void a_command_without_streams_is_refused_before_anything_is_read() {
        ScriptedStore store = new ScriptedStore();
        CommandExecutor executor = CommandExecutor.builder(store).build();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> executor.execute(new Several(List.of(), Set.of(), List.of())))
                .withMessageContaining("declares no stream for this instance");
        assertThatIllegalArgumentException().isThrownBy(() -> executor.execute(new NoStream(A)));
        assertThatIllegalArgumentException().isThrownBy(() -> executor.execute(new MarksText("a")));
        assertThat(store.reads()).isEmpty();
        assertThat(store.appends()).isEmpty();
    }

    /** Not a record, and its streams follow from something else. */
    private static final class ByNumber implements Idle {
        private final int number;

        private ByNumber(int number) {
            this.number = number;
        }

        @Override
        public Set<StreamId> streams() {
            return Set.of(StreamId.of("number-" + number));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void a_command_may_name_its_streams_itself(int number) {
        ScriptedStore store = new ScriptedStore();

        CommandExecutor.builder(store).build().execute(new ByNumber(number));

        assertThat(store.reads()).containsExactly(Set.of(StreamId.of("number-" + number)));
    }

    @Test
    void all_declared_streams_are_read_together() {
        ScriptedStore store = new ScriptedStore();

        CommandExecutor.builder(store).build().execute(new Several(List.of(A), Set.of(B), List.of(C)));

        assertThat(store.reads()).containsExactly(Set.of(A, B, C));
    }

    /** What Kotlin makes of a data class: marked fields behind getters. */
    @SuppressWarnings("UnusedVariable")
    private static class DataClass implements Command<Long, BankEvent> {
        @Stream
        private final StreamId account;

        @Stream
        private final List<StreamId> others;

        DataClass(StreamId account, List<StreamId> others) {
            this.account = account;
            this.others = others;
        }

        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, BankEvent event) {
            return state;
        }

        @Override
        public List<BankEvent> handle(Long state) {
            return List.of();
        }
    }

    @SuppressWarnings("UnusedVariable")
    private static final class Inheriting extends DataClass {
        @Stream
        private final StreamId third = StreamId.of("third");

        Inheriting(StreamId account) {
            super(account, List.of());
        }
    }

    @Test
    void marked_fields_of_a_class_that_is_no_record_name_its_streams() {
        StreamId a = StreamId.of("a");
        StreamId b = StreamId.of("b");

        assertThat(new DataClass(a, List.of(b, a)).streams()).containsExactly(a, b);
        assertThat(new Inheriting(a).streams()).containsExactly(a, StreamId.of("third"));
    }
}
