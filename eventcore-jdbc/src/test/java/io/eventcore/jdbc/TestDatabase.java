package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import io.eventcore.AppendListener;
import io.eventcore.StreamId;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;

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

    /** So that no two loadings of this class use the same tables. */
    private static final String LOADING =
            Long.toString(ThreadLocalRandom.current().nextLong(1L << 32), 36);

    /** Connections of the application. */
    abstract DataSource dataSource();

    /** Other connections of the application, for tests that leave them in a bad state. */
    abstract DataSource expendableDataSource();

    /** How the application connects, for a pool that a test sets up and closes. */
    abstract HikariConfig appConfig();

    /** URL, user and password by which another process connects as the application. */
    List<String> appAddress() {
        HikariConfig config = appConfig();
        return List.of(config.getJdbcUrl(), config.getUsername(), config.getPassword());
    }

    /** A statement by which a session waits for a lock for a moment only. */
    abstract String impatience();

    /** A statement by which a session that was impatient waits as long as others again. */
    abstract String patience();

    /** Manages transactions on a data source of this database. */
    JdbcTransactionManager transactionManager(DataSource dataSource) {
        return new JdbcTransactionManager(dataSource);
    }

    /** How a transaction is begun that is asked for: its isolation is set in the session, unless others share that. */
    TransactionDefinition begun(TransactionDefinition asked) {
        return asked;
    }

    /** Manages transactions on {@link #dataSource()} whose waits for locks end with their time-out. */
    final PlatformTransactionManager timedTransactionManager() {
        return new TimedTransactionManager(this);
    }

    /** Ends another session as an administrator does. */
    abstract void endSession(long id);

    /** Asks for the id of the session. */
    abstract String sessionId();

    /** Connections of the owner of the tables. */
    abstract DataSource ownersDataSource();

    /** Connections of those who only read. */
    abstract DataSource readersDataSource();

    /** New tables, made by a script that is changed before, and the prefix of their names. */
    final String newTables(UnaryOperator<String> change) {
        String prefix = newPrefix();
        JdbcSchema schema = JdbcSchema.in(ownersDataSource(), "", prefix);
        String script = schema.script().replace(prefix, TableNames.DEFAULT_PREFIX);
        String changed = change.apply(script);
        if (changed.equals(script)) {
            throw new AssertionError("The script does not hold what was to be changed");
        }
        execute(ownersDataSource(), changed.replace(TableNames.DEFAULT_PREFIX, prefix));
        execute(ownersDataSource(), schema.rolesScript(APP, READER));
        return prefix;
    }

    /** New tables, and the prefix of their names. */
    String newTables() {
        String prefix = newPrefix();
        createTables(prefix);
        return prefix;
    }

    void createTables(String prefix) {
        JdbcSchema schema = JdbcSchema.in(ownersDataSource(), "", prefix);
        schema.create();
        runScript(schema.rolesScript(APP, READER));
    }

    /** A table of the application's own, which it may write to. */
    void createTable(String name, String columns) {
        execute(ownersDataSource(), "CREATE TABLE " + name + " (" + columns + ")");
        execute(ownersDataSource(), "GRANT SELECT, INSERT ON " + name + " TO " + APP);
    }

    /** Locks a stream as an append would, until the transaction ends. */
    void lock(Connection connection, String prefix, StreamId streamId) throws SQLException {
        Dialect.of(connection, new TableNames("", prefix)).appends().lockRow(connection, streamId.value());
    }

    /** A prefix that no other test has. */
    String newPrefix() {
        return "t" + STORES.incrementAndGet() + "_" + LOADING + "_";
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

    /** The database with tables whose names begin like this. */
    static JdbcDatabase jdbc(DataSource dataSource, String prefix) {
        return JdbcDatabase.builder(dataSource).tablePrefix(prefix).build();
    }

    static JdbcEventStore store(DataSource dataSource, String prefix) {
        return builder(dataSource, prefix).build();
    }

    private static JdbcEventStore store(DataSource dataSource, String prefix, AppendListener listener) {
        return builder(dataSource, prefix).appendListener(listener).build();
    }

    static JdbcEventStore.Builder builder(DataSource dataSource, String prefix) {
        return jdbc(dataSource, prefix).eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()));
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
        return jdbc(dataSource(), prefix).projectionStore();
    }
}
