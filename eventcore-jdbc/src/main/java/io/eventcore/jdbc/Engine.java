package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** The kinds of databases, each with the small parts that differ. */
enum Engine {
    /** Functions of ours; locks announce the appends in flight. */
    POSTGRESQL(
            SqlErrors.POSTGRESQL,
            SqlTypes.POSTGRESQL,
            SqlExpressions.POSTGRESQL,
            SchemaScripts.POSTGRESQL,
            IndexCatalog.POSTGRESQL,
            LockTimeouts.POSTGRESQL) {
        @Override
        OwnTransactions transactions() {
            return PostgreSqlTransactions.INSTANCE;
        }

        @Override
        void checkServer(Connection connection) throws SQLException {
            PostgreSqlPooler.check(connection);
        }

        @Override
        StreamQueries streams(TableNames names) {
            return new PostgreSqlStreamQueries(names);
        }

        @Override
        TagHeads tagHeads(TableNames names) {
            return new PostgreSqlTagHeads(names);
        }

        @Override
        LogQueries log(TableNames names) {
            return new PostgreSqlLogQueries(names);
        }

        @Override
        Appends appends(TableNames names) {
            return new PostgreSqlAppends(names, transactions());
        }

        @Override
        Imports imports(TableNames names) {
            return new PostgreSqlImports(names);
        }

        @Override
        TransactionMarks marks(TableNames names, Appends appends) {
            return new PostgreSqlMarks();
        }
    },

    /** Plain statements. */
    H2(SqlErrors.H2, SqlTypes.STANDARD, SqlExpressions.H2, SchemaScripts.H2, IndexCatalog.H2, LockTimeouts.H2) {
        @Override
        Appends appends(TableNames names) {
            return statementAppends(names, new H2StreamLocks(names), new H2EventWrites(names));
        }

        @Override
        Imports imports(TableNames names) {
            return new CounterRowImports(names, new H2StreamLocks(names), new H2EventWrites(names), types(), "");
        }

        @Override
        void makeCommitsLast(Connection connection) throws SQLException {
            H2WriteDelay.remove(connection);
            H2Interrupts.warn(connection);
        }
    },

    /** Statements with many rows. */
    MARIADB(
            SqlErrors.MARIADB,
            SqlTypes.MARIADB,
            SqlExpressions.MARIADB,
            SchemaScripts.MARIADB,
            IndexCatalog.MARIADB,
            LockTimeouts.MARIADB) {
        @Override
        OwnTransactions transactions() {
            return MariaDbTransactions.MARIADB;
        }

        @Override
        Appends appends(TableNames names) {
            return statementAppends(
                    names, new MariaDbStreamLocks(names, MariaDbTransactions.MARIADB), new MariaDbEventWrites(names));
        }

        @Override
        Imports imports(TableNames names) {
            return new CounterRowImports(
                    names,
                    new MariaDbStreamLocks(names, MariaDbTransactions.MARIADB),
                    new MariaDbEventWrites(names),
                    types(),
                    "SELECT @@max_allowed_packet");
        }

        @Override
        TransactionMarks marks(TableNames names, Appends appends) {
            return new MariaDbMarks(names, appends);
        }

        @Override
        Sessions sessions() {
            return MariaDbSessions.checked(List.of("", MariaDbStreamLocks.AT_ONCE), session -> {});
        }
    },

    /** Like MariaDB, as a node of a cluster whose nodes do not see each other's locks. */
    GALERA(
            SqlErrors.MARIADB,
            SqlTypes.MARIADB,
            SqlExpressions.MARIADB,
            SchemaScripts.MARIADB,
            IndexCatalog.MARIADB,
            LockTimeouts.MARIADB) {
        @Override
        OwnTransactions transactions() {
            return MariaDbTransactions.MARIADB;
        }

        @Override
        Appends appends(TableNames names) {
            return statementAppends(
                    names, new GaleraStreamLocks(names, MariaDbTransactions.MARIADB), new GaleraEventWrites(names));
        }

        @Override
        Imports imports(TableNames names) {
            return new CounterRowImports(
                    names,
                    new GaleraStreamLocks(names, MariaDbTransactions.MARIADB),
                    new GaleraEventWrites(names),
                    types(),
                    "SELECT @@max_allowed_packet");
        }

        @Override
        TransactionMarks marks(TableNames names, Appends appends) {
            return new MariaDbMarks(names, appends);
        }

        @Override
        Sessions sessions() {
            return MariaDbSessions.checked(List.of("", MariaDbStreamLocks.AT_ONCE), GaleraNode::checkSession);
        }

        @Override
        void checkServer(Connection connection) throws SQLException {
            GaleraNode.checkOrder(connection);
        }
    },

