package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class GlobalPositionTest {
    @Test
    void the_start_lies_before_every_event() {
        assertThat(GlobalPosition.START).isEqualTo(GlobalPosition.of(0)).isLessThan(GlobalPosition.of(1));
    }

    @Test
    void positions_are_ordered_by_number() {
        assertThat(GlobalPosition.of(9)).isLessThan(GlobalPosition.of(10)).hasToString("9");
    }

    @Test
    void a_negative_position_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GlobalPosition.of(-1))
                .withMessage("Global position must not be negative, is -1");
    }
}
