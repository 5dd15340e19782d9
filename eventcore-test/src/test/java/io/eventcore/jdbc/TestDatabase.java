package io.eventcore.jdbc;

import io.eventcore.AppendListener;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * A database of one engine in which every test gets tables of its own.
 *
 * <p>The owner creates them; the stores under test have no more rights than an application should have.
 */
abstract class TestDatabase {
    static final String OWNER = "store_owner";
    static final String APP = "store_app";
    static final String READER = "store_reader";

    private static final AtomicInteger STORES = new AtomicInteger();

    /** Connections of the application. */
    abstract DataSource dataSource();

    /** Connections of the owner of the tables. */
    abstract DataSource ownersDataSource();

    /** Connections of those who only read. */
    abstract DataSource readersDataSource();

    /** New tables, and the prefix of their names. */
    String newTables() {
        String prefix = newPrefix();
        JdbcSchema schema = JdbcSchema.in(ownersDataSource(), "", prefix);
        schema.create();
        runScript(schema.rolesScript(APP, READER));
        return prefix;
    }

    /** A prefix that no other test has. */
    String newPrefix() {
        return "t" + STORES.incrementAndGet() + "_";
    }

    /** Runs a script as the owner of the tables. */
    void runScript(String script) {
        execute(ownersDataSource(), script);
    }

    JdbcEventStore newStore() {
        return store(newTables());
    }

    JdbcEventStore store(String prefix) {
        return store(dataSource(), prefix);
    }

    JdbcEventStore store(String prefix, AppendListener listener) {
        return store(dataSource(), prefix, listener);
    }

    static JdbcEventStore store(DataSource dataSource, String prefix) {
        return store(dataSource, prefix, AppendListener.none());
    }

    private static JdbcEventStore store(DataSource dataSource, String prefix, AppendListener listener) {
        return JdbcEventStore.builder(dataSource, new JacksonEventSerializer(LedgerEvent.types()))
                .tablePrefix(prefix)
                .appendListener(listener)
                .build();
    }

    static void execute(DataSource dataSource, String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Why the database refuses this; a failure of the test if it does not. Leaves nothing behind. */
    static SQLException refusalOf(DataSource dataSource, String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            try {
                statement.execute(sql);
            } catch (SQLException refused) {
                return refused;
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        throw new AssertionError("Not refused: " + sql);
    }

    JdbcProjectionStore projectionStore(String prefix) {
        return JdbcProjectionStore.in(dataSource(), "", prefix);
    }
}
