package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamIdTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                " id",
                "id ",
                "\tid\r\n",
                "\u000B\fid",
                "\u0085id",
                "\u00A0id\u2007",
                "\u2003\u3000id",
                "id\u2028\u2029"
            })
    void white_space_around_an_id_is_stripped(String text) {
        assertThat(StreamId.of(text)).isEqualTo(StreamId.of("id")).hasToString("id");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "x'); drop table eventcore_event; --", "%_\\", "a/b", "\u202Eabc", "a\u200Db"})
    void other_characters_stay_as_they_are(String text) {
        assertThat(StreamId.of(text).value()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n", "\u00A0\u3000"})
    void an_id_that_is_empty_after_stripping_is_refused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamId.of(text))
                .withMessage("Stream id must not be empty");
    }

    @Test
    void an_id_has_at_most_255_code_points_however_many_chars_they_take() {
        String longest = "\uD83D\uDE00".repeat(255);

        assertThat(StreamId.of(longest).value()).hasSize(510);
        assertThat(StreamId.of(" " + longest + " ").value()).hasSize(510);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamId.of(longest + "a"))
                .withMessage("Stream id must have at most 255 characters, has 256");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a*b", "a?b", "a[b", "a]b"})
    void a_glob_character_is_refused_by_name_and_place(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamId.of(text))
                .withMessage("Stream id must not contain any of * ? [ ], found '" + text.charAt(1) + "' at index 1");
    }

    @ParameterizedTest
    @ValueSource(chars = {'\u0000', '\u0001', '\t', '\n', '\u001B', '\u001C', '\u007F', '\u0080', '\u0085', '\u009F'})
    void a_control_character_is_refused_by_number_and_place(char control) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamId.of("ab" + control + "c"))
                .withMessage("Stream id must not contain control characters, found U+%04X at index 2", (int) control);
    }

    @Test
    void a_control_character_that_is_no_white_space_is_not_stripped() {
        assertThatIllegalArgumentException().isThrownBy(() -> StreamId.of("\u0000id"));
        assertThatIllegalArgumentException().isThrownBy(() -> StreamId.of("id\u001F"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD83D", "a\uD83D", "\uDE00a", "\uDE00\uD83D", "a\uD83D\uD83D\uDE00"})
    void an_unpaired_surrogate_is_refused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamId.of(text))
                .withMessageStartingWith(
                        "Stream id must be well-formed Unicode, found an unpaired surrogate at index ");
    }

    @Test
    @SuppressWarnings("NullAway")
    void a_missing_text_is_refused() {
        assertThatNullPointerException().isThrownBy(() -> StreamId.of(null)).withMessage("Stream id");
    }

    @Test
    void ids_that_look_alike_differ() {
        assertThat(StreamId.of("order-a"))
                .isNotEqualTo(StreamId.of("ORDER-A"))
                .isNotEqualTo(StreamId.of("order-\uFF41"))
                .isNotEqualTo(StreamId.of("order-\u0430"));
        assertThat(StreamId.of("\u00E9")).isNotEqualTo(StreamId.of("e\u0301"));
    }

    @Property
    void ids_are_ordered_by_the_unsigned_bytes_of_their_utf_8_form(
            @ForAll("texts") String left, @ForAll("texts") String right) {
        int byBytes =
                Arrays.compareUnsigned(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));

        assertThat(Integer.signum(StreamId.of(left).compareTo(StreamId.of(right))))
                .isEqualTo(Integer.signum(byBytes));
    }

    @Test
    void the_order_is_not_that_of_strings() {
        StreamId lastOfTheBasicPlane = StreamId.of("\uFFFD");
        StreamId beyondIt = StreamId.of("\uD83D\uDE00");

        assertThat(lastOfTheBasicPlane).isLessThan(beyondIt);
        assertThat(lastOfTheBasicPlane.value()).isGreaterThan(beyondIt.value());
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "a",
                        "b",
                        "~",
                        "\u00E9",
                        "\u07FF",
                        "\uD7FF",
                        "\uE000",
                        "\uFFFD",
                        "\uD800\uDC00",
                        "\uD83D\uDE00",
                        "\uDBFF\uDFFF")
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(parts -> String.join("", parts));
    }
}
