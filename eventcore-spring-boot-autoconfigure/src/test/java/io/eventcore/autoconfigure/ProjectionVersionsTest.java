package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A release of an application that brings a read model of another shape. */
class ProjectionVersionsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void a_release_with_a_new_version_goes_on_with_the_old_one_until_the_new_one_has_caught_up() {
        ApplicationContextRunner application = Applications.withDatabase(RealPostgreSql.newDatabase())
                .withPropertyValues("eventcore.jdbc.initialize-schema=always");
        application.withUserConfiguration(FirstRelease.class).run(first -> assertBalance(first, deposit(first, 5), 5));

        application.withUserConfiguration(SecondRelease.class).run(second -> {
            assertBalance(second, deposit(second, 7), 12);
            ProjectionRunner runner = second.getBean(ProjectionRunner.class);
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (runner.activeVersion("balances") == 1 && System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }

            assertThat(runner.activeVersion("balances")).isEqualTo(2);
            assertBalance(second, deposit(second, 1), 13);
        });
    }

    private static GlobalPosition deposit(ApplicationContext application, long cents) {
        application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, cents));
        return application.getBean(EventStore.class).lastPosition();
    }

    private static void assertBalance(ApplicationContext application, GlobalPosition position, long cents) {
        ProjectionRunner runner = application.getBean(ProjectionRunner.class);
        assertThat(runner.awaitPosition("balances", position, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(balance(JdbcClient.create(application.getBean(DataSource.class)), runner, ADA))
                .isEqualTo(cents);
    }

    @Configuration(proxyBeanMethods = false)
    static class FirstRelease {
        @Bean
        Projection<BankEvent> balances(DataSource dataSource) {
            return balancesIn(dataSource, 1);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class SecondRelease {
        @Bean
        Projection<BankEvent> balances(DataSource dataSource) {
            return balancesIn(dataSource, 1);
        }

        @Bean
        Projection<BankEvent> balances2(DataSource dataSource) {
            return balancesIn(dataSource, 2);
        }
    }

    private static Projection<BankEvent> balancesIn(DataSource dataSource, int version) {
        JdbcClient jdbc = JdbcClient.create(dataSource);
        jdbc.sql("CREATE TABLE IF NOT EXISTS balance_v" + version + " (account VARCHAR(255), cents BIGINT NOT NULL)")
                .update();
        return balances(jdbc, version);
    }

    // tag::versions
    static Projection<BankEvent> balances(JdbcClient jdbc, int version) {
        return Projection.named("balances", BankEvent.class)
                .version(version)
                .on(
                        Deposited.class,
                        event -> jdbc.sql("INSERT INTO balance_v" + version + " VALUES (?, ?)")
                                .params(event.streamId().value(), event.event().cents())
                                .update())
                .build();
    }

    static long balance(JdbcClient jdbc, ProjectionRunner runner, StreamId account) {
        return jdbc.sql("SELECT sum(cents) FROM balance_v" + runner.activeVersion("balances") + " WHERE account = ?")
                .param(account.value())
                .query(Long.class)
                .single();
    }
    // end::versions
}
