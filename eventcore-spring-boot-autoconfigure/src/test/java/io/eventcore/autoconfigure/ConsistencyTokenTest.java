package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.web.AwaitsProjection;
import io.eventcore.web.ConsistencyToken;
import io.eventcore.web.ConsistencyTokenInterceptor;
import io.eventcore.web.ConsistencyTokenWriter;
import io.eventcore.web.ProjectionBehindException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** A query that brings the token of a command sees what the command did. */
class ConsistencyTokenTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private static WebApplicationContextRunner application() {
        return new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Applications.ownAutoConfigurations()))
                .withConfiguration(AutoConfigurations.of(
                        JacksonAutoConfiguration.class,
                        TransactionAutoConfiguration.class,
                        DataSourceAutoConfiguration.class,
                        DataSourceTransactionManagerAutoConfiguration.class,
                        JdbcTemplateAutoConfiguration.class,
                        DispatcherServletAutoConfiguration.class,
                        WebMvcAutoConfiguration.class))
                .withUserConfiguration(Total.class)
                .withBean(Controller.class)
                .withPropertyValues(
                        "eventcore.event-packages=io.eventcore.autoconfigure.bank",
                        "spring.datasource.url=" + Applications.newH2());
    }

    @Test
    void a_query_waits_for_what_the_command_has_written() {
        run(application(), (http, application) -> {
            Total total = application.getBean(Total.class);
            total.hold = new CountDownLatch(1);
            String token = token(http.post().uri("/deposits").exchange());
            Thread asking = Thread.currentThread();
            Thread opener = new Thread(() -> {
                awaitWaiting(asking);
                total.hold.countDown();
            });

            opener.start();
            MvcTestResult answer = http.get()
                    .uri("/total")
                    .header(ConsistencyToken.HEADER, token)
                    .exchange();

            assertThat(answer).hasStatusOk().bodyText().isEqualTo("5");
            assertThat(answer.getResponse().containsHeader(ConsistencyToken.HEADER))
                    .isFalse();
            opener.join();
        });
    }

    @Test
    void without_a_token_nobody_waits() {
        run(application(), (http, application) -> {
            application.getBean(Total.class).hold = new CountDownLatch(1);
            http.post().uri("/deposits").exchange();

            assertThat(http.get().uri("/total")).hasStatusOk().bodyText().isEqualTo("0");

            application.getBean(Total.class).hold.countDown();
        });
    }

    @Test
    void a_projection_that_does_not_come_so_far_in_time_is_an_answer_of_its_own() {
        run(application().withPropertyValues("eventcore.web.consistency-token.timeout=20ms"), (http, application) -> {
            application.getBean(Total.class).hold = new CountDownLatch(1);
            String token = token(http.post().uri("/deposits").exchange());

            MvcTestResult answer = http.get()
                    .uri("/total")
                    .header(ConsistencyToken.HEADER, token)
                    .exchange();

            assertThat(answer).hasStatus(503).hasHeader("Retry-After", "1");
            assertThat(answer.getUnresolvedException()).isNull();
            assertThat(answer.getMvcResult().getResolvedException())
                    .isInstanceOfSatisfying(ProjectionBehindException.class, behind -> {
                        assertThat(behind.outcome()).isEqualTo(AwaitOutcome.TIMED_OUT);
                        assertThat(behind.projection()).isEqualTo("total");
                    });
            application.getBean(Total.class).hold.countDown();
        });
    }

    @Test
    void a_paused_projection_is_not_waited_for_and_the_status_can_be_set() {
        run(
                application().withPropertyValues("eventcore.web.consistency-token.behind-status=409"),
                (http, application) -> {
                    application.getBean(ProjectionRunner.class).pause("total");
                    String token = token(http.post().uri("/deposits").exchange());

                    MvcTestResult answer = http.get()
                            .uri("/total")
                            .header(ConsistencyToken.HEADER, token)
                            .exchange();

                    assertThat(answer).hasStatus(409).doesNotContainHeader("Retry-After");
                    assertThat(answer.getMvcResult().getResolvedException())
                            .isInstanceOfSatisfying(
                                    ProjectionBehindException.class,
                                    behind -> assertThat(behind.outcome()).isEqualTo(AwaitOutcome.STOPPED));
                });
    }

    @Test
    void what_is_no_token_is_a_bad_request_and_only_where_somebody_waits() {
        run(application(), (http, application) -> {
            for (String bad : new String[] {"-1", "x", "", "9223372036854775808", "1 "}) {
                assertRefused(
                        http.get()
                                .uri("/total")
                                .header(ConsistencyToken.HEADER, bad)
                                .exchange(),
                        "the text that a response has brought");
            }
            assertThat(http.get().uri("/free").header(ConsistencyToken.HEADER, "x"))
                    .hasStatusOk();
        });
    }

    private static void assertRefused(MvcTestResult answer, String rule) {
        assertThat(answer).hasStatus(400).hasContentType(MediaType.APPLICATION_PROBLEM_JSON);
        assertThat(answer).bodyText().contains(rule);
    }

    @Test
    void a_token_that_no_response_has_brought_blocks_nobody() {
        run(application().withPropertyValues("eventcore.web.consistency-token.timeout=1h"), (http, application) -> {
            String token = token(http.post().uri("/deposits").exchange());
            for (String forged : new String[] {"9223372036854775807", String.valueOf(Long.parseLong(token) + 1)}) {
                assertRefused(
                        http.get()
                                .uri("/total")
                                .header(ConsistencyToken.HEADER, forged)
                                .exchange(),
                        "the log does not reach that position");
            }
        });
    }

    @Test
    void of_several_tokens_the_newest_counts_and_none_may_be_something_else() {
        run(application().withPropertyValues("eventcore.web.consistency-token.timeout=1s"), (http, application) -> {
            String first = token(http.post().uri("/deposits").exchange());
            assertThat(http.get().uri("/total").header(ConsistencyToken.HEADER, first))
                    .hasStatusOk();
            application.getBean(Total.class).hold = new CountDownLatch(1);
            String second = token(http.post().uri("/deposits").exchange());

            assertThat(http.get().uri("/total").header(ConsistencyToken.HEADER, first, second))
                    .hasStatus(503);
            assertThat(http.get().uri("/total").header(ConsistencyToken.HEADER, second, first))
                    .hasStatus(503);
            assertThat(http.get().uri("/total").header(ConsistencyToken.HEADER, first + ", " + second))
                    .hasStatus(503);
            assertThat(http.get().uri("/total").header(ConsistencyToken.HEADER, first, "x"))
                    .hasStatus(400);
            application.getBean(Total.class).hold.countDown();
        });
    }

    @Test
    void a_method_that_awaits_a_projection_that_is_not_there_stops_the_start() {
        application()
                .withBean(Mistaken.class)
                .withPropertyValues("spring.main.lazy-initialization=true")
                .run(application -> assertThat(application)
                        .hasFailed()
                        .getFailure()
                        .hasMessageContaining("@AwaitsProjection(\"totals\")")
                        .hasMessageContaining("Mistaken")
                        .hasMessageContaining("there are [total]"));
    }

    @RestController
    static class Mistaken {
        @GetMapping("/mistaken")
        @AwaitsProjection("totals")
        String mistaken() {
            return "";
        }
    }

    @Test
    void the_token_names_the_last_of_several_commands_and_only_what_is_committed() {
        run(application(), (http, application) -> {
            String token = token(http.post().uri("/two-deposits").exchange());
            assertThat(token)
                    .isEqualTo(
                            application.getBean(EventStore.class).lastPosition().toString());

            MvcTestResult rolledBack = http.post().uri("/rolled-back").exchange();
            assertThat(rolledBack).hasStatusOk();
            assertThat(rolledBack.getResponse().containsHeader(ConsistencyToken.HEADER))
                    .isFalse();
            String joined = token(http.post().uri("/in-a-transaction").exchange());
            assertThat(Long.parseLong(joined)).isGreaterThan(Long.parseLong(token));
        });
    }

    @Test
    void it_can_be_switched_off_and_needs_a_servlet_application() {
        application()
                .withPropertyValues("eventcore.web.consistency-token.enabled=false")
                .run(application -> assertThat(application).doesNotHaveBean(ConsistencyTokenWriter.class));
        Applications.withH2().run(application -> assertThat(application).doesNotHaveBean(ConsistencyTokenWriter.class));
        Applications.withH2()
                .withClassLoader(new FilteredClassLoader("org.springframework.web", "jakarta.servlet"))
                .run(Applications::assertWorks);
    }

    @Test
    void to_an_interceptor_of_the_application_ours_gives_way() {
        application()
                .withUserConfiguration(OwnInterceptor.class)
                .run(application -> assertThat(application.getBean(ConsistencyTokenInterceptor.class))
                        .isSameAs(application.getBean("own")));
    }

    @Test
    void a_query_that_awaits_no_projection_or_an_unknown_one_stops_the_start() {
        application()
                .withBean(AwaitingNothing.class)
                .run(application -> assertThat(application)
                        .getFailure()
                        .hasMessageContaining("AwaitingNothing")
                        .hasMessageContaining("names no projection")
                        .hasMessageContaining("[total]"));
        application()
                .withBean(AwaitingUnknown.class)
                .run(application -> assertThat(application)
                        .getFailure()
                        .hasMessageContaining("there is no projection 'totl'; there are [total]"));
    }

    @RestController
    static class AwaitingNothing {
        @GetMapping("/nothing")
        @AwaitsProjection({})
        String nothing() {
            return "";
        }
    }

    @RestController
    static class AwaitingUnknown {
        @GetMapping("/unknown")
        @AwaitsProjection("totl")
        String unknown() {
            return "";
        }
    }

    @Test
    void a_time_out_may_be_as_long_as_a_duration() {
        run(
                application().withPropertyValues("eventcore.web.consistency-token.timeout=106752d"),
                (http, application) -> {
                    String token = token(http.post().uri("/deposits").exchange());

                    assertThat(http.get().uri("/total").header(ConsistencyToken.HEADER, token))
                            .hasStatusOk()
                            .bodyText()
                            .isEqualTo("5");
                });
    }

    @FunctionalInterface
    private interface Check {
        void of(MockMvcTester http, AssertableWebApplicationContext application) throws Exception;
    }

    private static void run(WebApplicationContextRunner runner, Check check) {
        ContextConsumer<AssertableWebApplicationContext> consumer =
                application -> check.of(MockMvcTester.from(application), application);
        runner.run(consumer);
    }

    /** Returns when a thread waits for a projection. */
    private static void awaitWaiting(Thread thread) {
        while (Arrays.stream(thread.getStackTrace())
                .noneMatch(call -> call.getMethodName().equals("awaitPosition"))) {
            Thread.onSpinWait();
        }
    }

    private static String token(MvcTestResult answer) {
        assertThat(answer).hasStatusOk().containsHeader(ConsistencyToken.HEADER);
        return Objects.requireNonNull(answer.getResponse().getHeader(ConsistencyToken.HEADER));
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnInterceptor {
        @Bean
        ConsistencyTokenInterceptor own(ProjectionRunner runner) {
            return new ConsistencyTokenInterceptor(runner, Duration.ZERO, HttpStatus.CONFLICT);
        }
    }

    /** The sum of all deposits, kept by a projection that can be held up. */
    @Configuration(proxyBeanMethods = false)
    static class Total {
        final AtomicLong cents = new AtomicLong();
        volatile CountDownLatch hold = new CountDownLatch(0);

        @Bean
        Projection<BankEvent> totalProjection() {
            return Projection.named("total", BankEvent.class)
                    .atLeastOnce()
                    .on(Deposited.class, event -> {
                        assertThat(hold.await(60, TimeUnit.SECONDS)).isTrue();
                        cents.addAndGet(event.event().cents());
                    })
                    .build();
        }
    }

    @RestController
    static class Controller {
        private final CommandExecutor commands;
        private final Total total;
        private final TransactionTemplate transaction;

        Controller(CommandExecutor commands, Total total, PlatformTransactionManager transactionManager) {
            this.commands = commands;
            this.total = total;
            this.transaction = new TransactionTemplate(transactionManager);
        }

        @PostMapping("/deposits")
        String deposit() {
            commands.execute(new DepositMoney(ADA, 5));
            return "";
        }

        @PostMapping("/two-deposits")
        String depositTwice() {
            deposit();
            return deposit();
        }

        @PostMapping("/in-a-transaction")
        String depositInTransaction() {
            transaction.executeWithoutResult(status -> deposit());
            return "";
        }

        @PostMapping("/rolled-back")
        String rollBack() {
            transaction.executeWithoutResult(status -> {
                deposit();
                status.setRollbackOnly();
            });
            return "";
        }

        @GetMapping("/free")
        String free() {
            return "";
        }

        @GetMapping("/total")
        @AwaitsProjection("total")
        String total() {
            return String.valueOf(total.cents.get());
        }
    }
}
