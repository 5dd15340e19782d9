package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The text of exceptions may quote events: it is dropped, unless a developer asks for it. */
@ExtendWith(OutputCaptureExtension.class)
class ShownExceptionTextTest {
    @Test
    void the_text_is_dropped() {
        assertThat(failureOf(Applications.withoutDatabase())).doesNotContain("not-a-number");
    }

    @Test
    void a_developer_may_ask_for_it_and_is_warned(CapturedOutput output) {
        String shown =
                failureOf(Applications.withoutDatabase().withPropertyValues("eventcore.show-exception-text=true"));

        assertThat(shown).contains("not-a-number");
        assertThat(output).contains("set eventcore.show-exception-text=true in development only");
        assertThat(failureOf(Applications.withoutDatabase())).doesNotContain("not-a-number");
    }

    private static String failureOf(ApplicationContextRunner runner) {
        StringWriter text = new StringWriter();
        runner.run(application -> catchThrowable(() -> application
                        .getBean(EventSerializer.class)
                        .deserialize(SerializedEvent.of(
                                "bank.deposited",
                                "{\"account\":\"a\",\"cents\":\"not-a-number\"}".getBytes(StandardCharsets.UTF_8))))
                .printStackTrace(new PrintWriter(text)));
        return text.toString();
    }
}
