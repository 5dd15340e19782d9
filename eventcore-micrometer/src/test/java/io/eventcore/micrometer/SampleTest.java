package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SampleTest {
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger now = new AtomicInteger();

    @Test
    void within_a_second_the_source_is_asked_once() {
        Sample<Integer> sample = new Sample<>(asked::incrementAndGet, this::nanos);

        assertThat(sample.value()).contains(1);
        now.set(999);
        assertThat(sample.value()).contains(1);
        now.set(1_001);
        assertThat(sample.value()).contains(2);
    }

    @Test
    void a_failure_is_no_value_and_is_remembered_as_long() {
        Sample<Integer> sample = new Sample<>(
                () -> {
                    asked.incrementAndGet();
                    throw new IllegalStateException("no answer");
                },
                this::nanos);

        assertThat(sample.value()).isEmpty();
        assertThat(sample.value()).isEmpty();

        assertThat(asked).hasValue(1);
    }

    private long nanos() {
        return now.get() * 1_000_000L;
    }
}
