package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTagTest {
    private static final StreamId HOME = StreamId.of("home");

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "1a", "-a", "a_b", "a:b", "a b", "\u00E4", "a\u0001", "courseId"})
    void a_name_is_lower_case_letters_digits_and_hyphens(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTag.of(name, "x"))
                .withMessageContaining("must begin with a to z")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\u0001"));
    }

    @Test
    void a_name_has_63_characters_at_most() {
        assertThat(EventTag.of("a".repeat(63), "x").name()).hasSize(63);
        assertThatIllegalArgumentException().isThrownBy(() -> EventTag.of("a".repeat(64), "x"));
    }

    @Test
    @SuppressWarnings("NullAway") // that is what is refused
    void a_value_is_stripped_and_follows_the_rules_of_a_stream_id() {
        assertThat(EventTag.of("course", " c1\t").value()).isEqualTo("c1");
        for (String value : List.of("", "  ", "a*", "a?", "[a", "a\u0007b", "a\uD800", "a\u001fb")) {
            assertThatIllegalArgumentException().isThrownBy(() -> EventTag.of("course", value));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new EventTag("course", " "));
        assertThatNullPointerException().isThrownBy(() -> EventTag.of("course", null));
    }

    @Test
    void name_and_value_have_254_code_points_with_the_colon() {
        EventTag longest = EventTag.of("a", "\uD83D\uDE00".repeat(252));

        assertThat(longest.rowId().codePointCount(0, longest.rowId().length())).isEqualTo(255);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTag.of("a", "\uD83D\uDE00".repeat(253)))
                .withMessageContaining("at most 254 characters")
                .withMessageContaining("has 255");
    }

    @Test
    void rows_of_tags_come_before_all_streams_in_the_order_of_bytes() {
        assertThat(EventTag.of("course", "c:1").rowId()).isEqualTo("\u0001course:c:1");
        assertThat(EventTag.ofRow("\u0001course:c:1")).isEqualTo(EventTag.of("course", "c:1"));
        assertThat(EventTag.ofRow(EventTag.of("students").rowId())).isEqualTo(EventTag.of("students"));
        assertThat(EventTag.isRow("course:c")).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> EventTag.ofRow("course:c"));
        assertThat(Identifiers.compareCodePoints(
                        EventTag.of("z", "\uD83D\uDE00").rowId(),
                        StreamId.of("!").value()))
                .isNegative();
        assertThat(List.of(
                                EventTag.of("a", "\uD83D\uDE00"),
                                EventTag.of("a", "\uFFFD"),
                                EventTag.of("a-b", "1"),
                                EventTag.of("a", "b"))
                        .stream()
                        .sorted())
                .containsExactly(
                        EventTag.of("a-b", "1"),
                        EventTag.of("a", "b"),
                        EventTag.of("a", "\uFFFD"),
                        EventTag.of("a", "\uD83D\uDE00"));
        List<EventTag> all = List.of("a", "a-", "a0", "aa", "a-b", "b", "ab", "a1").stream()
                .flatMap(name -> List.of("", "x", "\uFFFD").stream().map(value -> new EventTag(name, value)))
                .toList();
        for (EventTag one : all) {
            for (EventTag another : all) {
                assertThat(Integer.signum(one.compareTo(another)))
                        .isEqualTo(Integer.signum(Identifiers.compareCodePoints(one.rowId(), another.rowId())));
            }
        }
        assertThat(EventTag.of("course", "c1")).hasToString("course:c1");
        assertThat(EventTag.of("students")).hasToString("students");
    }

    enum Kind {
        BIG
    }

    record Wrapped(UUID id) {}

    record Everything(
            @Tag String text,
            @Tag UUID id,
            @Tag int whole,
            @Tag("big") BigInteger large,
            @Tag Kind kind,
            @Tag StreamId stream,
            @Tag Wrapped wrapped,
            @Tag Optional<Long> maybe,
            @Tag List<Wrapped> many,
            String unmarked)
            implements Event {}

    @Test
    void values_of_all_kinds_that_identify_a_subject_can_be_marked() {
        UUID id = UUID.fromString("00000000-0000-0000-0000-00000000000a");
        Everything event = new Everything(
                "t",
                id,
                -1,
                BigInteger.TEN,
                Kind.BIG,
                HOME,
                new Wrapped(id),
                Optional.empty(),
                List.of(new Wrapped(id), new Wrapped(id)),
                "u");

        assertThat(event.eventTags().stream().sorted().map(EventTag::toString))
                .containsExactly(
                        "big:10",
                        "id:" + id,
                        "kind:BIG",
                        "many:" + id,
                        "stream:home",
                        "text:t",
                        "whole:-1",
                        "wrapped:" + id);
        assertThat(EventTag.namesMarkedOn(Everything.class))
                .containsExactly("big", "id", "kind", "many", "maybe", "stream", "text", "whole", "wrapped");
    }

    @Tag("students")
    interface OfStudents extends Event {}

    @Tag("joined")
    record Joined(@Tag String tags) implements OfStudents {}

    static class Plain implements OfStudents {
        @Tag("number")
        private final long number = 7;

        long number() {
            return number;
        }
    }

    @Test
    void a_type_gives_its_tag_to_all_events_below_it() {
        assertThat(new Joined("x").eventTags())
                .containsExactlyInAnyOrder(EventTag.of("students"), EventTag.of("joined"), EventTag.of("tags", "x"));
        assertThat(new Plain().number()).isEqualTo(7);
        assertThat(new Plain().eventTags())
                .containsExactlyInAnyOrder(EventTag.of("students"), EventTag.of("number", "7"));
        assertThat(new Event() {}.eventTags()).isEmpty();
    }

    record Fraction(@Tag double value) implements Event {}

    record Nested(@Tag List<List<String>> value) implements Event {}

    record Raw(@Tag Object value) implements Event {}

    record Two(String a, String b) {}

    record OfTwo(@Tag Two value) implements Event {}

    record BadName(@Tag String courseId) implements Event {}

    @Tag
    record NoName(String a) implements Event {}

    record Person(@Tag @PersonalData(subject = "id") String name, String id) implements Event {}

    record Name(@PersonalData(subject = "id") String value) {}

    record Persons(@Tag List<Name> names) implements Event {}

    @ParameterizedTest
    @ValueSource(
            classes = {
                Fraction.class,
                Nested.class,
                Raw.class,
                OfTwo.class,
                BadName.class,
                NoName.class,
                Person.class,
                Persons.class
            })
    void what_cannot_be_a_tag_is_refused_by_its_class(Class<?> type) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTag.namesMarkedOn(type))
                .withMessageContaining(type.getName());
    }

    @Test
    @SuppressWarnings("NullAway") // that is what is refused
    void a_value_that_is_no_value_of_a_tag_names_the_component() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Joined("a*b").eventTags())
                .withMessageContaining("Joined.tags");
        assertThatNullPointerException()
                .isThrownBy(() -> new Joined(null).eventTags())
                .withMessageContaining("Joined.tags");
    }

    @Test
    void an_event_carries_twenty_tags_at_most_and_says_which_once() {
        int[] asked = {0};
        Event event = new Event() {
            @Override
            public Set<EventTag> eventTags() {
                return tags(++asked[0] * 20);
            }
        };
        NewEvent added = new NewEvent(EventIds.next(), HOME, event);

        assertThat(added.tags()).isEqualTo(tags(20));
        assertThat(added.withMetadata(EventMetadata.empty()).tags()).isEqualTo(tags(20));
        assertThat(asked[0]).isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> added.withTags(tags(21)))
                .withMessageContaining("at most 20 tags");
    }

    private static Set<EventTag> tags(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> EventTag.of("n", Integer.toString(i)))
                .collect(Collectors.toSet());
    }
}
