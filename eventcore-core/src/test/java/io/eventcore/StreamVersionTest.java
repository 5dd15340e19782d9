package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class StreamVersionTest {
    @Test
    void a_stream_without_events_does_not_exist() {
        assertThat(StreamVersion.NONE).isEqualTo(StreamVersion.of(0)).hasToString("0");
        assertThat(StreamVersion.NONE.exists()).isFalse();
        assertThat(StreamVersion.of(1).exists()).isTrue();
    }

    @Test
    void the_first_event_has_version_one() {
        assertThat(StreamVersion.NONE.next()).isEqualTo(StreamVersion.of(1));
        assertThat(StreamVersion.of(41).next()).isEqualTo(StreamVersion.of(42));
    }

    @Test
    void there_is_no_version_after_the_last_number() {
        assertThatExceptionOfType(ArithmeticException.class)
                .isThrownBy(() -> StreamVersion.of(Long.MAX_VALUE).next());
    }

    @Test
    void versions_are_ordered_by_number() {
        assertThat(StreamVersion.of(9)).isLessThan(StreamVersion.of(10));
        assertThat(StreamVersion.of(9)).isEqualByComparingTo(StreamVersion.of(9));
    }

    @Test
    void a_negative_version_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamVersion.of(-1))
                .withMessage("Stream version must not be negative, is -1");
    }
}
