package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.Boundary.Seen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BoundaryTest {
    private static final EventTag COURSE = EventTag.of("course", "c:1");
    private static final EventTag STUDENT = EventTag.of("student", "\uD83D\uDE00");
    private static final StreamId HOME = StreamId.of("home");

    record Noted(StreamId streamId) implements Event {}

    private static Boundary example() {
        EventQuery query = EventQuery.tagged(COURSE)
                .and(STUDENT)
                .or(EventQuery.tagged(COURSE).ofTypes(Noted.class))
                .or(EventQuery.ofStream(HOME))
                .resolve(type -> Set.of("noted", "noted-before"), Event.class);
        return Boundary.of(
                query,
                List.of(STUDENT.rowId(), COURSE.rowId(), "home"),
                Map.of(STUDENT.rowId(), new Seen(2, 40), COURSE.rowId(), new Seen(7, 99), "home", new Seen(3, 0)));
    }

    @Test
    void guards_come_in_the_order_of_their_rows_with_what_must_not_have_come() {
        assertThat(example().guards())
                .containsExactly(
                        new Boundary.Guard(
                                COURSE.rowId(),
                                new Seen(7, 99),
                                List.of(new Boundary.Condition(List.of(), Set.of("noted", "noted-before")))),
                        new Boundary.Guard(
                                STUDENT.rowId(),
                                new Seen(2, 40),
                                List.of(new Boundary.Condition(List.of(COURSE.rowId()), Set.of()))),
                        new Boundary.Guard(
                                "home", new Seen(3, 0), List.of(new Boundary.Condition(List.of(), Set.of()))));
        assertThat(example().lastPosition()).isEqualTo(GlobalPosition.of(99));
        assertThat(example().guards().get(2).matchesEveryEvent()).isTrue();
        assertThat(example().guards().get(0).matchesEveryEvent()).isFalse();
    }

    @Test
    void it_is_the_same_as_a_text_and_serialized() throws Exception {
        Boundary boundary = example();

        assertThat(boundary.toText()).matches("[A-Za-z0-9_-]+");
        assertThat(Boundary.ofText(boundary.toText())).isEqualTo(boundary).hasSameHashCodeAs(boundary);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(boundary);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(boundary);
        }
    }

    @Test
    void a_text_that_was_changed_is_refused_or_is_another_boundary() {
        String text = example().toText();
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        for (int i = 0; i < bytes.length; i++) {
            for (int value : new int[] {0, 1, 0x1d, 0x1e, 0x1f, '9', 'a', -1}) {
                byte[] changed = bytes.clone();
                changed[i] = (byte) value;
                String other = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
                try {
                    Boundary read = Boundary.ofText(other);
                    assertThat(Boundary.ofText(read.toText())).isEqualTo(read);
                } catch (IllegalArgumentException refused) {
                    assertThat(refused).hasMessage("Not the text of a boundary");
                }
            }
        }
        for (String bad : List.of("", "*", "MQ", text.substring(1), text + "A", "a".repeat(2_000_000))) {
            assertThatIllegalArgumentException().isThrownBy(() -> Boundary.ofText(bad));
        }
    }

    @Test
    void nothing_was_seen_of_any_guard() {
        Boundary nothing =
                Boundary.nothing(EventQuery.tagged(STUDENT).and(COURSE).ofTypes(Noted.class));

        assertThat(nothing.guardRows()).containsExactly(COURSE.rowId());
        assertThat(nothing.seen(COURSE.rowId())).isEqualTo(Seen.NOTHING);
        assertThatIllegalStateException().isThrownBy(nothing::toText);
        assertThat(Boundary.ofText(nothing.resolve(type -> Set.of("noted")).toText())
                        .guards()
                        .get(0)
                        .conditions())
                .containsExactly(new Boundary.Condition(List.of(STUDENT.rowId()), Set.of("noted")));
    }

    @Test
    void a_boundary_that_was_not_read_cannot_be_put_together() {
        EventQuery query = EventQuery.tagged(COURSE);
        assertThatIllegalArgumentException().isThrownBy(() -> Boundary.of(query, List.of(), Map.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Boundary.of(query, List.of(STUDENT.rowId()), Map.of(STUDENT.rowId(), Seen.NOTHING)));
        assertThatIllegalArgumentException().isThrownBy(() -> Boundary.of(query, List.of(COURSE.rowId()), Map.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Boundary.of(
                        query.ofTypes(Noted.class), List.of(COURSE.rowId()), Map.of(COURSE.rowId(), Seen.NOTHING)));
    }

    @Test
    void types_alone_are_refused_with_what_to_do_instead() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EventQuery.Item(Optional.empty(), List.of(), Set.of(Noted.class), Set.of()))
                .withMessageContaining("would have to wait for every append")
                .withMessageContaining("@Tag");
        assertThatIllegalArgumentException().isThrownBy(() -> new EventQuery(List.of()));
    }

    @Test
    void queries_have_bounds_and_say_what_cannot_be_asked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventQuery.ofStream(HOME).and(COURSE))
                .withMessageContaining("stream 'home' or for tags");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventQuery.tagged(COURSE).ofTypes(Noted.class).ofTypes(Event.class));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventQuery.tagged(COURSE).ofTypes());
        List<EventQuery.Item> items = new ArrayList<>();
        for (int i = 0; i < 101; i++) {
            items.addAll(EventQuery.tagged("n", Integer.toString(i)).items());
        }
        assertThat(new EventQuery(items.subList(0, 100)).items()).hasSize(100);
        assertThatIllegalArgumentException().isThrownBy(() -> new EventQuery(items));
        assertThat(EventQuery.tagged(COURSE).or(EventQuery.tagged(COURSE)).items())
                .hasSize(1);
        assertThat(EventQuery.tagged(STUDENT).and(COURSE))
                .isEqualTo(EventQuery.tagged(COURSE).and(STUDENT));
    }

    @Test
    void an_append_rests_on_each_boundary_once_and_says_so_without_payload() {
        StreamWrites writes = StreamWrites.empty().restingOn(example()).restingOn(example());

        assertThat(writes.boundaries()).containsExactly(example());
        assertThat(writes.toString()).contains("resting on").contains("course:c:1@7");
        assertThat(new BoundaryConflictException(COURSE.rowId(), StreamVersion.of(1), StreamVersion.of(2))
                        .withNote("so"))
                .hasMessage("Tag 'course:c:1' has 2 events, 1 when it was read: an event that the decision rests on"
                        + " may have been added since. so");
    }
}
