package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.transaction.TransactionPhase;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** {@code @Transactional} through Spring's own proxies, with a database and without one. */
class TransactionsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId LOG = StreamId.of("account-log");

    static List<ApplicationContextRunner> applications() {
        return List.of(Applications.withoutDatabase(), Applications.withH2());
    }

    @ParameterizedTest
    @MethodSource("applications")
    void what_a_transactional_method_appends_is_kept_when_it_returns(ApplicationContextRunner runner) {
        run(runner, (bank, store) -> {
            bank.deposit(1);

            assertThat(cents(store, ADA)).containsExactly(1L);
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void what_a_transactional_method_appends_vanishes_when_it_throws(ApplicationContextRunner runner) {
        run(runner, (bank, store) -> {
            assertThatIllegalStateException().isThrownBy(() -> bank.depositAndFail(1));

            assertThat(cents(store, ADA)).isEmpty();
            assertThat(cents(store, LOG)).isEmpty();
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void what_a_listener_appends_after_the_commit_is_kept_and_does_not_join_what_is_over(
            ApplicationContextRunner runner) {
        run(runner, (bank, store) -> {
            bank.deposit(7);

            assertThat(cents(store, LOG)).containsExactly(7L);
            assertThat(bank.joined()).containsExactly(false);
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void what_a_callback_appends_right_after_the_commit_is_kept_without_a_word_to_the_transaction_manager(
            ApplicationContextRunner runner) {
        run(runner, (bank, store) -> {
            bank.depositAndThen(1, () -> append(store, 2));

            assertThat(cents(store, ADA)).containsExactly(1L);
            // The diary hears of the first deposit later still, when the transaction is complete.
            assertThat(cents(store, LOG)).containsExactly(2L, 1L);
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void what_a_listener_does_in_a_new_transaction_after_the_commit_rolls_back_alone(ApplicationContextRunner runner) {
        run(runner, (bank, store) -> {
            bank.deposit(13);

            assertThat(cents(store, ADA)).containsExactly(13L);
            assertThat(cents(store, LOG)).isEmpty();
        });
    }

    /** Where the transaction manager comes from. */
    enum ManagerMade {
        EARLY {
            @Override
            ApplicationContextRunner in(ApplicationContextRunner runner) {
                return runner.withUserConfiguration(MadeEarly.class);
            }
        },
        IN_A_PARENT_CONTEXT {
            @Override
            ApplicationContextRunner in(ApplicationContextRunner runner) {
                return runner.withParent(new AnnotationConfigApplicationContext(Parent.class));
            }
        },
        NOT_A_BEAN {
            @Override
            PlatformTransactionManager of(ApplicationContext application) {
                return new JdbcTransactionManager(application.getBean(DataSource.class));
            }
        };

        ApplicationContextRunner in(ApplicationContextRunner runner) {
            return runner;
        }

        PlatformTransactionManager of(ApplicationContext application) {
            return application.getBean(PlatformTransactionManager.class);
        }
    }

    /** The transaction has not touched the store before, so that nothing but its manager could have told of it. */
    @ParameterizedTest
    @EnumSource
    void however_the_transaction_manager_is_made_a_command_after_the_commit_is_kept(ManagerMade made) {
        made.in(Applications.withH2()).run(application -> {
            PlatformTransactionManager manager = made.of(application);
            CommandExecutor executor = application.getBean(CommandExecutor.class);
            EventStore store = application.getBean(EventStore.class);
            TransactionTemplate newTransaction = new TransactionTemplate(manager);
            newTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
            List<Boolean> joined = new ArrayList<>();

            new TransactionTemplate(manager)
                    .executeWithoutResult(status ->
                            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                                @Override
                                public void afterCommit() {
                                    joined.add(store.internals().joinsCallersTransaction());
                                    newTransaction.executeWithoutResult(inner -> {
                                        executor.execute(new DepositMoney(LOG, 1));
                                        inner.setRollbackOnly();
                                    });
                                    joined.add(store.internals().joinsCallersTransaction());
                                    executor.execute(new DepositMoney(ADA, 2));
                                }
                            }));

            // What joins the finished transaction may be committed all the same, by whatever comes next on its
            // connection.
            assertThat(joined).containsExactly(false, false);
            assertThat(((ConfigurableTransactionManager) manager).getTransactionExecutionListeners())
                    .filteredOn(TransactionPhase.listener()::equals)
                    .hasSize(made == ManagerMade.NOT_A_BEAN ? 0 : 1);
            assertThat(cents(store, ADA)).containsExactly(2L);
            assertThat(cents(store, LOG)).isEmpty();
        });
    }

    /** What a parent context has. */
    @Configuration(proxyBeanMethods = false)
    static class Parent {
        @Bean
        DataSource dataSource() {
            JdbcDataSource dataSource = new JdbcDataSource();
            dataSource.setUrl("jdbc:h2:mem:parent;DB_CLOSE_DELAY=-1");
            return dataSource;
        }

        @Bean
        PlatformTransactionManager transactionManager(DataSource dataSource) {
            return new JdbcTransactionManager(dataSource);
        }
    }

    /** Needs the transaction manager before there are other bean post-processors. */
    @Configuration(proxyBeanMethods = false)
    static class MadeEarly {
        @Bean
        static PlatformTransactionManager transactionManager(DataSource dataSource) {
            return new JdbcTransactionManager(dataSource);
        }

        @Bean
        static BeanPostProcessor needsItEarly(PlatformTransactionManager manager) {
            return new BeanPostProcessor() {};
        }
    }

    private interface Check {
        void of(Bank bank, EventStore store);
    }

    private static void run(ApplicationContextRunner runner, Check check) {
        runner.withUserConfiguration(Management.class)
                .withBean(Bank.class)
                .withBean(Diary.class)
                .withBean(Unlucky.class)
                .run(application -> check.of(application.getBean(Bank.class), application.getBean(EventStore.class)));
    }

    private static List<Long> cents(EventStore store, StreamId account) {
        return store.readStream(account, Deposited.class).stream()
                .map(recorded -> recorded.event().cents())
                .toList();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement(proxyTargetClass = true)
    static class Management {}

    /** Deposits, and says so. */
    static class Bank {
        private final List<Boolean> joined = new ArrayList<>();
        private final CommandExecutor executor;
        private final ApplicationEventPublisher publisher;

        Bank(CommandExecutor executor, ApplicationEventPublisher publisher) {
            this.executor = executor;
            this.publisher = publisher;
        }

        /** By a method, because the proxy has no fields of its own. */
        public List<Boolean> joined() {
            return joined;
        }

        @Transactional
        public void deposit(long cents) {
            executor.execute(new DepositMoney(ADA, cents));
            publisher.publishEvent(new Said(cents, joined));
        }

        @Transactional
        public void depositAndThen(long cents, Runnable afterCommit) {
            deposit(cents);
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                    afterCommit.run();
                }
            });
        }

        @Transactional
        public void depositAndFail(long cents) {
            deposit(cents);
            throw new IllegalStateException("the business says no");
        }
    }

    record Said(long cents, List<Boolean> joined) {}

    /** Writes down what was said, once it is certain. */
    static class Diary {
        private final EventStore store;
        private final Unlucky unlucky;

        Diary(EventStore store, Unlucky unlucky) {
            this.store = store;
            this.unlucky = unlucky;
        }

        @TransactionalEventListener
        public void hear(Said said) {
            if (said.cents() == 13) {
                unlucky.append(said.cents());
            } else {
                said.joined().add(store.internals().joinsCallersTransaction());
                append(store, said.cents());
            }
        }
    }

    /** Appends in a transaction of its own, and fails. */
    static class Unlucky {
        private final EventStore store;

        Unlucky(EventStore store) {
            this.store = store;
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        public void append(long cents) {
            TransactionsTest.append(store, cents);
            throw new IllegalStateException("bad luck");
        }
    }

    private static void append(EventStore store, long cents) {
        store.appendEvents(StreamWrites.to(LOG, ExpectedVersion.any(), new Deposited(LOG, cents)));
    }
}
