package io.eventcore.autoconfigure;

import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.projection.Projection;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * An application with three tenants on two databases: acme and globex in the data source {@code north}, told apart by
 * prefixes, initech alone in {@code south}.
 */
final class Tenants {
    static final List<String> ALL = List.of("acme", "globex", "initech");
    static final StreamId ADA = StreamId.of("account-ada");

    private Tenants() {}

    static ApplicationContextRunner on(DataSource north, DataSource south) {
        return Applications.withoutDatabase()
                .withBean("north", DataSource.class, () -> north)
                .withBean("south", DataSource.class, () -> south)
                .withPropertyValues(
                        "eventcore.jdbc.initialize-schema=always",
                        "eventcore.stores.acme.data-source=north",
                        "eventcore.stores.acme.table-prefix=acme_",
                        "eventcore.stores.globex.data-source=north",
                        "eventcore.stores.globex.table-prefix=globex_",
                        "eventcore.stores.initech.data-source=south");
    }

    static ApplicationContextRunner onH2() {
        return on(h2(), h2());
    }

    static DataSource h2() {
        JdbcConnectionPool pool = JdbcConnectionPool.create(Applications.newH2(), "sa", "");
        pool.setMaxConnections(20);
        return pool;
    }

    static NamedEventStore store(ApplicationContext application, String name) {
        return application.getBean(EventStores.class).of(name);
    }

    static void deposit(ApplicationContext application, String tenant, long cents) {
        store(application, tenant).commands().execute(new DepositMoney(ADA, cents));
    }

    /** What a tenant's events say of the account that all tenants have. */
    static List<Long> deposits(ApplicationContext application, String tenant) {
        return store(application, tenant).eventStore().readStream(ADA, BankEvent.class).stream()
                .map(recorded -> ((Deposited) recorded.event()).cents())
                .toList();
    }

    /** What a tenant's read model says. */
    static long balance(ApplicationContext application, String tenant) {
        return JdbcClient.create(store(application, tenant).dataSource())
                .sql("SELECT COALESCE(SUM(cents), 0) FROM balance WHERE tenant = ?")
                .param(tenant)
                .query(Long.class)
                .single();
    }

    /** A database whose connections can be cut. */
    static final class Breakable extends DelegatingDataSource {
        private final AtomicInteger asked = new AtomicInteger();
        private volatile boolean down;

        Breakable(DataSource target, boolean down) {
            super(target);
            this.down = down;
        }

        void down(boolean now) {
            down = now;
        }

        int asked() {
            return asked.get();
        }

        @Override
        public Connection getConnection() throws SQLException {
            asked.incrementAndGet();
            if (down) {
                throw new SQLException("the words of the driver", "08001");
            }
            return super.getConnection();
        }
    }

    /** A transactional read model for each tenant; its tables are made when the first event comes. */
    @Configuration(proxyBeanMethods = false)
    static class Balances {
        final Map<String, Projection<?>> made = new ConcurrentHashMap<>();

        @Bean
        // tag::configurer
        NamedStoreConfigurer balances() {
            return store -> store.projection(balances(store.name(), JdbcClient.create(store.dataSource())));
        }
        // end::configurer

        private Projection<BankEvent> balances(String tenant, JdbcClient jdbc) {
            Projection<BankEvent> projection = Projection.named("balances", BankEvent.class)
                    .on(BankEvent.class, event -> {
                        Deposited deposited = (Deposited) event.event();
                        jdbc.sql("INSERT INTO balance (tenant, position, cents) VALUES (?, ?, ?)")
                                .params(tenant, event.position().value(), deposited.cents())
                                .update();
                    })
                    .build();
            made.put(tenant, projection);
            return projection;
        }
    }

    static long balanceTables(DataSource dataSource) {
        return JdbcClient.create(dataSource)
                .sql("SELECT COUNT(*) FROM information_schema.tables WHERE LOWER(table_name) = 'balance'")
                .query(Long.class)
                .single();
    }

    static void createReadModel(DataSource dataSource) {
        JdbcClient.create(dataSource)
                .sql("CREATE TABLE balance (tenant VARCHAR(40), position BIGINT, cents BIGINT,"
                        + " PRIMARY KEY (tenant, position))")
                .update();
    }
}
