package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamPrefixTest {
    @Test
    void a_prefix_matches_the_ids_that_begin_with_it_literally() {
        StreamPrefix prefix = StreamPrefix.of("account_");

        assertThat(prefix.matches(StreamId.of("account_7"))).isTrue();
        assertThat(prefix.matches(StreamId.of("account_"))).isTrue();
        assertThat(prefix.matches(StreamId.of("account-7"))).isFalse();
        assertThat(prefix.matches(StreamId.of("Account_7"))).isFalse();
        assertThat(prefix.matches(StreamId.of("my-account_7"))).isFalse();
    }

    @Test
    void a_percent_sign_is_no_wildcard() {
        assertThat(StreamPrefix.of("a%").matches(StreamId.of("ab"))).isFalse();
        assertThat(StreamPrefix.of("a%").matches(StreamId.of("a%b"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a*", "a?", "a[", "a]", "a\u0000", "a\uD83D"})
    void the_rules_of_ids_hold_for_prefixes_too(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamPrefix.of(text))
                .withMessageStartingWith("Stream prefix must ");
    }

    @Test
    void a_prefix_is_stripped() {
        assertThat(StreamPrefix.of(" account- "))
                .isEqualTo(StreamPrefix.of("account-"))
                .hasToString("account-");
    }
}
