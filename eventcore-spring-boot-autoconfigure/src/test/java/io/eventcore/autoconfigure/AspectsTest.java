package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreEndpoint.Overview;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventSerializer;
import io.micrometer.tracing.test.simple.SimpleTracer;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.aspectj.lang.ProceedingJoinPoint;
import org.aspectj.lang.annotation.Around;
import org.aspectj.lang.annotation.Aspect;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Aspects of the application reach every service of ours, by proxies of either kind, and a wide pointcut stops no start. */
class AspectsTest {
    /** Without the store, which with metrics is observed outside of the advice. */
    private static final List<String> SERVICES = List.of(
            "appendMetrics",
            "applicationEventRelay",
            "commandExecutor",
            "commandObservations",
            "consistencyTokenWriter",
            "eventCoreEndpoint",
            "eventSerializer",
            "executedCommands",
            "kafkaRelay",
            "projectionObservations",
            "projectionRunner",
            "projectionStore",
            "projectionTracing",
            "snapshotMetrics",
            "snapshotStore");

    static Stream<WebApplicationContextRunner> applications() {
        return Stream.of("jdbc", "in-memory")
                .flatMap(store -> Stream.of(true, false)
                        .map(classes -> everything()
                                .withPropertyValues(
                                        "eventcore.store=" + store, "spring.aop.proxy-target-class=" + classes)));
    }

    @ParameterizedTest
    @MethodSource("applications")
    void an_aspect_on_everything_of_ours_advises_each_service_and_stops_no_start(WebApplicationContextRunner runner) {
        runner.withBean(OnEverything.class).run(application -> {
            assertThat(application).hasNotFailed();
            Applications.assertWorks(application);

            assertThat(SERVICES).allMatch(service -> AopUtils.isAopProxy(application.getBean(service)), "is advised");
            assertThat(application.getBean(OnEverything.class).advised)
                    .contains("appendEvents", "execute", "readStreams", "serialize");
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void an_aspect_on_store_and_executor_sees_what_a_command_does(WebApplicationContextRunner runner) {
        runner.withPropertyValues("eventcore.metrics.enabled=false")
                .withBean(OnStoreAndExecutor.class)
                .run(application -> {
                    Applications.assertWorks(application);

                    assertThat(AopUtils.isAopProxy(application.getBean(EventStore.class)))
                            .isTrue();
                    assertThat(application.getBean(OnStoreAndExecutor.class).advised)
                            .containsExactly(
                                    "appendEvents",
                                    "execute",
                                    "internals",
                                    "readStream",
                                    "readStreams",
                                    "streamVersion");
                });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void beans_that_the_application_makes_of_our_classes_can_be_advised_too(WebApplicationContextRunner runner) {
        runner.withUserConfiguration(Own.class)
                .withBean(OnStoreAndExecutor.class)
                .run(application -> {
                    Applications.assertWorks(application);

                    assertThat(application.getBean(OnStoreAndExecutor.class).advised)
                            .contains("appendEvents", "execute");
                });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void projections_and_reactions_that_are_put_together_can_be_advised(WebApplicationContextRunner runner) {
        runner.withUserConfiguration(PutTogether.class)
                .withBean(OnEverything.class)
                .run(application -> assertThat(
                                application.getBean(ProjectionRunner.class).names())
                        .contains("balances", "bonuses"));
    }

    @ParameterizedTest
    @MethodSource("applications")
    void what_the_endpoint_tells_of_the_store_is_the_same_with_advice(WebApplicationContextRunner runner) {
        runner.run(plain -> runner.withBean(OnEverything.class).run(advised -> {
            assertThat(described(advised)).isEqualTo(described(plain));
            assertThat(described(advised).type()).isIn("jdbc", "in-memory");
        }));
    }

    private static EventCoreEndpoint.Store described(ApplicationContext application) {
        Object answer = application.getBean(EventCoreEndpoint.class).overview().getBody();
        return ((Overview) Objects.requireNonNull(answer)).stores().get(0);
    }

    private static WebApplicationContextRunner everything() {
        return new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Applications.ownAutoConfigurations()))
                .withConfiguration(AutoConfigurations.of(
                        AopAutoConfiguration.class,
                        JacksonAutoConfiguration.class,
                        TransactionAutoConfiguration.class,
                        DataSourceAutoConfiguration.class,
                        DataSourceTransactionManagerAutoConfiguration.class,
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class,
                        ObservationAutoConfiguration.class,
                        MicrometerTracingAutoConfiguration.class,
                        KafkaAutoConfiguration.class,
                        DispatcherServletAutoConfiguration.class,
                        WebMvcAutoConfiguration.class))
                .withBean(SimpleTracer.class)
                .withPropertyValues(
                        "eventcore.event-packages=io.eventcore.autoconfigure.bank",
                        "eventcore.application-events.enabled=true",
                        "eventcore.kafka.topic=events",
                        "eventcore.projections.enabled=false", // there is no broker
                        "management.endpoints.web.exposure.include=eventcore",
                        "spring.datasource.url=" + Applications.newH2());
    }

    /** Remembers the names of the methods it is called around. */
    static class Recorder {
        final Set<String> advised = new ConcurrentSkipListSet<>();

        Object record(ProceedingJoinPoint call) throws Throwable {
            advised.add(call.getSignature().getName());
            return call.proceed();
        }
    }

    @Aspect
    static class OnEverything extends Recorder {
        @Around("within(io.eventcore..*)")
        Object around(ProceedingJoinPoint call) throws Throwable {
            return record(call);
        }
    }

    @Aspect
    static class OnStoreAndExecutor extends Recorder {
        @Around("execution(* io.eventcore.EventStore.*(..)) || execution(* io.eventcore.EventReader.*(..))"
                + " || execution(* io.eventcore.command.CommandExecutor.execute(..))")
        Object around(ProceedingJoinPoint call) throws Throwable {
            return record(call);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PutTogether {
        @Bean
        Projection<BankEvent> balances() {
            return Projection.named("balances", BankEvent.class)
                    .on(Deposited.class, event -> {})
                    .build();
        }

        @Bean
        Reaction<BankEvent> bonuses() {
            return Reaction.named("bonuses", BankEvent.class)
                    .on(Deposited.class, event -> List.of())
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Own {
        @Bean
        EventStore ownStore(DataSource dataSource, EventSerializer serializer) {
            JdbcSchema.in(dataSource).create();
            return JdbcDatabase.of(dataSource).eventStore(serializer);
        }

        @Bean
        CommandExecutor ownExecutor(EventStore store) {
            return CommandExecutor.builder(store).build();
        }

        @Bean
        ProjectionStore ownProjections(DataSource dataSource, EventStore afterTheTables) {
            return JdbcDatabase.of(dataSource).projectionStore();
        }

        @Bean
        ProjectionRunner ownRunner(EventStore store, ProjectionStore projections) {
            return ProjectionRunner.builder(store, projections).build();
        }
    }
}
