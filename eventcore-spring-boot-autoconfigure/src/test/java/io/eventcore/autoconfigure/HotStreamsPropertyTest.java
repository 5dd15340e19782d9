package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.HotStreamSettings;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.PassThroughEventSerializer;
import io.eventcore.serialization.EventTypes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class HotStreamsPropertyTest {
    private static final StreamId COUNTER = StreamId.of("counter");

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EventCoreCommandAutoConfiguration.class))
            .withUserConfiguration(Application.class);

    @Test
    void commands_queue_for_a_stream_they_fight_over() {
        application.run(context -> assertThat(
                        othersGetBetween(context.getBean(CommandExecutor.class), context.getBean(EventStore.class)))
                .isFalse());
    }

    @Test
    void commands_race_when_hot_streams_are_switched_off() {
        application
                .withPropertyValues("eventcore.commands.hot-streams.enabled=false")
                .run(context -> assertThat(othersGetBetween(
                                context.getBean(CommandExecutor.class), context.getBean(EventStore.class)))
                        .isTrue());
    }

    @Test
    void settings_of_the_application_win_over_the_property() {
        application
                .withBean(HotStreamSettings.class, HotStreamSettings::off)
                .run(context -> assertThat(othersGetBetween(
                                context.getBean(CommandExecutor.class), context.getBean(EventStore.class)))
                        .isTrue());
    }

    /** Whether one command is carried out while another one on the same hot stream is being decided. */
    private static boolean othersGetBetween(CommandExecutor executor, EventStore store) {
        AtomicInteger decisions = new AtomicInteger();
        executor.execute(new Count(COUNTER, () -> {
            if (decisions.incrementAndGet() == 1) {
                store.appendEvents(StreamWrites.to(COUNTER, ExpectedVersion.noStream(), new Counted(COUNTER)));
            }
        }));
        assertThat(decisions).as("the stream is hot after a conflict").hasValue(2);

        CompletableFuture<Boolean> other = new CompletableFuture<>();
        executor.execute(new Count(COUNTER, () -> {
            if (!other.isDone()) {
                other.complete(CompletableFuture.supplyAsync(() -> isCarriedOut(executor))
                        .join());
            }
        }));
        return other.join();
    }

    private static boolean isCarriedOut(CommandExecutor executor) {
        RetryPolicy impatient = RetryPolicy.never().withBudget(Duration.ZERO);
        try {
            executor.execute(
                    new Count(COUNTER, () -> {}), CommandContext.empty().withRetryPolicy(impatient));
            return true;
        } catch (RetriesExhaustedException e) {
            return false;
        }
    }

    @EventType("counted")
    record Counted(StreamId streamId) implements Event {}

    private record Count(@Stream StreamId counter, Runnable whileDeciding) implements Command<Integer, Counted> {
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
            whileDeciding.run();
            return List.of(new Counted(counter));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(EventCoreProperties.class)
    static class Application {
        @Bean
        EventStore eventStore() {
            return new InMemoryEventStore(new PassThroughEventSerializer(EventTypes.of(Counted.class)));
        }
    }
}
