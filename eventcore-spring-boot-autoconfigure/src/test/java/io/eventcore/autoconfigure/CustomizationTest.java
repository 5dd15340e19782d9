package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandListener;
import io.eventcore.command.RetryPolicy;
import io.eventcore.serialization.EventCoreJacksonModule;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.OldEvent;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.Upcaster;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/** What the application says counts. */
class CustomizationTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private record Added(String note) implements Event {}

    @Test
    void a_customizer_changes_the_json_of_events_and_leaves_the_applications_alone() {
        Applications.withoutDatabase()
                .withBean(
                        EventSerializerCustomizer.class,
                        () -> mapper -> mapper.propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE))
                .run(application -> {
                    assertThat(payload(application.getBean(EventSerializer.class)))
                            .contains("\"Cents\"");
                    assertThat(application.getBean(JsonMapper.class).writeValueAsString(new Deposited(ADA, 5)))
                            .contains("\"cents\"");
                    Applications.assertWorks(application);
                });
    }

    /** To look for Jackson's modules and to set them up takes long: events, commands and the endpoint share the result. */
    @Test
    void the_json_of_what_is_stored_is_made_once_and_without_a_use_no_other_is_derived_from_it() {
        AtomicInteger made = new AtomicInteger();
        AtomicInteger setUp = new AtomicInteger();
        Applications.withoutDatabase()
                .withPropertyValues("management.endpoints.web.exposure.include=eventcore")
                .withBean(EventSerializerCustomizer.class, () -> mapper -> {
                    made.incrementAndGet();
                    mapper.addModule(new SimpleModule("counted") {
                        @Override
                        public void setupModule(SetupContext context) {
                            setUp.incrementAndGet();
                        }
                    });
                })
                .run(application -> {
                    assertThat(application).hasSingleBean(CommandExecutor.class);
                    assertThat(made).hasValue(1);
                    // The serializer of events adds settings of its own, and so sets them up a second time.
                    assertThat(setUp).hasValue(2);
                    Applications.assertWorks(application);
                });
    }

    @Test
    void customizers_change_the_retry_policy_that_the_properties_describe_in_their_order() {
        Applications.withoutDatabase()
                .withPropertyValues("eventcore.retry.max-attempts=3", "eventcore.retry.jitter=0.1")
                .withUserConfiguration(TwoCustomizers.class)
                .run(application -> assertThat(application.getBean(RetryPolicy.class))
                        .isEqualTo(RetryPolicy.defaults().withMaxAttempts(31).withJitter(0.1)));
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoCustomizers {
        @Bean
        @Order(2)
        RetryPolicyCustomizer second() {
            return policy -> policy.withMaxAttempts(policy.maxAttempts() + 1);
        }

        @Bean
        @Order(1)
        RetryPolicyCustomizer first() {
            return policy -> policy.withMaxAttempts(policy.maxAttempts() * 10);
        }
    }

    @Test
    void ids_are_plain_strings_in_the_applications_own_json_too() {
        Applications.withoutDatabase().run(application -> {
            assertThat(application).hasSingleBean(EventCoreJacksonModule.class);
            assertThat(application.getBean(JsonMapper.class).writeValueAsString(new Deposited(ADA, 5)))
                    .isEqualTo("{\"account\":\"account-ada\",\"cents\":5}");
        });
    }

    private static String payload(EventSerializer serializer) {
        return new String(serializer.serialize(new Deposited(ADA, 5)).payload(), StandardCharsets.UTF_8);
    }

    @Test
    void a_customizer_adds_event_types_to_those_that_were_found() {
        Applications.withoutDatabase()
                .withBean(EventTypesCustomizer.class, () -> types -> types.register(Added.class, "added"))
                .run(application -> assertThat(
                                application.getBean(EventTypes.class).types())
                        .containsExactlyInAnyOrder(Deposited.class, Added.class));
    }

    @Test
    void upcasters_that_are_beans_read_what_was_stored_in_earlier_shapes() {
        Applications.withoutDatabase()
                .withBean(
                        "first",
                        Upcaster.class,
                        () -> Upcaster.from("bank.paid-in")
                                .to("bank.credited", event -> event.object().put("cents", 7)))
                .withBean(
                        "second",
                        Upcaster.class,
                        () -> Upcaster.from("bank.credited").to("bank.deposited", OldEvent::json))
                .run(application -> assertThat(application
                                .getBean(EventSerializer.class)
                                .deserialize(
                                        SerializedEvent.of(
                                                "bank.paid-in",
                                                "{\"account\":\"account-ada\"}".getBytes(StandardCharsets.UTF_8)),
                                        new EventOrigin(UUID.randomUUID(), ADA, EventMetadata.empty(), Instant.EPOCH)))
                        .containsExactly(EventPart.whole(new Deposited(ADA, 7))));
    }

    @Test
    void an_event_class_without_a_name_stops_the_start_with_the_line_to_add() {
        Applications.withoutDatabase()
                .withBean(EventTypesCustomizer.class, () -> types -> types.register(Added.class))
                .run(application -> {
                    FailureAnalysis analysis = Applications.analysisOf(application);
                    assertThat(analysis.getDescription())
                            .contains(Added.class.getName() + ": @EventType(\"customization-test.added\")");
                    assertThat(analysis.getAction()).contains("eventcore.serialization.derive-event-names=true");
                });
    }

    @Test
    void a_prototype_may_derive_names_from_classes() {
        Applications.withoutDatabase()
                .withPropertyValues("eventcore.serialization.derive-event-names=true")
                .withBean(EventTypesCustomizer.class, () -> types -> types.register(Added.class))
                .run(application -> assertThat(
                                application.getBean(EventTypes.class).nameOf(Added.class))
                        .isEqualTo("Added"));
    }

    @Test
    void event_types_are_found_in_the_packages_of_the_application() {
        Applications.withoutDatabase()
                .withPropertyValues("eventcore.event-packages=")
                .withUserConfiguration(InTheBanksPackage.class)
                .run(application -> assertThat(
                                application.getBean(EventTypes.class).types())
                        .containsExactly(Deposited.class));
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackages = "io.eventcore.autoconfigure.bank")
    static class InTheBanksPackage {}

    @Test
    void without_packages_no_event_type_is_known_and_the_application_starts() {
        Applications.withoutDatabase()
                .withPropertyValues("eventcore.event-packages=")
                .run(application -> assertThat(
                                application.getBean(EventTypes.class).types())
                        .isEmpty());
    }

    @Test
    void the_retry_policy_follows_the_properties() {
        Applications.withoutDatabase()
                .withPropertyValues(
                        "eventcore.retry.max-attempts=7",
                        "eventcore.retry.initial-delay=3ms",
                        "eventcore.retry.multiplier=1.5",
                        "eventcore.retry.max-delay=2s",
                        "eventcore.retry.jitter=0.1",
                        "eventcore.retry.budget=1m")
                .run(application -> assertThat(application.getBean(RetryPolicy.class))
                        .isEqualTo(RetryPolicy.defaults()
                                .withMaxAttempts(7)
                                .withExponentialDelay(Duration.ofMillis(3), 1.5, Duration.ofSeconds(2))
                                .withJitter(0.1)
                                .withBudget(Duration.ofMinutes(1))));
    }

    @Test
    void without_properties_the_retry_policy_is_the_librarys_default() {
        Applications.withoutDatabase()
                .run(application ->
                        assertThat(application.getBean(RetryPolicy.class)).isEqualTo(RetryPolicy.defaults()));
    }

    @Test
    void every_listener_of_the_application_is_told_about_commands() {
        AtomicInteger told = new AtomicInteger();

        Applications.withoutDatabase()
                .withUserConfiguration(TwoListeners.class)
                .withBean(AtomicInteger.class, () -> told)
                .run(Applications::assertWorks);

        assertThat(told).hasValue(11);
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoListeners {
        @Bean
        CommandListener one(AtomicInteger told) {
            return command -> {
                told.addAndGet(1);
                return CommandListener.Execution.IGNORED;
            };
        }

        @Bean
        CommandListener ten(AtomicInteger told) {
            return command -> {
                told.addAndGet(10);
                return CommandListener.Execution.IGNORED;
            };
        }
    }

    @Test
    void the_limits_follow_the_properties() {
        Applications.withoutDatabase()
                .withPropertyValues("eventcore.limits.max-payload=10B")
                .run(application -> assertThat(org.assertj.core.api.Assertions.catchThrowable(
                                () -> Applications.assertWorks(application)))
                        .hasMessageContaining("At most 10 bytes of payload per event"));
    }
}
