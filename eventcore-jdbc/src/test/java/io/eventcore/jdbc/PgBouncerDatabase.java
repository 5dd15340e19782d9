package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;

/** The PostgreSQL of the other tests, whose application comes by way of a PgBouncer that gives sessions from hand to hand. */
final class PgBouncerDatabase extends TestDatabase {
    private static final PostgreSqlDatabase SERVER = PostgreSqlDatabase.INSTANCE;
    private static final List<String> USERS = List.of(APP, READER);

    /** One that keeps statements of clients apart, and a driver that has the server prepare them. */
    static final PgBouncerDatabase PREPARED = new PgBouncerDatabase(
            new PgBouncer(
                    PgBouncer.WITH_PREPARED_STATEMENTS,
                    serverPort(),
                    USERS,
                    PostgreSqlDatabase.PASSWORD,
                    "max_prepared_statements = 200"),
            2);

    /** One that does not, and a driver that has nothing prepared. */
    static final PgBouncerDatabase UNPREPARED = new PgBouncerDatabase(
            new PgBouncer(PgBouncer.WITHOUT_PREPARED_STATEMENTS, serverPort(), USERS, PostgreSqlDatabase.PASSWORD), 0);

    private final PgBouncer pooler;
    private final int prepareThreshold;
    private final HikariDataSource app;
    private final HikariDataSource expendable;
    private final HikariDataSource reader;

    private PgBouncerDatabase(PgBouncer pooler, int prepareThreshold) {
        this.pooler = pooler;
        this.prepareThreshold = prepareThreshold;
        this.app = pool(APP, 24);
        this.expendable = pool(APP, 6);
        this.reader = pool(READER, 2);
    }

    static int serverPort() {
        return SERVER.unpooled(APP).getPortNumbers()[0];
    }

    /** New connections of the application. */
    PGSimpleDataSource unpooled(String role) {
        return unpooled(pooler, role, prepareThreshold);
    }

    /** New connections by way of a PgBouncer. */
    static PGSimpleDataSource unpooled(PgBouncer pooler, String role, int prepareThreshold) {
        PGSimpleDataSource past = SERVER.unpooled(role);
        past.setServerNames(new String[] {"127.0.0.1"});
        past.setPortNumbers(new int[] {pooler.port()});
        past.setPrepareThreshold(prepareThreshold);
        return past;
    }

    private HikariDataSource pool(String role, int size) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(unpooled(role));
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(1);
        return new HikariDataSource(config);
    }

    @Override
    DataSource dataSource() {
        return app;
    }

    @Override
    DataSource expendableDataSource() {
        return expendable;
    }

    @Override
    HikariConfig appConfig() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(unpooled(APP));
        return config;
    }

    @Override
    List<String> appAddress() {
        PGSimpleDataSource past = unpooled(APP);
        return List.of(past.getURL(), String.valueOf(past.getUser()), String.valueOf(past.getPassword()));
    }

    @Override
    JdbcTransactionManager transactionManager(DataSource dataSource) {
        return new IsolationInside.Manager(dataSource);
    }

    @Override
    TransactionDefinition begun(TransactionDefinition asked) {
        return new IsolationInside(asked);
    }

    /** In the transaction alone: the session is shared. */
    @Override
    String impatience() {
        return "SET LOCAL lock_timeout = 20";
    }

    @Override
    String patience() {
        return "SELECT 1";
    }

    @Override
    void endSession(long id) {
        SERVER.endSession(id);
    }

    @Override
    String sessionId() {
        return SERVER.sessionId();
    }

    @Override
    DataSource ownersDataSource() {
        return SERVER.ownersDataSource();
    }

    @Override
    DataSource readersDataSource() {
        return reader;
    }
}
