package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class GroupCommitSettingsTest {
    @Test
    void one_thing_is_changed_at_a_time() {
        GroupCommitSettings settings =
                GroupCommitSettings.off().withMaxEvents(2).withMaxBytes(3);

        assertThat(settings.enabled()).isFalse();
        assertThat(settings.maxEvents()).isEqualTo(2);
        assertThat(settings.maxBytes()).isEqualTo(3);
        assertThat(settings.withMaxEvents(2)).isEqualTo(settings).hasSameHashCodeAs(settings);
        assertThat(settings.withMaxBytes(4)).isNotEqualTo(settings);
        assertThat(GroupCommitSettings.defaults()).isNotEqualTo(GroupCommitSettings.off());
    }

    @Test
    void a_bound_below_one_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GroupCommitSettings.defaults().withMaxEvents(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GroupCommitSettings.defaults().withMaxBytes(0));
    }
}
