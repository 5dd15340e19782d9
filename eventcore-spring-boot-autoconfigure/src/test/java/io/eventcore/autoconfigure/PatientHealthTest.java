package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/** A database that never answers holds up nobody who asks for its health. */
class PatientHealthTest {
    private final CountDownLatch answers = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void a_question_without_an_answer_is_down_asked_once_and_up_when_the_answer_comes() throws Exception {
        PatientHealth health = new PatientHealth("acme", () -> {
            asked.incrementAndGet();
            try {
                answers.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Health.up().build();
        });

        for (int i = 0; i < 3; i++) {
            Health silent = health.health();
            assertThat(silent.getStatus()).isEqualTo(Status.DOWN);
            assertThat(silent.getDetails()).containsEntry("failure", "The database has not answered for 5 s");
        }
        assertThat(asked).hasValue(1);
        answers.countDown();

        await().untilAsserted(() -> assertThat(health.health().getStatus()).isEqualTo(Status.UP));
    }

    @Test
    void of_code_that_throws_only_the_type_is_told() {
        PatientHealth health = new PatientHealth("acme", () -> {
            throw new AssertionError("canary");
        });

        assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(health.health().getDetails()).containsEntry("failure", AssertionError.class.getName());
    }
}
