package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamPatternTest {
    private static final List<String> ALPHABET = List.of(
            "a",
            "b",
            "B",
            "0",
            "7",
            "-",
            "/",
            ".",
            "\\",
            "^",
            "$",
            "&",
            "|",
            "{",
            "(",
            "+",
            "_",
            "%",
            "!",
            ",",
            "#",
            "\u00E9",
            "\uFFFD",
            "\uD83D\uDE00");
    private static final List<String> GLOB = List.of(
            "*",
            "?",
            "[ab]",
            "[a-c]",
            "[!a]",
            "[!0-9]",
            "[-a]",
            "[a-]",
            "[!-]",
            "[\\^]",
            "[&&]",
            "[!!]",
            "[[]",
            "[*?]",
            "[\u00E9-\uFFFD]",
            "[\uD83D\uDE00]");

    @ParameterizedTest
    @CsvSource({
        "account-*, account-7, true",
        "account-*, account-, true",
        "account-*, my-account-7, false",
        "*, a/b/c, true",
        "a*c, a/b/c, true",
        "a*c, a/b/cd, false",
        "a?c, abc, true",
        "a?c, a\uD83D\uDE00c, true",
        "a?c, ac, false",
        "a?c, abbc, false",
        "[abc]1, b1, true",
        "[abc]1, d1, false",
        "[a-c]1, b1, true",
        "[!a-c]1, d1, true",
        "[!a-c]1, b1, false",
        "[!a]1, 1, false",
        "[a-]1, -1, true",
        "[-a]1, -1, true",
        "[^a]1, ^1, true",
        "[^a]1, b1, false",
        "a.c, abc, false",
        "a+, aa, false",
        "A*, abc, false",
    })
    void a_pattern_matches_the_whole_id(String pattern, String id, boolean matches) {
        assertThat(StreamPattern.of(pattern).matches(StreamId.of(id))).isEqualTo(matches);
    }

    @Property(tries = 2_000)
    void matching_agrees_with_a_matcher_that_tries_everything(
            @ForAll("patterns") String glob, @ForAll("ids") String id) {
        boolean expected =
                naivelyMatches(glob.codePoints().toArray(), 0, id.codePoints().toArray(), 0);

        assertThat(StreamPattern.of(glob).matches(StreamId.of(id))).isEqualTo(expected);
    }

    @Property
    void a_pattern_without_glob_characters_matches_just_itself(@ForAll("ids") String id, @ForAll("ids") String other) {
        StreamPattern pattern = StreamPattern.of(id);

        assertThat(pattern.matches(StreamId.of(id))).isTrue();
        assertThat(pattern.matches(StreamId.of(other))).isEqualTo(id.equals(other));
        assertThat(pattern.literalPrefix()).isEqualTo(id);
        assertThat(pattern.isPrefix()).isFalse();
    }

    @Property
    void every_match_begins_with_the_literal_prefix(@ForAll("patterns") String glob, @ForAll("ids") String id) {
        StreamPattern pattern = StreamPattern.of(glob);

        if (pattern.matches(StreamId.of(id))) {
            assertThat(id).startsWith(pattern.literalPrefix());
        }
        if (pattern.isPrefix()) {
            assertThat(pattern.matches(StreamId.of(id))).isEqualTo(id.startsWith(pattern.literalPrefix()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "a[", "[a", "[!", "[!a", "[]", "[!]", "]", "a]", "[z-a]", "[a-c-", "[]a]"})
    void a_class_that_is_not_well_formed_is_refused(String glob) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamPattern.of(glob))
                .withMessageStartingWith("Stream pattern ")
                .withMessageContaining(glob);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "a\u0000b", "a\nb", "a\uD83D", "\uDE00a"})
    void the_rules_of_ids_hold_for_patterns_too(String glob) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamPattern.of(glob))
                .withMessageStartingWith("Stream pattern must ");
    }

    @Test
    void a_pattern_has_at_most_255_code_points() {
        assertThat(StreamPattern.of("\uD83D\uDE00".repeat(254) + "*").isPrefix())
                .isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamPattern.of("a".repeat(255) + "*"))
                .withMessage("Stream pattern must have at most 255 characters, has 256");
    }

    @Test
    void the_pattern_of_the_longest_prefix_is_accepted() {
        StreamPrefix longest = StreamPrefix.of("a".repeat(255));

        assertThat(StreamPattern.startingWith(longest).matches(StreamId.of("a".repeat(255))))
                .isTrue();
        assertThat(StreamPattern.startingWith(longest).literalPrefix()).isEqualTo(longest.value());
    }

    @Test
    void a_pattern_is_stripped_and_equal_when_its_text_is() {
        assertThat(StreamPattern.of(" a* ")).isEqualTo(StreamPattern.of("a*")).hasToString("a*");
        assertThat(StreamPattern.of("a*")).hasSameHashCodeAs(StreamPattern.startingWith(StreamPrefix.of("a")));
        assertThat(StreamPattern.of("a*")).isNotEqualTo(StreamPattern.of("A*")).isNotEqualTo("a*");
        assertThat(StreamPattern.of("*")).isEqualTo(StreamPattern.all());
    }

    @Test
    @SuppressWarnings("NullAway")
    void a_missing_text_is_refused() {
        assertThatNullPointerException()
                .isThrownBy(() -> StreamPattern.of(null))
                .withMessage("Stream pattern");
    }

    @Test
    void many_stars_do_not_take_for_ever() {
        StreamPattern pattern = StreamPattern.of("*a".repeat(100) + "b");

        assertThat(pattern.matches(StreamId.of("a".repeat(255)))).isFalse();
        assertThat(pattern.matches(StreamId.of("a".repeat(254) + "b"))).isTrue();
    }

    @Provide
    Arbitrary<String> ids() {
        return characters().list().ofMinSize(1).ofMaxSize(5).map(parts -> String.join("", parts));
    }

    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.frequencyOf(
                        Tuple.of(3, characters()),
                        Tuple.of(3, Arbitraries.of("*", "?")),
                        Tuple.of(2, Arbitraries.of(GLOB)))
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(parts -> String.join("", parts));
    }

    /** Few characters often, so that ids and patterns meet; every other one now and then. */
    private static Arbitrary<String> characters() {
        return Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.of("a", "b", "0")), Tuple.of(1, Arbitraries.of(ALPHABET)));
    }

    /** The definition, word by word, without a thought for speed. */
    private static boolean naivelyMatches(int[] glob, int g, int[] id, int i) {
        if (g == glob.length) {
            return i == id.length;
        }
        if (glob[g] == '*') {
            return naivelyMatches(glob, g + 1, id, i) || (i < id.length && naivelyMatches(glob, g, id, i + 1));
        }
        if (i == id.length) {
            return false;
        }
        if (glob[g] == '?') {
            return naivelyMatches(glob, g + 1, id, i + 1);
        }
        if (glob[g] != '[') {
            return glob[g] == id[i] && naivelyMatches(glob, g + 1, id, i + 1);
        }
        boolean negated = glob[g + 1] == '!';
        int member = negated ? g + 2 : g + 1;
        boolean found = false;
        while (glob[member] != ']') {
            boolean range = glob[member + 1] == '-' && glob[member + 2] != ']';
            int last = range ? glob[member + 2] : glob[member];
            found |= glob[member] <= id[i] && id[i] <= last;
            member += range ? 3 : 1;
        }
        return found != negated && naivelyMatches(glob, member + 1, id, i + 1);
    }
}
