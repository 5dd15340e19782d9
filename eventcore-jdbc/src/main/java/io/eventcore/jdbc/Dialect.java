package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * How one engine works with tables of these names: the parts that make up the stores.
 *
 * <p>Holds no state of a store. Safe for any number of threads.
 */
final class Dialect {
    private final Engine engine;
    private final TableNames names;
    private final KeyLookups lookups;
    private final StreamQueries streams;
    private final LogQueries log;
    private final TagQueries tags;
    private final TagHeads tagHeads;
    private final Appends appends;
    private final Imports imports;
    private final StoredAppends stored;
    private final Settlement settlement;
    private final TransactionMarks marks;
    private final CommandTable commands;

    Dialect(Engine engine, TableNames names) {
        this(engine, names, engine.appends(names));
    }

    /** The same with other appends; for tests. */
    Dialect(Engine engine, TableNames names, Appends appends) {
        this.engine = engine;
        this.names = names;
        this.lookups = new KeyLookups(names, engine.expressions(), engine.types());
        this.streams = engine.streams(names);
        this.log = engine.log(names);
        this.tags = new TagQueries(names, engine.expressions());
        this.tagHeads = engine.tagHeads(names);
        this.appends = appends;
        this.imports = engine.imports(names);
        this.stored = new StoredAppends(names, engine.expressions(), engine.types());
        this.settlement = new Settlement(engine.transactions(), appends, stored, engine.indexes(), names);
        this.marks = engine.marks(names, appends);
        this.commands = new CommandTable(names, engine.expressions(), engine.types(), engine.errors());
    }

    /**
     * The dialect of a connection.
     *
     * @throws UnsupportedDatabaseException if its engine is not supported, or too old
     */
    static Dialect of(Connection connection, TableNames names) throws SQLException {
        return new Dialect(Engine.of(connection), names);
    }

    Engine engine() {
        return engine;
    }

    TableNames names() {
        return names;
    }

    KeyLookups lookups() {
        return lookups;
    }

    StreamQueries streams() {
        return streams;
    }

    LogQueries log() {
        return log;
    }

    TagQueries tags() {
        return tags;
    }

    TagHeads tagHeads() {
        return tagHeads;
    }

    Appends appends() {
        return appends;
    }

    Imports imports() {
        return imports;
    }

    StoredAppends stored() {
        return stored;
    }

    Settlement settlement() {
        return settlement;
    }

    TransactionMarks marks() {
        return marks;
    }

    CommandTable commands() {
        return commands;
    }

    /** What a failed statement means. */
    Failure classify(SQLException e) {
        return engine.errors().classify(e);
    }

    /** Our exception for a failed statement; the action that failed is a noun. */
    EventStoreException failed(String action, SQLException e) {
        return engine.errors().failed(action, e);
    }

    SqlTypes types() {
        return engine.types();
    }

    SqlExpressions expressions() {
        return engine.expressions();
    }

    OwnTransactions transactions() {
        return engine.transactions();
    }

    /** Whether the table of events has an index. */
    boolean hasIndex(Connection connection, OptionalIndex index) throws SQLException {
        return engine.indexes().has(connection, names, index);
    }
}
