package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class AppendLimitsTest {
    @Test
    void the_defaults_are_ten_thousand_events_a_mebibyte_and_sixteen_kibibytes() {
        AppendLimits spelledOut = AppendLimits.defaults()
                .withEvents(10_000)
                .withPayloadBytes(1_048_576)
                .withMetadataBytes(16_384);

        assertThat(AppendLimits.defaults()).isEqualTo(spelledOut).hasSameHashCodeAs(spelledOut);
        assertThat(AppendLimits.defaults()).isNotEqualTo(spelledOut.withEvents(9_999));
    }

    @Test
    void a_limit_is_inclusive() {
        AppendLimits limits =
                AppendLimits.defaults().withEvents(2).withPayloadBytes(3).withMetadataBytes(4);

        limits.checkEvents(2);
        limits.checkPayloadBytes(3);
        limits.checkMetadataBytes(4);
    }

    @Test
    void what_exceeds_a_limit_is_named_with_both_numbers() {
        AppendLimits limits =
                AppendLimits.defaults().withEvents(2).withPayloadBytes(3).withMetadataBytes(4);

        assertThatExceptionOfType(AppendLimitExceededException.class)
                .isThrownBy(() -> limits.checkPayloadBytes(5))
                .withMessage("At most 3 bytes of payload per event are accepted, the append has 5")
                .satisfies(refusal -> {
                    assertThat(refusal.what()).isEqualTo("bytes of payload per event");
                    assertThat(refusal.limit()).isEqualTo(3);
                    assertThat(refusal.actual()).isEqualTo(5);
                });
        assertThatExceptionOfType(AppendLimitExceededException.class)
                .isThrownBy(() -> limits.checkEvents(3))
                .withMessageContaining("2 events");
        assertThatExceptionOfType(AppendLimitExceededException.class)
                .isThrownBy(() -> limits.checkMetadataBytes(5))
                .withMessageContaining("4 bytes of metadata");
    }

    @Test
    void a_limit_above_what_an_export_can_write_is_refused() {
        AppendLimits largest =
                AppendLimits.defaults().withPayloadBytes(256 * 1024 * 1024).withMetadataBytes(16 * 1024 * 1024);

        assertThatIllegalArgumentException().isThrownBy(() -> largest.withPayloadBytes(largest.payloadBytes() + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> largest.withMetadataBytes(largest.metadataBytes() + 1));
    }

    @Test
    void a_limit_below_one_is_refused() {
        for (int bad : new int[] {0, -1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> AppendLimits.defaults().withEvents(bad));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> AppendLimits.defaults().withPayloadBytes(bad));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> AppendLimits.defaults().withMetadataBytes(bad));
        }
    }
}
