package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.micrometer.CommandObservations;
import io.eventcore.micrometer.ObservedEventStore;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MetricsTest {
    @Test
    void without_a_meter_registry_nothing_is_measured() {
        Applications.withoutDatabase()
                .run(application -> assertThat(application)
                        .doesNotHaveBean(CommandObservations.class)
                        .getBean(EventStore.class)
                        .isNotInstanceOf(ObservedEventStore.class));
    }

    @Test
    void with_a_meter_registry_appends_reads_and_commands_are_measured() {
        Applications.withoutDatabase()
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(application -> {
                    assertThat(application.getBean(EventStore.class)).isInstanceOf(ObservedEventStore.class);
                    Applications.assertWorks(application);
                    assertThat(application.getBean(MeterRegistry.class).getMeters())
                            .extracting(meter -> meter.getId().getName())
                            .contains("eventcore.append", "eventcore.read", "eventcore.command");
                });
    }

    @Test
    void the_store_is_declared_as_one_type_whichever_it_is_and_whether_it_is_measured_or_not() {
        for (ApplicationContextRunner runner : List.of(Applications.withoutDatabase(), Applications.withH2())) {
            for (boolean measured : new boolean[] {true, false}) {
                runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                        .withPropertyValues("eventcore.metrics.enabled=" + measured)
                        .run(application -> assertThat(Stream.of("eventStore", "projectionStore")
                                        .map(application.getBeanFactory()::getMergedBeanDefinition)
                                        .map(definition -> definition
                                                .getResolvableType()
                                                .toClass()
                                                .getSimpleName()))
                                .containsExactly("EventStore", "ProjectionStore"));
            }
        }
    }

    @Test
    void measuring_can_be_switched_off() {
        Applications.withoutDatabase()
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withPropertyValues("eventcore.metrics.enabled=false")
                .run(application -> {
                    Applications.assertWorks(application);
                    assertThat(application.getBean(MeterRegistry.class).getMeters())
                            .extracting(meter -> meter.getId().getName())
                            .noneMatch(name -> name.startsWith("eventcore"));
                });
    }

    @Test
    void names_are_in_lower_case_with_dots_and_no_tag_holds_a_stream() {
        Applications.withH2()
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(application -> {
                    Applications.assertWorks(application);
                    for (Meter meter : application.getBean(MeterRegistry.class).getMeters()) {
                        if (meter.getId().getName().startsWith("eventcore")) {
                            assertThat(meter.getId().getName()).matches("[a-z]+(\\.[a-z]+)*");
                            assertThat(meter.getId().getTags())
                                    .noneMatch(tag -> tag.getValue().contains("account-ada"));
                        }
                    }
                });
    }

    @Test
    void the_applications_observation_registry_is_used_so_that_traces_follow() {
        Applications.withoutDatabase()
                .withConfiguration(AutoConfigurations.of(ObservationAutoConfiguration.class))
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(application -> {
                    StringBuilder seen = new StringBuilder();
                    application
                            .getBean(ObservationRegistry.class)
                            .observationConfig()
                            .observationHandler(new ObservationHandler<>() {
                                @Override
                                public void onStart(Observation.Context context) {
                                    seen.append(context.getName()).append(' ');
                                }

                                @Override
                                public boolean supportsContext(Observation.Context context) {
                                    return true;
                                }
                            });
                    Applications.assertWorks(application);
                    assertThat(seen).contains("eventcore.append", "eventcore.command");
                });
    }
}
