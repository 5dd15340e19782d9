package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.test.contract.EventReaderContract;
import io.eventcore.test.contract.EventStoreContract;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionDefinition;

class PostgreSqlTransactionTest extends JdbcTransactionContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }

    @Override
    DataSource impatientDataSource() {
        return PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.APP);
    }

    private static HikariDataSource serializable() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.APP));
        config.setConnectionInitSql("SET default_transaction_isolation = 'serializable'");
        config.setMaximumPoolSize(20);
        return new HikariDataSource(config);
    }

    /** In a database whose default is the strictest isolation, a conflict is still a conflict. */
    @Nested
    class Appending_where_serializable_is_the_default extends EventStoreContract {
        private final HikariDataSource pool = serializable();

        @Override
        protected EventStore emptyStore() {
            return TestDatabase.store(pool, PostgreSqlDatabase.INSTANCE.newTables());
        }

        @AfterEach
        void close() {
            pool.close();
        }
    }

    @Nested
    class Reading_where_serializable_is_the_default extends EventReaderContract {
        private final HikariDataSource pool = serializable();

        @Override
        protected EventStore emptyStore() {
            return TestDatabase.store(pool, PostgreSqlDatabase.INSTANCE.newTables());
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new JdbcTransactionManager(pool) {
                private static final long serialVersionUID = 1L;

                /** What a caller who has heard of isolation asks for. */
                @Override
                protected void doBegin(Object transaction, TransactionDefinition definition) {
                    DefaultTransactionDefinition readCommitted = new DefaultTransactionDefinition(definition);
                    readCommitted.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
                    super.doBegin(transaction, readCommitted);
                }
            };
        }

        @AfterEach
        void close() {
            pool.close();
        }
    }
}
