package io.eventcore.autoconfigure;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.CommandOutcomeUnknownException;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.ExpectedVersion;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.CommandIdReusedException;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.web.AwaitsProjection;
import io.eventcore.web.ConsistencyToken;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** What a client reads when a command or a query fails, and what it does not read. */
@ExtendWith(OutputCaptureExtension.class)
class ProblemDetailsTest {
    private static final String SECRET = "s3cr3t";
    private static final StreamId STREAM = StreamId.of("account-" + SECRET);

    private static VersionConflictException versionConflict() {
        return new VersionConflictException(STREAM, ExpectedVersion.exactly(StreamVersion.of(1)), StreamVersion.of(2));
    }

    private static RuntimeException cause() {
        return new IllegalStateException(SECRET);
    }

    private static final Map<String, Supplier<RuntimeException>> FAILURES = Map.ofEntries(
            entry("rejected", () -> new BusinessRuleViolationException("The account is closed")),
            entry("own-status", NoSuchAccount::new),
            entry("conflict", ProblemDetailsTest::versionConflict),
            entry("exhausted", () -> new RetriesExhaustedException("Deposit", 5, Duration.ZERO, versionConflict())),
            entry("busy", () -> new RetriesExhaustedException("Deposit", 5, Duration.ZERO, transientFailure())),
            entry("reused", () -> new CommandIdReusedException(CommandId.of("web", SECRET), "Deposit")),
            entry("unavailable", () -> new EventStoreUnavailableException("The disk is full", cause())),
            entry("transient", ProblemDetailsTest::transientFailure),
            entry(
                    "unknown",
                    () -> new AppendOutcomeUnknownException(
                            StreamWrites.empty().registerStream(STREAM, ExpectedVersion.any()), cause())),
            entry("unknown-command", () -> new CommandOutcomeUnknownException("web/" + SECRET, cause())),
            entry("other", () -> new IllegalStateException(SECRET)));

    private static EventStoreException transientFailure() {
        return new TransientEventStoreException("A deadlock", cause());
    }

