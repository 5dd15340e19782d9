package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.spring.ApplicationEventRelay;
import io.eventcore.spring.CommittedEvent;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.SchoolEvent;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import io.eventcore.test.contract.ShopEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Committed events reach the listeners of the application. */
class ApplicationEventsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final String ENABLED = "eventcore.application-events.enabled=true";

    static List<ApplicationContextRunner> stores() {
        return List.of(
                Applications.withoutDatabase(),
                Applications.withH2(),
                Applications.withDatabase(RealPostgreSql.newDatabase())
                        .withPropertyValues("eventcore.jdbc.initialize-schema=always"),
                Applications.withH2()
                        .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                        .withUserConfiguration(NoEntities.class));
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage
    static class NoEntities {}

    @ParameterizedTest
    @MethodSource("stores")
    void a_listener_takes_the_domain_event_or_what_the_store_knows_about_it(ApplicationContextRunner runner) {
        runner.withPropertyValues(ENABLED).withBean(Listeners.class).run(application -> {
            Listeners listeners = application.getBean(Listeners.class);

            deposit(application, ADA, 5);
            deposit(application, BOB, 7);
            deposit(application, ADA, 9);

            assertPublished(application);
            assertThat(listeners.domainEvents)
                    .containsExactly(new Deposited(ADA, 5), new Deposited(BOB, 7), new Deposited(ADA, 9));
            assertThat(listeners.anyBankEvents).isEqualTo(listeners.domainEvents);
            assertThat(listeners.others).isEmpty();
            assertThat(listeners.committed)
                    .extracting(RecordedEvent::id)
                    .containsExactlyElementsOf(application
                            .getBean(EventStore.class)
                            .readEvents(EventFilter.all(), EventPage.first(10), BankEvent.class)
                            .events()
                            .stream()
                            .map(RecordedEvent::id)
                            .toList());
            assertThat(listeners.afterCommit).isEqualTo(listeners.domainEvents);
            assertThat(listeners.beforeCommit).isEqualTo(listeners.domainEvents);
        });
    }

    @Test
    void what_is_rolled_back_is_not_published() {
        Applications.withH2()
                .withPropertyValues(ENABLED)
                .withBean(Listeners.class)
                .run(application -> {
                    new TransactionTemplate(application.getBean(PlatformTransactionManager.class))
                            .executeWithoutResult(status -> {
                                application
                                        .getBean(EventStore.class)
                                        .appendEvents(
                                                StreamWrites.to(ADA, ExpectedVersion.any(), new Deposited(ADA, 1)));
                                status.setRollbackOnly();
                            });
                    deposit(application, ADA, 2);

                    assertPublished(application);
                    assertThat(application.getBean(Listeners.class).domainEvents)
                            .containsExactly(new Deposited(ADA, 2));
                });
    }

    @Test
    void after_a_restart_it_goes_on_where_it_was() {
        String url = Applications.newH2();
        Applications.withDatabase(url)
                .withPropertyValues(ENABLED)
                .withBean(Listeners.class)
                .run(application -> {
                    deposit(application, ADA, 1);
                    assertPublished(application);
                });
        Applications.withDatabase(url).run(application -> deposit(application, ADA, 2));

        Applications.withDatabase(url)
                .withPropertyValues(ENABLED)
                .withBean(Listeners.class)
                .run(application -> {
                    deposit(application, ADA, 3);

                    assertPublished(application);
                    assertThat(application.getBean(Listeners.class).domainEvents)
                            .containsExactly(new Deposited(ADA, 2), new Deposited(ADA, 3));
                });
    }

    @ParameterizedTest
    @MethodSource("stores")
    void each_part_of_a_split_event_is_published_under_its_number_and_what_is_dropped_is_not(
            ApplicationContextRunner runner) {
        runner.withPropertyValues(ENABLED, "eventcore.projections.min-retry-delay=1ms")
                .withBean(EventSerializer.class, ShopEvent::serializer)
                .withBean(FailingAtThePayment.class)
                .run(application -> {
                    FailingAtThePayment listener = application.getBean(FailingAtThePayment.class);
                    StreamId cart = StreamId.of("cart-1");

                    for (Event old : List.of(
                            ShopEvent.viewed(cart), ShopEvent.checkedOut(cart, 5), ShopEvent.itemAdded(cart, "pen"))) {
                        application
                                .getBean(EventStore.class)
                                .appendEvents(StreamWrites.to(cart, ExpectedVersion.any(), old));
                    }

                    assertPublished(application);
                    assertThat(listener.taken)
                            .as("the first part comes again with the second one that has failed, under the same number")
                            .containsExactly("2.0 Closed", "2.0 Closed", "2.1 Paid", "3.0 ItemAdded");
                    assertThat(listener.domainEvents)
                            .containsExactly(
                                    new ShopEvent.Closed(cart),
                                    new ShopEvent.Paid(cart, 5),
                                    new ShopEvent.ItemAdded(cart, "pen", 1));
                });
    }

    @Test
    void a_listener_that_fails_is_called_again_and_what_it_wrote_is_rolled_back() {
        Applications.withH2()
                .withPropertyValues(ENABLED, "eventcore.projections.min-retry-delay=1ms")
                .withUserConfiguration(WritingThenFailing.class)
                .run(application -> {
                    deposit(application, ADA, 1);
                    deposit(application, ADA, 2);

                    assertPublished(application);
                    assertThat(JdbcClient.create(application.getBean(DataSource.class))
                                    .sql("SELECT cents FROM seen ORDER BY cents")
                                    .query(Long.class)
                                    .list())
                            .containsExactly(1L, 2L);
                    assertThat(application.getBean(WritingThenFailing.class).failuresLeft)
                            .hasNegativeValue();
                });
    }

    @Test
    void a_listener_that_fails_after_the_commit_is_called_again_too() {
        Applications.withH2()
                .withPropertyValues(ENABLED, "eventcore.projections.min-retry-delay=1ms")
                .withBean(FailingAfterCommit.class)
                .run(application -> {
                    deposit(application, ADA, 1);
                    deposit(application, ADA, 2);

                    assertPublished(application);
                    assertThat(application.getBean(FailingAfterCommit.class).taken)
                            .containsExactly(new Deposited(ADA, 1), new Deposited(ADA, 2));
                });
    }

    @Test
    void a_relay_of_the_application_decides_about_failures_itself() {
        Applications.withH2()
                .withUserConfiguration(OwnRelay.class)
                .withBean(Refusing.class)
                .run(application -> {
                    deposit(application, ADA, 1);
                    deposit(application, ADA, 2);
                    deposit(application, ADA, 3);

                    assertPublished(application);
                    assertThat(application.getBean(Refusing.class).taken)
                            .containsExactly(new Deposited(ADA, 1), new Deposited(ADA, 3));
                });
    }

    @ParameterizedTest
    @MethodSource("stores")
    void a_relay_by_tags_publishes_what_carries_them_and_nothing_else(ApplicationContextRunner runner) {
        runner.withBean(EventSerializer.class, () -> new JacksonEventSerializer(LedgerEvent.types()))
                .withUserConfiguration(RelayOfTheCourse.class)
                .run(application -> {
                    for (SchoolEvent event : List.of(
                            new CourseOpened("c1", 2),
                            new CourseOpened("c2", 2),
                            new Subscribed("ada", "c2"),
                            new Subscribed("ada", "c1"),
                            new Subscribed("bob", "c1"))) {
                        application
                                .getBean(EventStore.class)
                                .appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
                    }

                    assertPublished(application);
                    assertThat(application.getBean(RelayOfTheCourse.class).taken)
                            .containsExactly(
                                    new CourseOpened("c1", 2),
                                    new Subscribed("ada", "c1"),
                                    new Subscribed("bob", "c1"));
                });
    }

    @Test
    void events_from_before_a_time_are_not_published() {
        Applications.withH2()
                .withPropertyValues(ENABLED, "eventcore.application-events.since=2999-01-01T00:00:00Z")
                .withBean(Listeners.class)
                .run(application -> {
                    deposit(application, ADA, 1);

                    assertPublished(application);
                    assertThat(application.getBean(Listeners.class).domainEvents)
                            .isEmpty();
                });
    }

    @Test
    void nothing_is_published_unless_it_is_asked_for() {
        Applications.withH2().withBean(Listeners.class).run(application -> {
            assertThat(application).doesNotHaveBean(ApplicationEventRelay.class);
            assertThat(application.getBean(ProjectionRunner.class).names()).isEmpty();
        });
    }

    private static void deposit(ApplicationContext application, StreamId account, long cents) {
        application.getBean(CommandExecutor.class).execute(new DepositMoney(account, cents));
    }

    private static void assertPublished(ApplicationContext application) {
        GlobalPosition last = application.getBean(EventStore.class).lastPosition();
        assertThat(application
                        .getBean(ProjectionRunner.class)
                        .awaitPosition(ApplicationEventRelay.DEFAULT_NAME, last, Duration.ofSeconds(60)))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    static class Listeners {
        final List<BankEvent> domainEvents = Collections.synchronizedList(new ArrayList<>());
        final List<BankEvent> anyBankEvents = Collections.synchronizedList(new ArrayList<>());
        final List<RecordedEvent<Deposited>> committed = Collections.synchronizedList(new ArrayList<>());
        final List<Event> others = Collections.synchronizedList(new ArrayList<>());
        final List<BankEvent> beforeCommit = Collections.synchronizedList(new ArrayList<>());
        final List<BankEvent> afterCommit = Collections.synchronizedList(new ArrayList<>());

        // tag::listeners[]
        @EventListener
        void on(Deposited deposited) {
            domainEvents.add(deposited);
        }

        @EventListener
        void on(CommittedEvent<Deposited> deposited) {
            committed.add(deposited.recorded());
        }

        @TransactionalEventListener
        void afterCommit(Deposited deposited) {
            afterCommit.add(deposited);
        }
        // end::listeners[]

        @EventListener
        void on(BankEvent any) {
            anyBankEvents.add(any);
        }

        @EventListener
        void on(Other other) {
            others.add(other);
        }

        @EventListener
        void onCommitted(CommittedEvent<Other> other) {
            others.add(other.getPayload());
        }

        @TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
        void beforeCommit(Deposited deposited) {
            assertThat(TransactionSynchronizationManager.isActualTransactionActive())
                    .isTrue();
            beforeCommit.add(deposited);
        }
    }

    record Other(StreamId streamId) implements Event {}

    @Configuration(proxyBeanMethods = false)
    static class WritingThenFailing {
        final AtomicInteger failuresLeft = new AtomicInteger(2);
        private final JdbcClient jdbc;

        WritingThenFailing(DataSource dataSource) {
            this.jdbc = JdbcClient.create(dataSource);
            jdbc.sql("CREATE TABLE IF NOT EXISTS seen (cents BIGINT NOT NULL)").update();
        }

        @EventListener
        void on(Deposited deposited) {
            jdbc.sql("INSERT INTO seen (cents) VALUES (?)")
                    .param(deposited.cents())
                    .update();
            if (deposited.cents() == 1 && failuresLeft.getAndDecrement() > 0) {
                throw new IllegalStateException("not now");
            }
        }
    }

    static class FailingAfterCommit {
        final List<BankEvent> taken = Collections.synchronizedList(new ArrayList<>());
        private final AtomicInteger failuresLeft = new AtomicInteger(2);

        @TransactionalEventListener
        void on(Deposited deposited) {
            if (deposited.cents() == 1 && failuresLeft.getAndDecrement() > 0) {
                throw new IllegalStateException("not now");
            }
            taken.add(deposited);
        }
    }

    static class FailingAtThePayment {
        final List<String> taken = Collections.synchronizedList(new ArrayList<>());
        final Set<ShopEvent> domainEvents = Collections.synchronizedSet(new LinkedHashSet<>());
        private final AtomicInteger failuresLeft = new AtomicInteger(1);

        @EventListener
        void on(CommittedEvent<?> committed) {
            RecordedEvent<?> recorded = committed.recorded();
            if (recorded.event() instanceof ShopEvent.Paid && failuresLeft.getAndDecrement() > 0) {
                throw new IllegalStateException("not now");
            }
            taken.add("%s.%d %s"
                    .formatted(
                            recorded.version(),
                            recorded.part(),
                            recorded.event().getClass().getSimpleName()));
        }

        @EventListener
        void on(ShopEvent event) {
            domainEvents.add(event);
        }
    }

    static class Refusing {
        final List<BankEvent> taken = Collections.synchronizedList(new ArrayList<>());

        @EventListener
        void on(Deposited deposited) {
            if (deposited.cents() == 2) {
                throw new IllegalStateException("never");
            }
            taken.add(deposited);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class RelayOfTheCourse {
        final List<SchoolEvent> taken = Collections.synchronizedList(new ArrayList<>());

        @Bean
        ApplicationEventRelay relay(ApplicationContext context) {
            return ApplicationEventRelay.to(context)
                    .filter(EventFilter.tagged("course", "c1"))
                    .build();
        }

        @EventListener
        void on(SchoolEvent event) {
            taken.add(event);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnRelay {
        // tag::relay[]
        @Bean
        ApplicationEventRelay relay(ApplicationContext context, PlatformTransactionManager transactionManager) {
            return ApplicationEventRelay.to(context)
                    .transactionManager(transactionManager)
                    .onError(failure -> FailureDecision.SKIP)
                    .build();
        }
        // end::relay[]
    }
}
