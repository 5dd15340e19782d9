package io.eventcore;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;

class ExpectedVersionTest {
    private static final StreamVersion ONE = StreamVersion.of(1);
    private static final StreamVersion TWO = StreamVersion.of(2);

    @Test
    void an_exact_version_is_met_by_that_version_only() {
        assertThat(exactly(1).isMetBy(ONE)).isTrue();
        assertThat(exactly(1).isMetBy(TWO)).isFalse();
        assertThat(exactly(1).isMetBy(StreamVersion.NONE)).isFalse();
        assertThat(exactly(ONE)).isEqualTo(exactly(1)).isNotEqualTo(exactly(2));
    }

    @Test
    void no_stream_is_the_same_as_exactly_no_event() {
        assertThat(noStream()).isEqualTo(exactly(0));
        assertThat(noStream().isMetBy(StreamVersion.NONE)).isTrue();
        assertThat(noStream().isMetBy(ONE)).isFalse();
    }

    @Test
    void an_existing_stream_may_have_any_version_but_none() {
        assertThat(streamExists().isMetBy(StreamVersion.NONE)).isFalse();
        assertThat(streamExists().isMetBy(ONE)).isTrue();
        assertThat(streamExists().isMetBy(StreamVersion.of(Long.MAX_VALUE))).isTrue();
        assertThat(streamExists()).isEqualTo(streamExists()).isNotEqualTo(any());
    }

    @Test
    void whoever_does_not_care_is_met_by_everything() {
        assertThat(any().isMetBy(StreamVersion.NONE)).isTrue();
        assertThat(any().isMetBy(TWO)).isTrue();
        assertThat(any()).isEqualTo(any());
    }

    @Test
    void an_expectation_reads_as_the_object_of_a_sentence() {
        assertThat(exactly(3)).hasToString("version 3");
        assertThat(noStream()).hasToString("no stream");
        assertThat(streamExists()).hasToString("an existing stream");
        assertThat(any()).hasToString("any version");
    }

    @Test
    @SuppressWarnings("NullAway")
    void a_version_that_cannot_be_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> exactly(-1));
        assertThatNullPointerException().isThrownBy(() -> exactly(null)).withMessage("version");
    }
}
