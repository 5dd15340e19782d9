package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Every bean of type Reaction runs by itself. */
class ReactionsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BONUS = StreamId.of("bonus-account-ada");

    static List<ApplicationContextRunner> stores() {
        return List.of(
                Applications.withoutDatabase(),
                Applications.withH2(),
                Applications.withDatabase(RealPostgreSql.newDatabase())
                        .withPropertyValues("eventcore.jdbc.initialize-schema=always"));
    }

    @ParameterizedTest
    @MethodSource("stores")
    void a_reaction_follows_every_command_with_commands_of_its_own(ApplicationContextRunner runner) {
        runner.withUserConfiguration(Bonuses.class).run(application -> {
            deposit(application, 500);
            deposit(application, 700);

            assertAnswered(application);
            assertThat(bonuses(application))
                    .extracting(RecordedEvent::event)
                    .containsExactly(new Deposited(BONUS, 5), new Deposited(BONUS, 7));
            RecordedEvent<BankEvent> cause = application
                    .getBean(EventStore.class)
                    .readStream(ADA, BankEvent.class)
                    .toList()
                    .get(0);
            assertThat(bonuses(application).get(0).metadata().causationId())
                    .contains(cause.id().toString());
        });
    }

    @Test
    void after_a_restart_nothing_is_answered_twice() {
        String url = Applications.newH2();
        Applications.withDatabase(url).withUserConfiguration(Bonuses.class).run(application -> {
            deposit(application, 500);
            assertAnswered(application);
        });

        Applications.withDatabase(url).withUserConfiguration(Bonuses.class).run(application -> {
            deposit(application, 700);
            assertAnswered(application);

            assertThat(bonuses(application)).hasSize(2);
        });
    }

    @Test
    void a_reaction_that_is_made_of_functions_runs_too() {
        Applications.withH2()
                .withBean(
                        Reaction.class,
                        // tag::functions[]
                        () -> Reaction.named("bonuses", BankEvent.class)
                                .filter(EventFilter.prefix(StreamPrefix.of("account-")))
                                .on(Deposited.class, event -> List.of(new DepositMoney(BONUS, 1)))
                                .build()
                        // end::functions[]
                        )
                .run(application -> {
                    deposit(application, 500);
                    assertAnswered(application);

                    assertThat(bonuses(application)).hasSize(1);
                });
    }

    private static void deposit(ApplicationContext application, long cents) {
        application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, cents));
    }

    private static void assertAnswered(ApplicationContext application) {
        GlobalPosition last = application.getBean(EventStore.class).lastPosition();
        assertThat(application.getBean(ProjectionRunner.class).awaitPosition("bonuses", last, Duration.ofSeconds(60)))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    private static List<RecordedEvent<BankEvent>> bonuses(ApplicationContext application) {
        return application
                .getBean(EventStore.class)
                .readStream(BONUS, BankEvent.class)
                .toList();
    }

    @Configuration(proxyBeanMethods = false)
    static class Bonuses {
        @Bean
        BonusReaction bonusReaction() {
            return new BonusReaction();
        }
    }

    // tag::reaction[]
    static class BonusReaction implements Reaction<BankEvent> {
        @Override
        public String name() {
            return "bonuses";
        }

        @Override
        public EventFilter filter() {
            return EventFilter.prefix(StreamPrefix.of("account-"));
        }

        @Override
        public List<? extends Command<?, ?>> react(RecordedEvent<BankEvent> event) {
            StreamId bonus = StreamId.of("bonus-" + event.streamId());
            return event.event() instanceof Deposited deposited
                    ? List.of(new DepositMoney(bonus, deposited.cents() / 100))
                    : List.of();
        }

        @Override
        public FailureDecision onError(FailureContext failure) {
            return failure.attempts() < 5 ? FailureDecision.RETRY : FailureDecision.PARK;
        }
    }
    // end::reaction[]
}
