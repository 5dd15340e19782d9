package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SureLogTest {
    private final AtomicLong nanos = new AtomicLong(-3);
    private final SureLog log = new SureLog(1_000, nanos::get);

    @Test
    void nothing_is_sure_before_the_first_look() {
        assertThat(log.isSure()).isFalse();
    }

    @Test
    void after_a_look_it_is_sure_until_one_is_to_look_again_and_then_for_the_others() {
        log.found(log.look());
        assertThat(log.isSure()).isTrue();

        nanos.addAndGet(600);

        assertThat(log.isSure()).as("the first looks").isFalse();
        assertThat(log.isSure()).as("the others need not").isTrue();
    }

    @Test
    void nobody_is_sure_if_the_one_that_was_to_look_has_found_nothing_in_time() {
        log.found(log.look());
        nanos.addAndGet(600);
        assertThat(log.isSure()).isFalse();

        nanos.addAndGet(401);

        assertThat(log.isSure()).isFalse();
        assertThat(log.isSure()).isFalse();
    }

    @Test
    void a_look_that_began_before_a_doubt_does_not_end_it() {
        SureLog.Look before = log.look();
        log.doubt();

        log.found(before);

        assertThat(log.isSure()).isFalse();
        log.found(log.look());
        assertThat(log.isSure()).isTrue();
        log.found(before);
        assertThat(log.isSure()).as("an old answer does not replace a new one").isTrue();
    }
}
