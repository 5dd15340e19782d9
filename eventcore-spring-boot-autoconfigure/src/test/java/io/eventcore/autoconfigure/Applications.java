package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.util.ClassUtils;

/** Applications in the making: what Spring Boot and this library would configure, and nothing else. */
final class Applications {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final StreamId ADA = StreamId.of("account-ada");

    private Applications() {}

    /** Everything this library registers, in the order that Spring Boot gives it, beside JSON and transactions. */
    static ApplicationContextRunner withoutDatabase() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ownAutoConfigurations()))
                .withConfiguration(AutoConfigurations.of(
                        JacksonAutoConfiguration.class,
                        TransactionAutoConfiguration.class,
                        TransactionManagerCustomizationAutoConfiguration.class))
                .withPropertyValues("eventcore.event-packages=io.eventcore.autoconfigure.bank");
    }

    /** The same with what Spring Boot configures for a database. */
    static ApplicationContextRunner withDatabase(String url) {
        return withoutDatabase()
                .withConfiguration(AutoConfigurations.of(
                        DataSourceAutoConfiguration.class,
                        DataSourceTransactionManagerAutoConfiguration.class,
                        JdbcTemplateAutoConfiguration.class))
                .withPropertyValues("spring.datasource.url=" + url);
    }

    /** The same with an H2 database in memory of its own. */
    static ApplicationContextRunner withH2() {
        return withDatabase(newH2());
    }

    /** The address of an H2 database in memory that no other test uses. */
    static String newH2() {
        return "jdbc:h2:mem:application" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1";
    }

    static Class<?>[] ownAutoConfigurations() {
        ClassLoader loader = Applications.class.getClassLoader();
        return ImportCandidates.load(org.springframework.boot.autoconfigure.AutoConfiguration.class, loader)
                .getCandidates()
                .stream()
                .filter(name -> name.startsWith("io.eventcore."))
                .map(name -> ClassUtils.resolveClassName(name, loader))
                .toArray(Class<?>[]::new);
    }

    /** Executes a command and reads back what it stored. */
    static void assertWorks(ApplicationContext application) {
        EventStore store = application.getBean(EventStore.class);
        long before = store.streamVersion(ADA).value();

        application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 5));

        assertThat(store.readStream(ADA, Deposited.class).toList())
                .hasSize((int) before + 1)
                .last()
                .extracting(recorded -> recorded.event())
                .isEqualTo(new Deposited(ADA, 5));
    }

    /** What a user reads when the application does not start, found as Spring Boot finds it. */
    static FailureAnalysis analysisOf(AssertableApplicationContext application) {
        Throwable failure = Objects.requireNonNull(application.getStartupFailure(), "the application has started");
        List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation(
                        Applications.class.getClassLoader())
                .load(
                        FailureAnalyzer.class,
                        ArgumentResolver.of(Environment.class, new StandardEnvironment()),
                        (type, name, unusable) -> {
                            // Needs something that only a running application can give.
                        });
        for (FailureAnalyzer analyzer : analyzers) {
            FailureAnalysis analysis = analyzer.analyze(failure);
            if (analysis != null) {
                return analysis;
            }
        }
        throw new AssertionError("No analysis for", failure);
    }
}
