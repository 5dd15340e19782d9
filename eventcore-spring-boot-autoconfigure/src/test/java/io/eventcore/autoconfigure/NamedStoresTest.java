package io.eventcore.autoconfigure;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.eventcore.AppendListener;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.PersonalData;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Stream;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.snapshot.Snapshot;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/** Three tenants on two databases: what belongs to one never reaches another. */
class NamedStoresTest {
    private static final StreamId ADA = Tenants.ADA;
    private static final StreamId CUSTOMER = StreamId.of("customer-1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int APPENDS = 4;

    @EventType("tenants.registered")
    record Registered(
            String customer,
            @PersonalData(subject = "customer") String name) implements Event {
        @Override
        public StreamId streamId() {
            return CUSTOMER;
        }
    }

    /** Folds how many events there are, from a snapshot if there is one. */
    @Snapshot(name = "tenants.counted", version = 1)
    record Counted(@Stream StreamId account) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long events, BankEvent event) {
            return events + 1;
        }

        @Override
        public List<BankEvent> handle(Long events) {
            return List.of(new Deposited(account, events));
        }
    }

    @Test
    void one_stream_id_is_another_stream_for_each_tenant() {
        Tenants.onH2().run(application -> {
            assertThat(application.getBean(EventStores.class).names()).containsExactlyElementsOf(Tenants.ALL);
            for (int i = 0; i < Tenants.ALL.size(); i++) {
                for (int deposit = 0; deposit <= i; deposit++) {
                    Tenants.deposit(application, Tenants.ALL.get(i), 100 * i + deposit);
                }
            }

            assertThat(Tenants.deposits(application, "acme")).containsExactly(0L);
            assertThat(Tenants.deposits(application, "globex")).containsExactly(100L, 101L);
            assertThat(Tenants.deposits(application, "initech")).containsExactly(200L, 201L, 202L);
            for (int i = 0; i < Tenants.ALL.size(); i++) {
                EventStore store =
                        Tenants.store(application, Tenants.ALL.get(i)).eventStore();
                assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(i + 1));
                assertThat(store.lastPosition().value()).isEqualTo(i + 1);
            }
        });
    }

    @Test
    void a_command_id_is_taken_in_one_store_only() {
        CommandContext once = CommandContext.empty().withCommandId(CommandId.of("queue", "message-1"));
        Tenants.onH2().run(application -> {
            for (String tenant : Tenants.ALL) {
                CommandExecutor commands = Tenants.store(application, tenant).commands();
                ExecutionResult first = commands.execute(new DepositMoney(ADA, 5), once);
                ExecutionResult repeated = commands.execute(new DepositMoney(ADA, 5), once);

                assertThat(repeated.slice()).isEqualTo(first.slice());
                assertThat(Tenants.deposits(application, tenant)).containsExactly(5L);
            }
        });
    }

    @Test
    void a_snapshot_of_one_tenant_is_no_state_of_another() {
        Tenants.onH2()
                .withPropertyValues(
                        "eventcore.snapshots.after-events=1", "eventcore.commands.warm-streams.enabled=false")
                .run(application -> {
                    CommandExecutor acme = Tenants.store(application, "acme").commands();
                    for (int i = 0; i < 3; i++) {
                        acme.execute(new Counted(ADA));
                    }
                    await().atMost(PATIENCE).until(() -> snapshots(application, "acme") > 0);

                    Tenants.store(application, "globex").commands().execute(new Counted(ADA));
                    acme.execute(new Counted(ADA));

                    assertThat(Tenants.deposits(application, "globex")).containsExactly(0L);
                    assertThat(Tenants.deposits(application, "acme")).containsExactly(0L, 1L, 2L, 3L);
                });
    }

    private static long snapshots(ApplicationContext application, String tenant) {
        return JdbcClient.create(Tenants.store(application, tenant).dataSource())
                .sql("SELECT COUNT(*) FROM " + tenant + "_snapshot")
                .query(Long.class)
                .single();
    }

    @Test
    void a_deadline_of_one_tenant_is_executed_there_once() {
        StreamId reminders = StreamId.of("reminders");
        Tenants.onH2()
                .withBean(
                        NamedStoreConfigurer.class,
                        () -> store -> store.reaction(Reaction.named("late", BankEvent.class)
                                .on(Deposited.class)
                                .at(event -> event.recordedAt().minus(Duration.ofHours(1)))
                                .filter(EventFilter.prefix(StreamPrefix.of("account-")))
                                .execute(event -> new DepositMoney(
                                        reminders, event.event().cents()))
                                .build()))
                .run(application -> {
                    Tenants.deposit(application, "acme", 1);
                    Tenants.deposit(application, "initech", 3);

                    for (String tenant : List.of("acme", "initech")) {
                        await().atMost(PATIENCE).until(() -> version(application, tenant, reminders) == 1);
                        assertThat(Tenants.store(application, tenant)
                                        .projections()
                                        .awaitDeadlines(PATIENCE))
                                .isTrue();
                    }
                    assertThat(version(application, "acme", reminders)).isEqualTo(1);
                    assertThat(version(application, "globex", reminders)).isZero();
                    assertThat(version(application, "initech", reminders)).isEqualTo(1);
                });
    }

    private static long version(ApplicationContext application, String tenant, StreamId stream) {
        return Tenants.store(application, tenant)
                .eventStore()
                .streamVersion(stream)
                .value();
    }

    @Test
    void a_person_is_erased_from_one_store_and_stays_in_the_others() {
        String key = "2026:" + Base64.getEncoder().encodeToString(new byte[32]);
        Tenants.onH2()
                .withBean(EventTypesCustomizer.class, () -> types -> types.register(Registered.class))
                .withPropertyValues("eventcore.personal-data.master-key=" + key)
                .run(application -> {
                    for (String tenant : Tenants.ALL) {
                        Tenants.store(application, tenant)
                                .eventStore()
                                .appendEvents(StreamWrites.to(
                                        CUSTOMER,
                                        ExpectedVersion.noStream(),
                                        new Registered("c-1", "Ada of " + tenant)));
                    }

                    Tenants.store(application, "globex").personalData().erase("c-1");

                    assertThat(name(application, "acme")).isEqualTo("Ada of acme");
                    assertThat(name(application, "globex")).isEqualTo("[erased]");
                    assertThat(name(application, "initech")).isEqualTo("Ada of initech");
                });
    }

    private static String name(ApplicationContext application, String tenant) {
        return Tenants.store(application, tenant).eventStore().readStream(CUSTOMER, Registered.class).stream()
                .map(RecordedEvent::event)
                .map(Registered::name)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void each_store_has_its_own_instance_of_each_projection_and_its_own_read_model() {
        DataSource north = Tenants.h2();
        DataSource south = Tenants.h2();
        Tenants.createReadModel(north);
        Tenants.createReadModel(south);
        Map<String, Projection<?>> only = new ConcurrentHashMap<>();
        Tenants.on(north, south)
                .withUserConfiguration(Tenants.Balances.class)
                .withBean("onlyGlobex", NamedStoreConfigurer.class, () -> store -> {
                    if (store.name().equals("globex")) {
                        only.put(store.name(), counting());
                        store.projection(only.get(store.name()));
                    }
                })
                .run(application -> {
                    Tenants.deposit(application, "acme", 1);
                    Tenants.deposit(application, "globex", 20);
                    Tenants.deposit(application, "globex", 20);
                    Tenants.deposit(application, "initech", 300);
                    Tenants.ALL.forEach(tenant -> assertReached(application, tenant, "balances"));

                    assertThat(Tenants.balance(application, "acme")).isEqualTo(1);
                    assertThat(Tenants.balance(application, "globex")).isEqualTo(40);
                    assertThat(Tenants.balance(application, "initech")).isEqualTo(300);
                    Tenants.Balances balances = application.getBean(Tenants.Balances.class);
                    assertThat(new HashSet<>(balances.made.values())).hasSize(3);
                    assertThat(names(application, "globex")).containsExactlyInAnyOrder("balances", "counting");
                    assertThat(names(application, "acme")).containsExactly("balances");
                });
    }

    private static Projection<BankEvent> counting() {
        return Projection.named("counting", BankEvent.class)
                .on(BankEvent.class, event -> {})
                .atLeastOnce()
                .build();
    }

    private static List<String> names(ApplicationContext application, String tenant) {
        return Tenants.store(application, tenant).projections().names();
    }

    private static void assertReached(ApplicationContext application, String tenant, String projection) {
        NamedEventStore store = Tenants.store(application, tenant);
        assertThat(store.projections()
                        .awaitPosition(projection, store.eventStore().lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    @Test
    void a_name_that_no_store_has_is_told_with_those_there_are_and_not_repeated_if_it_cannot_be_one() {
        Tenants.onH2().run(application -> {
            EventStores stores = application.getBean(EventStores.class);

            assertThatExceptionOfType(UnknownEventStoreException.class)
                    .isThrownBy(() -> stores.of("hooli"))
                    .withMessage("There is no event store 'hooli'; eventcore.stores declares acme, globex, initech")
                    .satisfies(unknown -> {
                        assertThat(unknown.store()).isEqualTo("hooli");
                        assertThat(unknown.known()).containsExactlyElementsOf(Tenants.ALL);
                    });
            assertThatExceptionOfType(UnknownEventStoreException.class)
                    .isThrownBy(() -> stores.of("acme\nforged line"))
                    .withMessageNotContaining("forged");
        });
    }

    @Test
    void beans_of_one_store_are_not_there_and_with_one_store_nothing_of_this_is() {
        Tenants.onH2()
                .run(application -> assertThat(application)
                        .hasSingleBean(EventStores.class)
                        .doesNotHaveBean(EventStore.class)
                        .doesNotHaveBean(CommandExecutor.class)
                        .doesNotHaveBean(ProjectionRunner.class));
        Applications.withH2().run(application -> {
            assertThat(application)
                    .doesNotHaveBean(EventStores.class)
                    .doesNotHaveBean(StoreKeeper.class)
                    .hasSingleBean(EventStore.class);
            Applications.assertWorks(application);
        });
    }

    @Test
    void a_store_for_each_target_of_a_router_has_group_commit_and_one_behind_the_router_has_not() {
        Gate ada = new Gate(Tenants.h2());
        Gate bob = new Gate(Tenants.h2());
        AtomicInteger asked = new AtomicInteger();
        behindRouter(ada, bob)
                .withPropertyValues(
                        "eventcore.stores.ada.data-source=router",
                        "eventcore.stores.bob-and-co.data-source=router",
                        "eventcore.stores.bob-and-co.target=bob")
                .run(application -> {
                    EventStores stores = application.getBean(EventStores.class);
                    asked.set(ada.askedFor(stores.of("ada").eventStore()));
                    assertThat(bob.asked).hasValue(0);
                    assertThat(stores.of("bob-and-co")
                                    .eventStore()
                                    .lastPosition()
                                    .value())
                            .isZero();
                    assertThat(stores.of("bob-and-co").dataSource()).isSameAs(bob);
                });
        assertThat(asked).as("one of four appends sends all").hasValue(1);

        Gate single = new Gate(Tenants.h2());
        behindRouter(single, new Gate(Tenants.h2()))
                .run(application -> asked.set(single.askedFor(application.getBean(EventStore.class))));
        assertThat(asked).as("each appends by itself").hasValue(APPENDS);
    }

    private static ApplicationContextRunner behindRouter(DataSource ada, DataSource bob) {
        AbstractRoutingDataSource router = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                return "ada";
            }
        };
        router.setTargetDataSources(Map.of("ada", ada, "bob", bob));
        return Applications.withoutDatabase()
                .withBean("router", DataSource.class, () -> router)
                .withPropertyValues("eventcore.jdbc.initialize-schema=always");
    }

    /** Gives no connections while it is closed. */
    private static final class Gate extends DelegatingDataSource {
        private final AtomicInteger asked = new AtomicInteger();
        private final CountDownLatch open = new CountDownLatch(1);
        private volatile boolean closed;

        private Gate(DataSource target) {
            super(target);
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (closed) {
                asked.incrementAndGet();
                try {
                    open.await();
                } catch (InterruptedException e) {
                    throw new SQLException(e);
                }
            }
            return super.getConnection();
        }

        private int askedFor(EventStore store) throws InterruptedException {
            StreamId warm = StreamId.of("account-warm");
            store.appendEvents(StreamWrites.to(warm, any(), new Deposited(warm, 1)));
            closed = true;
            List<Thread> appending = new ArrayList<>();
            for (int i = 0; i < APPENDS; i++) {
                StreamId account = StreamId.of("account-" + i);
                Thread thread = new Thread(
                        () -> store.appendEvents(StreamWrites.to(account, any(), new Deposited(account, 1))));
                thread.start();
                appending.add(thread);
            }
            // An append that does not wait for a connection waits for one that does.
            while (!appending.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING)) {
                Thread.onSpinWait();
            }
            int askedAtOnce = asked.get();
            closed = false;
            open.countDown();
            for (Thread thread : appending) {
                thread.join();
            }
            return askedAtOnce;
        }
    }

    @Test
    void what_is_remembered_is_bounded_for_all_stores_together() {
        long[] one = new long[1];
        Applications.withH2()
                .withPropertyValues("eventcore.commands.warm-streams.max-size=40KB")
                .run(application -> one[0] = remembered(application.getBean(CommandExecutor.class)));
        Tenants.onH2()
                .withPropertyValues("eventcore.commands.warm-streams.max-size=40KB")
                .run(application -> {
                    long all = 0;
                    for (String tenant : Tenants.ALL) {
                        all += remembered(Tenants.store(application, tenant).commands());
                    }
                    assertThat(one[0]).isBetween(20_000L, 40 * 1024L);
                    assertThat(all).isBetween(20_000L, 40 * 1024L);
                });
    }

    /** How much an executor remembers after more than fits. */
    private static long remembered(CommandExecutor commands) {
        for (int i = 0; i < 120; i++) {
            commands.execute(new DepositMoney(StreamId.of("account-" + i), i));
        }
        return commands.warmStreams().bytes();
    }

    @Test
    void an_aspect_on_everything_of_ours_stops_no_start() {
        for (boolean classes : new boolean[] {true, false}) {
            Tenants.onH2()
                    .withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class))
                    .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                    .withBean(AspectsTest.OnEverything.class)
                    .withPropertyValues("spring.aop.proxy-target-class=" + classes)
                    .run(application -> {
                        assertThat(application).hasNotFailed();
                        Tenants.deposit(application, "acme", 1);
                        assertThat(Tenants.deposits(application, "acme")).containsExactly(1L);
                    });
        }
    }

    @Test
    void problem_details_are_there_for_all_stores() {
        new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Applications.ownAutoConfigurations()))
                .withBean("north", DataSource.class, Tenants::h2)
                .withPropertyValues(
                        "eventcore.event-packages=io.eventcore.autoconfigure.bank",
                        "eventcore.jdbc.initialize-schema=always",
                        "eventcore.stores.acme.data-source=north")
                .run(application -> assertThat(application).hasSingleBean(EventCoreProblems.class));
    }

    @Test
    void every_listener_of_the_application_is_told_of_all_stores() {
        AtomicInteger committed = new AtomicInteger();
        Set<String> customized = ConcurrentHashMap.newKeySet();
        Tenants.onH2()
                .withBean(AppendListener.class, () -> committed::incrementAndGet)
                .withBean(
                        ProjectionRunnerCustomizer.class,
                        () -> runner -> customized.add("runner " + System.identityHashCode(runner)))
                .run(application -> {
                    Tenants.ALL.forEach(tenant -> Tenants.deposit(application, tenant, 1));

                    assertThat(committed).hasValue(3);
                    assertThat(customized).hasSize(3);
                });
    }
}
