package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;

class RequireTest {
    @Test
    void what_holds_is_passed_over() {
        Require.that(true, "never shown %s", "here");
    }

    @Test
    void what_does_not_hold_is_a_violated_rule() {
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> Require.that(false, "balance is %d, needed are %d", 5, 7))
                .withMessage("balance is 5, needed are 7");
    }

    @Test
    void a_message_without_arguments_is_taken_as_it_is() {
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> Require.that(false, "100 % or nothing"))
                .withMessage("100 % or nothing");
    }
}