    /** Like MariaDB, except for how a transaction begins and how it creates rows. */
    MYSQL(
            SqlErrors.MARIADB,
            SqlTypes.MARIADB,
            SqlExpressions.MARIADB,
            SchemaScripts.MYSQL,
            IndexCatalog.MARIADB,
            LockTimeouts.MYSQL) {
        @Override
        OwnTransactions transactions() {
            return MariaDbTransactions.MYSQL;
        }

        @Override
        Appends appends(TableNames names) {
            return statementAppends(
                    names, new MySqlStreamLocks(names, MariaDbTransactions.MYSQL), new MariaDbEventWrites(names));
        }

        @Override
        Imports imports(TableNames names) {
            return new CounterRowImports(
                    names,
                    new MySqlStreamLocks(names, MariaDbTransactions.MYSQL),
                    new MariaDbEventWrites(names),
                    types(),
                    "SELECT @@max_allowed_packet");
        }

        @Override
        TransactionMarks marks(TableNames names, Appends appends) {
            return new MariaDbMarks(names, appends);
        }

        @Override
        Sessions sessions() {
            return MariaDbSessions.checked(List.of(""), session -> {});
        }
    };

    private final SqlErrors errors;
    private final SqlTypes types;
    private final SqlExpressions expressions;
    private final SchemaScripts scripts;
    private final IndexCatalog indexes;
    private final LockTimeouts lockTimeouts;

    Engine(
            SqlErrors errors,
            SqlTypes types,
            SqlExpressions expressions,
            SchemaScripts scripts,
            IndexCatalog indexes,
            LockTimeouts lockTimeouts) {
        this.errors = errors;
        this.types = types;
        this.expressions = expressions;
        this.scripts = scripts;
        this.indexes = indexes;
        this.lockTimeouts = lockTimeouts;
    }

    /**
     * The engine of a connection.
     *
     * @throws UnsupportedDatabaseException if the database is none of these, or too old
     */
    static Engine of(Connection connection) throws SQLException {
        DatabaseServer server = DatabaseServer.of(connection);
        return switch (server.product()) {
            case "PostgreSQL" -> {
                server.atLeast("14");
                yield POSTGRESQL;
            }
            case "H2" -> {
                server.atLeast("2.2");
                yield H2;
            }
            case "MariaDB", "MySQL" -> mariaDbOrMySql(connection);
            default -> throw server.unknown();
        };
    }

    /** Does not ask the drivers: the MySQL driver takes every MariaDB for a MySQL. */
    private static Engine mariaDbOrMySql(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT VERSION()");
                ResultSet row = query.executeQuery()) {
            row.next();
            String version = row.getString(1);
            if (version.contains("MariaDB")) {
                new DatabaseServer("MariaDB", version).atLeast("10.6");
                return GaleraNode.isOne(connection) ? GALERA : MARIADB;
            }
            new DatabaseServer("MySQL", version).atLeast("8.0.29");
            if (GaleraNode.isOne(connection)) {
                throw new UnsupportedDatabaseException(
                        "MySQL",
                        ("The event store was never tested on a Galera cluster of MySQL, and this is a node of one"
                                        + " (%s). Use a Galera cluster of MariaDB")
                                .formatted(version));
            }
            return MYSQL;
        }
    }

    SqlErrors errors() {
        return errors;
    }

    SqlTypes types() {
        return types;
    }

    SqlExpressions expressions() {
        return expressions;
    }

    SchemaScripts scripts() {
        return scripts;
    }

    IndexCatalog indexes() {
        return indexes;
    }

    LockTimeouts lockTimeouts() {
        return lockTimeouts;
    }

    OwnTransactions transactions() {
        return OwnTransactions.BY_CONNECTION;
    }

    /** The sessions of a database, each of which is checked before its first use. */
    Sessions sessions() {
        return Sessions.TRUSTED;
    }

    /**
     * Makes a commit durable before it returns, if that is a setting of the database.
     *
     * @throws io.eventcore.EventStoreUnavailableException if commits would not last and this user may not change the
     *     setting
     */
    void makeCommitsLast(Connection connection) throws SQLException {
        // Most engines are built that way.
    }

    /**
     * Checks the settings of the server, and of what lies between, that the promises of the store depend on.
     *
     * @throws io.eventcore.EventStoreUnavailableException if a setting is wrong
     */
    void checkServer(Connection connection) throws SQLException {
        // Most engines have no such settings.
    }

    StreamQueries streams(TableNames names) {
        return new StreamQueries(names, expressions);
    }

    TagHeads tagHeads(TableNames names) {
        return new TagHeads(names, expressions, types);
    }

    LogQueries log(TableNames names) {
        return new CounterRowLogQueries(names, expressions);
    }

    abstract Appends appends(TableNames names);

    abstract Imports imports(TableNames names);

    TransactionMarks marks(TableNames names, Appends appends) {
        return new RowMarks(names, expressions, types, appends);
    }

    final Appends statementAppends(TableNames names, StreamLocks locks, EventWrites writes) {
        return new StatementAppends(
                transactions(),
                locks,
                writes,
                new BoundaryLooks(names, expressions),
                new RepeatedAppends(names, expressions, types));
    }
}
