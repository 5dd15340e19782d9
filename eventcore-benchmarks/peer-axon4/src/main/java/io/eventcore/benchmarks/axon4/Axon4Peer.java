package io.eventcore.benchmarks.axon4;

import io.eventcore.benchmarks.peer.Deposit;
import io.eventcore.benchmarks.peer.Peer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.axonframework.common.transaction.Transaction;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.TrackedEventMessage;
import org.axonframework.eventsourcing.eventstore.DomainEventStream;
import org.axonframework.eventsourcing.eventstore.EventStoreException;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.PostgresEventTableFactory;
import org.axonframework.messaging.MetaData;
import org.axonframework.modelling.command.ConcurrencyException;
import org.axonframework.serialization.json.JacksonSerializer;
import org.jspecify.annotations.Nullable;

/** The JDBC event storage engine of Axon Framework 4, with Jackson and pages of a thousand, which favours it. */
public final class Axon4Peer implements Peer {
    private @Nullable JdbcEventStorageEngine engine;
    private static final ThreadLocal<@Nullable Connection> CURRENT = new ThreadLocal<>();

    /** For the service loader. */
    public Axon4Peer() {}

    @Override
    public void open(DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS DomainEventEntry; DROP TABLE IF EXISTS SnapshotEventEntry");
        }
        TransactionManager transactions = new Transactions(dataSource);
        JacksonSerializer serializer = JacksonSerializer.defaultSerializer();
        JdbcEventStorageEngine opened = JdbcEventStorageEngine.builder()
                .eventSerializer(serializer)
                .snapshotSerializer(serializer)
                .batchSize(1_000)
                .transactionManager(transactions)
                .connectionProvider(() -> new Shared(connection()).get())
                .build();
        transactions.executeInTransaction(() -> opened.createSchema(PostgresEventTableFactory.INSTANCE));
        engine = opened;
    }

    private JdbcEventStorageEngine engine() {
        JdbcEventStorageEngine opened = engine;
        if (opened == null) {
            throw new IllegalStateException("not opened");
        }
        return opened;
    }

    private static Connection connection() {
        Connection connection = CURRENT.get();
        if (connection == null) {
            throw new IllegalStateException("no transaction");
        }
        return connection;
    }

    @Override
    public boolean append(String stream, long version, List<Deposit> events) {
        List<DomainEventMessage<Deposit>> messages = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            messages.add(message(stream, version + i, events.get(i)));
        }
        try {
            engine().appendEvents(messages);
            return true;
        } catch (ConcurrencyException e) {
            return false;
        } catch (EventStoreException e) {
            if (isDuplicate(e)) {
                return false;
            }
            throw e;
        }
    }

    /** Whether a unique key has told that another writer was faster, which the engine does not always say by its own type. */
    private static boolean isDuplicate(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && "23505".equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void transfer(String from, long fromVersion, String to, long toVersion) {
        engine().appendEvents(List.of(
                message(from, fromVersion, Deposit.of(from, -1)), message(to, toVersion, Deposit.of(to, 1))));
    }

    private static DomainEventMessage<Deposit> message(String stream, long version, Deposit event) {
        return new GenericDomainEventMessage<>("account", stream, version, event, MetaData.from(METADATA));
    }

    @Override
    public long version(String stream) {
        Optional<Long> last = engine().lastSequenceNumberFor(stream);
        return last.map(number -> number + 1).orElse(0L);
    }

    @Override
    public long readStream(String stream) {
        DomainEventStream events = engine().readEvents(stream);
        long count = 0;
        while (events.hasNext()) {
            // The payload is decoded when it is asked for.
            count += ((Deposit) events.next().getPayload()).currency().length() / 3;
        }
        return count;
    }

    @Override
    public long readLog(int events) {
        try (Stream<? extends TrackedEventMessage<?>> log = engine().readEvents(null, false)) {
            return log.limit(events)
                    .mapToLong(
                            event -> ((Deposit) event.getPayload()).currency().length() / 3)
                    .sum();
        }
    }

    /** One connection for the length of a transaction, as Spring's would be. */
    private static final class Transactions implements TransactionManager {
        private final DataSource dataSource;

        private Transactions(DataSource dataSource) {
            this.dataSource = dataSource;
        }

        @Override
        public Transaction startTransaction() {
            if (CURRENT.get() != null) {
                return new Joined();
            }
            try {
                Connection connection = dataSource.getConnection();
                connection.setAutoCommit(false);
                CURRENT.set(connection);
                return new Own(connection);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private static final class Own implements Transaction {
            private final Connection connection;

            private Own(Connection connection) {
                this.connection = connection;
            }

            @Override
            public void commit() {
                end(true);
            }

            @Override
            public void rollback() {
                end(false);
            }

            private void end(boolean commit) {
                CURRENT.remove();
                try (connection) {
                    if (commit) {
                        connection.commit();
                    } else {
                        connection.rollback();
                    }
                    connection.setAutoCommit(true);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        private static final class Joined implements Transaction {
            @Override
            public void commit() {
                // The outer one commits.
            }

            @Override
            public void rollback() {
                // The outer one rolls back.
            }
        }
    }

    /** The engine closes what it is given; the transaction still needs it. */
    private record Shared(Connection connection) {
        Connection get() {
            return (Connection) java.lang.reflect.Proxy.newProxyInstance(
                    Shared.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("close")) {
                            return null;
                        }
                        try {
                            return method.invoke(connection, arguments);
                        } catch (java.lang.reflect.InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }
}