    private static WebApplicationContextRunner application() {
        return new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Applications.ownAutoConfigurations()))
                .withConfiguration(AutoConfigurations.of(
                        JacksonAutoConfiguration.class,
                        HttpMessageConvertersAutoConfiguration.class,
                        TransactionAutoConfiguration.class,
                        DispatcherServletAutoConfiguration.class,
                        WebMvcAutoConfiguration.class))
                .withBean(Controller.class)
                .withPropertyValues("eventcore.event-packages=io.eventcore.autoconfigure.bank");
    }

    @Test
    void every_failure_has_its_status_and_tells_no_more_than_it_should(CapturedOutput output) {
        run(application(), http -> {
            assertProblem(http, "/fail/rejected", 422).contains("The account is closed");
            assertProblem(http, "/fail/conflict", 409);
            assertProblem(http, "/fail/exhausted", 409).contains("5 attempts");
            assertProblem(http, "/fail/reused", 409);
            assertProblem(http, "/fail/unknown", 500).contains("not known");
            assertProblem(http, "/fail/unknown-command", 503).contains("not known", "again with the same id");
            for (String path : List.of("busy", "unavailable", "transient", "unknown-command")) {
                assertProblem(http, "/fail/" + path, 503);
                assertThat(http.get().uri("/fail/" + path)).hasHeader("Retry-After", "1");
            }
        });
        assertThat(output.getAll()).doesNotContain("\tat ").doesNotContain(SECRET);
    }

    @Test
    void a_text_that_is_no_stream_id_is_a_bad_request_wherever_it_is_made_one() {
        run(application(), http -> {
            assertProblem(http, "/streams/a*b", 400).contains("must not contain any of");
            assertProblem(http, "/names/a*b", 400).contains("must not contain any of");
            assertThat(http.get().uri("/streams/ab")).hasStatusOk().bodyText().isEqualTo("ab");
            assertThat(http.get().uri("/numbers/x")).hasStatus(400);
        });
    }

    @Test
    void what_says_its_status_itself_and_what_is_not_ours_is_left_alone() {
        run(application(), http -> {
            assertThat(http.get().uri("/fail/own-status")).hasStatus(404);
            assertThat(http.get().uri("/fail/other").exchange().getUnresolvedException())
                    .hasRootCauseMessage(SECRET);
        });
    }

    @Test
    void the_handlers_of_the_application_win() {
        run(application().withBean(Handlers.class), http -> {
            assertThat(http.get().uri("/fail/rejected")).hasStatus(418);
            assertThat(http.get().uri("/fail/unavailable")).hasStatus(418);
        });
        run(application().withBean(OwnHandler.class), http -> {
            assertThat(http.get().uri("/own/rejected")).hasStatus(417);
            assertThat(http.get().uri("/fail/rejected")).hasStatus(422);
        });
    }

    @Test
    void a_projection_that_is_behind_is_a_problem_detail() {
        run(
                application()
                        .withBean("stuck", Projection.class, ProblemDetailsTest::stuck)
                        .withBean(Waiting.class)
                        .withPropertyValues("eventcore.web.consistency-token.timeout=30s"),
                http -> {
                    assertThat(http.get().uri("/deposit")).hasStatusOk();
                    MvcTestResult answer = http.get()
                            .uri("/waiting")
                            .header(ConsistencyToken.HEADER, "1")
                            .exchange();
                    assertThat(answer).hasStatus(503).hasHeader("Retry-After", "1");
                    assertThat(answer).hasContentType("application/problem+json");
                    assertThat(answer).bodyText().contains("stuck", "STOPPED");
                });
    }

    @Test
    void it_can_be_switched_off() {
        run(
                application().withPropertyValues("eventcore.web.problem-details.enabled=false"),
                http -> assertThat(http.get().uri("/fail/rejected").exchange().getUnresolvedException())
                        .hasRootCauseInstanceOf(BusinessRuleViolationException.class));
        Applications.withH2().run(application -> assertThat(application).doesNotHaveBean(EventCoreProblems.class));
    }

    private static Projection<?> stuck() {
        return Projection.named("stuck", BankEvent.class)
                .atLeastOnce()
                .on(BankEvent.class, event -> {
                    throw new IllegalStateException(SECRET);
                })
                .onError(failure -> FailureDecision.FAIL)
                .build();
    }

    private static AbstractStringAssert<?> assertProblem(MockMvcTester http, String path, int status) {
        MvcTestResult answer = http.get().uri(path).exchange();
        assertThat(answer).as(path).hasStatus(status).hasContentType("application/problem+json");
        String body = new String(answer.getResponse().getContentAsByteArray(), StandardCharsets.UTF_8);
        assertThat(body).as(path).doesNotContain(SECRET).contains("\"status\":" + status);
        return assertThat(body);
    }

    private interface Check {
        void of(MockMvcTester http) throws Exception;
    }

    private static void run(WebApplicationContextRunner runner, Check check) {
        runner.run(application -> check.of(MockMvcTester.from(application)));
    }

    @ResponseStatus(HttpStatus.NOT_FOUND)
    private static final class NoSuchAccount extends BusinessRuleViolationException {
        private static final long serialVersionUID = 1L;

        private NoSuchAccount() {
            super("There is no such account");
        }
    }

    @RestController
    static class Controller {
        @GetMapping("/fail/{how}")
        String fail(@PathVariable String how) {
            throw Objects.requireNonNull(FAILURES.get(how), how).get();
        }

        @GetMapping("/streams/{id}")
        String stream(@PathVariable StreamId id) {
            return id.value();
        }

        @GetMapping("/names/{id}")
        String name(@PathVariable String id) {
            return StreamId.of(id).value();
        }

        @GetMapping("/numbers/{number}")
        String number(@PathVariable long number) {
            return String.valueOf(number);
        }
    }

    @RestController
    static class Waiting {
        private final CommandExecutor commands;
        private final ProjectionRunner runner;

        Waiting(CommandExecutor commands, ProjectionRunner runner) {
            this.commands = commands;
            this.runner = runner;
        }

        @GetMapping("/deposit")
        String deposit() {
            runner.pause("stuck");
            commands.execute(new DepositMoney(StreamId.of("a"), 1));
            return "";
        }

        @GetMapping("/waiting")
        @AwaitsProjection("stuck")
        String waiting() {
            return "";
        }
    }

    @RestControllerAdvice
    static class Handlers {
        @ExceptionHandler
        ProblemDetail anything(RuntimeException failure) {
            return ProblemDetail.forStatus(418);
        }
    }

    @RestController
    static class OwnHandler {
        @GetMapping("/own/rejected")
        String fail() {
            throw new BusinessRuleViolationException("no");
        }

        @ExceptionHandler
        ProblemDetail rejected(BusinessRuleViolationException rejection) {
            return ProblemDetail.forStatus(417);
        }
    }
}
