package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.jdbc.SubjectKeyTable.Row;
import io.eventcore.personaldata.KeyWrapping;
import io.eventcore.personaldata.SubjectKey;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.transaction.TransactionPhase;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Stores the keys of subjects in a table beside the events, wrapped by a master key. Provided by {@link JdbcDatabase}.
 *
 * <p>Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public class JdbcSubjectKeyStore implements SubjectKeyStore {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int UNKNOWN = -1;

    private final Connections connections;
    private final Dialect dialect;
    private final KeyWrapping wrapping;
    private final SubjectKeyTable table;
    private final TransactionTemplate ownTransaction;

    /** The isolation of transactions that ask for none. Read once, because some drivers need a statement for it. */
    private volatile int defaultIsolation = UNKNOWN;

    JdbcSubjectKeyStore(Connections connections, Dialect dialect, KeyWrapping wrapping) {
        this.connections = connections;
        this.dialect = dialect;
        this.wrapping = wrapping;
        this.table = new SubjectKeyTable(
                dialect.names(), dialect.expressions(), dialect.engine().errors());
        // Under a separate key: under the key of the pool, the connection of a finished transaction may still be bound.
        DataSourceTransactionManager manager =
                new DataSourceTransactionManager(new DelegatingDataSource(connections.ownDataSource()));
        manager.setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        this.ownTransaction = new TransactionTemplate(manager);
        ownTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        ownTransaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    @Override
    public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
        Map<String, String> byHash = new TreeMap<>();
        subjects.forEach(subject -> byHash.put(SubjectKeyStore.hash(subject), subject));
        Map<String, SubjectKey> keys = new HashMap<>();
        for (Row row : rowsOf(List.copyOf(byHash.keySet()))) {
            keys.put(byHash.get(row.subject()), unwrapped(row));
        }
        return keys;
    }

    private List<Row> rowsOf(List<String> hashes) {
        try {
            Optional<CallersConnection> callers = connections.callersConnection();
            if (callers.isEmpty()) {
                return connections.own(connection -> rowsOf(connection, hashes, false));
            }
            refuseReadOnly();
            return callers.get().write(connection -> rowsOf(connection, hashes, true), written -> Optional.empty());
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private static void refuseReadOnly() {
        if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
    }

    private List<Row> rowsOf(Connection connection, List<String> hashes, boolean locked) throws SQLException {
        // Without a lock: MariaDB and MySQL would lock the gap that a missing key belongs in, against all other
        // transactions.
        List<Row> rows = table.bySubjects(connection, hashes);
        List<String> missing = new ArrayList<>(hashes);
        rows.forEach(row -> missing.remove(row.subject()));
        if (missing.isEmpty() && !locked) {
            return rows;
        }
        for (String hash : missing) {
            table.insert(connection, newRow(hash));
        }
        // A new key may not be ours: another append may have been first.
        List<Row> all;
        if (locked) {
            all = table.lockedBySubjects(connection, hashes);
        } else {
            all = new ArrayList<>(rows);
            all.addAll(table.bySubjects(connection, missing));
        }
        if (all.size() != hashes.size()) {
            throw new TransientEventStoreException(
                    "Another transaction, which this one does not see, has created the key of a subject", null);
        }
        return all;
    }

    private Row newRow(String hash) {
        UUID id = UUID.randomUUID();
        byte[] key = new byte[SubjectKey.BYTES];
        RANDOM.nextBytes(key);
        return new Row(hash, id, Optional.of(wrapping.wrap(key, context(id, hash))));
    }

    /** What a wrapped key is bound to: its row. */
    private static byte[] context(UUID id, String hash) {
        return (id + "/" + hash).getBytes(StandardCharsets.UTF_8);
    }

    private SubjectKey unwrapped(Row row) {
        return row.wrapped()
                .map(wrapped -> SubjectKey.of(
                        row.id(), row.subject(), wrapping.unwrap(wrapped, context(row.id(), row.subject()))))
                .orElseGet(() -> SubjectKey.erased(row.id(), row.subject()));
    }

    @Override
    public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
        List<Row> rows;
        try {
            rows = connections.joinOrOwn(connection -> rowsOf(connection, ids));
        } catch (SQLException e) {
            throw failed(e);
        }
        Map<UUID, SubjectKey> keys = new HashMap<>();
        rows.forEach(row -> keys.put(row.id(), unwrapped(row)));
        return keys;
    }

    private List<Row> rowsOf(Connection connection, Collection<UUID> ids) throws SQLException {
        List<UUID> missing = new ArrayList<>(ids);
        List<Row> rows = table.byIds(connection, missing);
        rows.forEach(row -> missing.remove(row.id()));
        if (!missing.isEmpty()) {
            // The caller's snapshot may be older than a key that the caller's own append has taken from another
            // transaction.
            rows.addAll(table.newestByIds(connection, missing));
        }
        return rows;
    }

    /**
     * In a caller's transaction, a subject may be erased for that transaction alone. Above READ COMMITTED, the
     * transaction does not see what other transactions erase.
     */
    @Override
    public Predicate<SubjectKey> cacheable() {
        Optional<CallersConnection> callers = connections.callersConnection();
        if (callers.isEmpty()) {
            return key -> true;
        }
        return isolation(callers.get()) <= Connection.TRANSACTION_READ_COMMITTED
                ? key -> !key.isErased()
                : key -> false;
    }

    private int isolation(CallersConnection callers) {
        Integer declared = TransactionSynchronizationManager.getCurrentTransactionIsolationLevel();
        if (declared != null) {
            return declared;
        }
        int known = defaultIsolation;
        if (known == UNKNOWN) {
            try {
                known = callers.run(Connection::getTransactionIsolation);
            } catch (SQLException e) {
                throw failed(e);
            }
            defaultIsolation = known;
        }
        return known;
    }

    @Override
    public void erase(String subject, Consumer<Erasure> alongside) {
        String hash = SubjectKeyStore.hash(subject);
        Optional<CallersConnection> callers = connections.callersConnection();
        if (callers.isPresent()) {
            refuseReadOnly();
            alongside.accept(erase(callers.get(), hash));
            return;
        }
        try {
            ownTransaction.executeWithoutResult(status -> {
                alongside.accept(erase(connections.callersConnection().orElseThrow(), hash));
            });
        } catch (CannotCreateTransactionException e) {
            throw Connections.noConnection(e);
        } catch (TransactionSystemException e) {
            if (e.getApplicationException() instanceof RuntimeException failure) {
                // The rollback failed as well; report the first failure.
                throw failure;
            }
            // Committed or not, a second erasure does no harm.
            throw failed(e.getCause() instanceof SQLException cause ? cause : new SQLException("commit failed", e));
        }
    }

    private Erasure erase(CallersConnection callers, String hash) {
        try {
            return callers.write(connection -> erase(connection, hash), written -> Optional.empty());
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private Erasure erase(Connection connection, String hash) throws SQLException {
        // The last key, if another transaction has made one meanwhile.
        boolean now = table.erase(connection, hash)
                || table.insert(connection, new Row(hash, UUID.randomUUID(), Optional.empty()))
                || table.erase(connection, hash);
        return now ? Erasure.NOW : Erasure.BEFORE;
    }

    /**
     * Wraps with the current master key every key that another master key has wrapped; afterwards, you no longer need
     * the other master key. Touches no event. You may run this while the application works, as often as you like.
     *
     * @return how many keys were wrapped again
     * @throws EventStoreUnavailableException if one of the master keys is not configured
     */
    public long rewrapAll() {
        long rewrapped = 0;
        try {
            List<Row> rows = someNotCurrent();
            while (!rows.isEmpty()) {
                for (Row row : rows) {
                    byte[] context = context(row.id(), row.subject());
                    byte[] key = wrapping.unwrap(row.wrapped().orElseThrow(), context);
                    rewrapped +=
                            connections.own(connection -> table.rewrap(connection, row, wrapping.wrap(key, context)))
                                    ? 1
                                    : 0;
                }
                rows = someNotCurrent();
            }
        } catch (SQLException e) {
            throw failed(e);
        }
        return rewrapped;
    }

    private List<Row> someNotCurrent() throws SQLException {
        return connections.own(connection -> table.notWrappedBy(connection, wrapping.currentMasterKey()));
    }

    private EventStoreException failed(SQLException e) {
        return dialect.classify(e).toException("Using the keys of subjects", e);
    }
}
