package io.eventcore.autoconfigure;

import static io.eventcore.autoconfigure.ViewsOverHttp.assertUntold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.ViewsOverHttp.On;
import io.eventcore.autoconfigure.notes.NoteTaken;
import io.eventcore.autoconfigure.notes.TakeNote;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;

/** What the overview says beside stores and positions, and what the log says of those who act. */
@ExtendWith(OutputCaptureExtension.class)
class EndpointOverviewTest {
    private static final StreamId NOTES = StreamId.of("notes-1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @ParameterizedTest
    @EnumSource(On.class)
    void it_has_health_meters_owners_and_what_is_hidden(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store)) {
            application.application.getBean(CommandExecutor.class).execute(new TakeNote(NOTES, "one"));

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(application
                                    .view("")
                                    .at("/projections/note-list/partitions/0/owner")
                                    .asString(""))
                            .isNotEmpty());
            JsonNode overview = application.view("");
            assertThat(overview.at("/health/status").asString()).isEqualTo("UP");
            assertUntold(overview, "/health/why");
            assertThat(overview.at("/hidden/payloads").asBoolean()).isTrue();
            assertThat(overview.at("/hidden/streamIds").asBoolean()).isTrue();
            assertThat(overview.at("/meters/appends").asLong()).isEqualTo(1);
            assertThat(overview.at("/meters/commands").asLong()).isEqualTo(1);
            assertThat(overview.at("/meters/conflicts").asLong()).isZero();
            assertThat(overview.at("/meters/appendSeconds").asDouble()).isPositive();
            assertUntold(overview, "/projections/note-list/versions");
        }
    }

    @Test
    void it_says_in_one_line_which_projection_has_failed_and_shows_versions_side_by_side() throws Exception {
        try (ViewsOverHttp application =
                ViewsOverHttp.start(List.of(ViewsOverHttp.Application.class, Failing.class), On.H2)) {
            application.append(NOTES, EventMetadata.empty(), new NoteTaken(NOTES, "one"));

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    application.view("").at("/health/status").asString())
                            .isEqualTo("DOWN"));
            JsonNode overview = application.view("");
            assertThat(overview.at("/health/why").asString()).contains("'note-list@2' has failed");
            assertThat(overview.at("/projections/note-list/versions").size()).isEqualTo(2);
            assertThat(overview.at("/projections/note-list/versions/1/version").asInt())
                    .isEqualTo(2);
        }
    }

    @Test
    void each_action_is_logged_with_who_asked(CapturedOutput output) {
        try (ViewsOverHttp application = ViewsOverHttp.on(On.MEMORY, "logging.level.io.eventcore=INFO")) {
            EventCoreEndpoint endpoint = application.application.getBean(EventCoreEndpoint.class);

            endpoint.act(known("ada\nFAKE LINE"), "note-list", "pause", null);
            endpoint.act(known("ada"), "note-list", "reset", null);
            endpoint.act(known("ada"), "note-list", "retry", null);
            endpoint.act(SecurityContext.NONE, "note-list", "resume", null);

            assertThat(output.getAll())
                    .contains("'note-list': PAUSE, as operator 'ada?FAKE LINE' asked")
                    .contains("'note-list': RETRY for 0 parked streams and 0 parked deadlines, as operator 'ada' asked")
                    .contains("'note-list': RESUME, as an operator asked");
        }
    }

    private static SecurityContext known(String name) {
        return new SecurityContext() {
            @Override
            public Principal getPrincipal() {
                return () -> name;
            }

            @Override
            public boolean isUserInRole(String role) {
                return false;
            }
        };
    }

    @Configuration(proxyBeanMethods = false)
    static class Failing {
        @Bean
        Projection<NoteTaken> nextNoteList() {
            return Projection.named("note-list", NoteTaken.class)
                    .version(2)
                    .on(NoteTaken.class, note -> {
                        throw new IllegalStateException("broken");
                    })
                    .onError(failure -> FailureDecision.FAIL)
                    .build();
        }
    }
}
