package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.command.WarmStreamStatistics;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.micrometer.WarmStreamMetrics;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class WarmStreamsPropertyTest {
    private static final StreamId COUNTER = StreamId.of("counter");

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EventCoreCommandAutoConfiguration.class))
            .withPropertyValues("eventcore.commands.warm-streams.log-checked-within=1h")
            .withUserConfiguration(Application.class);

    @Test
    void a_command_on_a_stream_that_was_used_before_needs_no_read() {
        application.run(
                context -> assertThat(afterThreeCommands(context).warm()).isEqualTo(2));
    }

    @Test
    void every_command_reads_when_warm_streams_are_switched_off() {
        application
                .withPropertyValues("eventcore.commands.warm-streams.enabled=false")
                .run(context -> {
                    assertThat(afterThreeCommands(context).warm()).isZero();
                    assertThat(afterThreeCommands(context).bytes()).isZero();
                });
    }

    @Test
    void the_memory_is_a_sixteenth_of_the_heap_unless_it_is_set() {
        application.run(context -> assertThat(context.getBean(WarmStreamSettings.class))
                .isEqualTo(WarmStreamSettings.defaults().withLogCheckedWithin(Duration.ofHours(1))));
        application
                .withPropertyValues("eventcore.commands.warm-streams.max-size=3MB")
                .run(context -> assertThat(
                                context.getBean(WarmStreamSettings.class).maxBytes())
                        .isEqualTo(3L << 20));
    }

    @Test
    void settings_of_the_application_win_over_the_properties() {
        application
                .withBean(WarmStreamSettings.class, WarmStreamSettings::off)
                .run(context -> assertThat(afterThreeCommands(context).warm()).isZero());
    }

    @Test
    void wrong_numbers_stop_the_start() {
        application
                .withPropertyValues("eventcore.commands.warm-streams.max-size=-1")
                .run(context ->
                        assertThat(context).getFailure().rootCause().hasMessageContaining("must not be negative"));
        application
                .withPropertyValues("eventcore.commands.warm-streams.log-checked-within=0s")
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("must be positive"));
    }

    @Test
    void meters_tell_how_often_it_helps() {
        application.run(context -> {
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            new WarmStreamMetrics(context.getBean(CommandExecutor.class)).bindTo(meters);
            WarmStreamStatistics statistics = afterThreeCommands(context);

            assertThat(meters.get(WarmStreamMetrics.DECISIONS)
                            .tag("streams", "warm")
                            .functionCounter()
                            .count())
                    .isEqualTo(2);
            assertThat(meters.get(WarmStreamMetrics.DECISIONS)
                            .tag("streams", "cold")
                            .functionCounter()
                            .count())
                    .isEqualTo(1);
            assertThat(meters.get(WarmStreamMetrics.DECISIONS)
                            .tag("streams", "outdated")
                            .functionCounter()
                            .count())
                    .isZero();
            assertThat(meters.get(WarmStreamMetrics.BYTES).gauge().value())
                    .isEqualTo((double) statistics.bytes())
                    .isPositive();
            assertThat(meters.get(WarmStreamMetrics.STREAMS).gauge().value()).isEqualTo(1);
        });
    }

    private static WarmStreamStatistics afterThreeCommands(ApplicationContext context) {
        CommandExecutor executor = context.getBean(CommandExecutor.class);
        for (int i = 0; i < 3; i++) {
            executor.execute(new Count(COUNTER));
        }
        return executor.warmStreams();
    }

    @EventType("counted")
    record Counted(StreamId streamId) implements Event {}

    private record Count(@Stream StreamId counter) implements Command<Integer, Counted> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, Counted event) {
            return count + 1;
        }

        @Override
        public List<Counted> handle(Integer count) {
            return List.of(new Counted(counter));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(EventCoreProperties.class)
    static class Application {
        @Bean
        EventStore eventStore() {
            return new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Counted.class)));
        }
    }
}
