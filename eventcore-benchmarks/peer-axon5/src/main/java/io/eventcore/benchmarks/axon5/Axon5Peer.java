package io.eventcore.benchmarks.axon5;

import io.eventcore.benchmarks.peer.Deposit;
import io.eventcore.benchmarks.peer.Peer;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.axonframework.conversion.json.JacksonConverter;
import org.axonframework.eventsourcing.eventstore.AggregateBasedConsistencyMarker;
import org.axonframework.eventsourcing.eventstore.AppendCondition;
import org.axonframework.eventsourcing.eventstore.ConsistencyMarker;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine.AppendTransaction;
import org.axonframework.eventsourcing.eventstore.GenericTaggedEventMessage;
import org.axonframework.eventsourcing.eventstore.TaggedEventMessage;
import org.axonframework.eventsourcing.eventstore.jpa.AggregateBasedJpaEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jpa.AggregateEventEntry;
import org.axonframework.messaging.core.MessageType;
import org.axonframework.messaging.core.unitofwork.transaction.Transaction;
import org.axonframework.messaging.core.unitofwork.transaction.TransactionManager;
import org.axonframework.messaging.eventhandling.GenericEventMessage;
import org.axonframework.messaging.eventhandling.conversion.DelegatingEventConverter;
import org.axonframework.messaging.eventstreaming.EventCriteria;
import org.axonframework.messaging.eventstreaming.Tag;
import org.hibernate.cfg.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * The aggregate-based JPA event storage engine of Axon Framework 5 on Hibernate, with statement batching and with bytea
 * columns, both of which favour it. Only what it is measured at: it appends.
 */
public final class Axon5Peer implements Peer {
    private static final ThreadLocal<@Nullable EntityManager> CURRENT = new ThreadLocal<>();
    private static final MessageType TYPE = new MessageType("money-deposited");

    private @Nullable AggregateBasedJpaEventStorageEngine engine;

    /** For the service loader. */
    public Axon5Peer() {}

    @Override
    public void open(DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "DROP TABLE IF EXISTS aggregate_event_entry, \"AggregateEventEntry\", aggregateevententry");
            statement.execute("DROP SEQUENCE IF EXISTS \"aggregate-event-global-index-sequence\"");
        }
        Configuration configuration = new Configuration()
                .addAnnotatedClass(AggregateEventEntry.class)
                .setProperty("hibernate.dialect", ByteaDialect.class.getName())
                .setProperty("hibernate.hbm2ddl.auto", "create")
                .setProperty("hibernate.globally_quoted_identifiers", "true")
                .setProperty("hibernate.jdbc.batch_size", "100")
                .setProperty("hibernate.order_inserts", "true");
        configuration.getProperties().put("hibernate.connection.datasource", dataSource);
        EntityManagerFactory factory = configuration.buildSessionFactory();
        engine = new AggregateBasedJpaEventStorageEngine(
                Axon5Peer::entityManager,
                new Transactions(factory),
                new DelegatingEventConverter(new JacksonConverter()),
                settings -> settings.batchSize(1_000));
    }

    private static EntityManager entityManager() {
        EntityManager manager = CURRENT.get();
        if (manager == null) {
            throw new IllegalStateException("no transaction");
        }
        // The engine closes what it is given; the transaction still needs it.
        return (EntityManager) Proxy.newProxyInstance(
                Axon5Peer.class.getClassLoader(), new Class<?>[] {EntityManager.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        return null;
                    }
                    try {
                        return method.invoke(manager, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public boolean append(String stream, long version, List<Deposit> events) {
        List<TaggedEventMessage<?>> messages = new ArrayList<>();
        events.forEach(event -> messages.add(message(stream, event)));
        append(marker(stream, version), Set.of(stream), messages);
        return true;
    }

    @Override
    public void transfer(String from, long fromVersion, String to, long toVersion) {
        append(
                marker(from, fromVersion).upperBound(marker(to, toVersion)),
                Set.of(from, to),
                List.of(message(from, Deposit.of(from, -1)), message(to, Deposit.of(to, 1))));
    }

    private void append(ConsistencyMarker marker, Set<String> streams, List<TaggedEventMessage<?>> messages) {
        AggregateBasedJpaEventStorageEngine opened = engine;
        if (opened == null) {
            throw new IllegalStateException("not opened");
        }
        EventCriteria[] criteria = streams.stream()
                .map(stream -> EventCriteria.havingTags(Tag.of("Account", stream)))
                .toArray(EventCriteria[]::new);
        AppendCondition condition =
                AppendCondition.withCriteria(EventCriteria.either(criteria)).withMarker(marker);
        commit(opened.appendEvents(condition, null, messages).join());
    }

    private static <R> void commit(AppendTransaction<R> transaction) {
        transaction.afterCommit(transaction.commit(null).join(), null).join();
    }

    /** The sequence number of the last event that the appender knows. */
    private static ConsistencyMarker marker(String stream, long version) {
        return version == 0 ? ConsistencyMarker.ORIGIN : new AggregateBasedConsistencyMarker(stream, version - 1);
    }

    private static TaggedEventMessage<?> message(String stream, Deposit event) {
        return new GenericTaggedEventMessage<>(
                new GenericEventMessage(TYPE, event, METADATA), Set.of(Tag.of("Account", stream)));
    }

    @Override
    public long version(String stream) {
        throw new IllegalStateException("not measured");
    }

    @Override
    public long readStream(String stream) {
        throw new IllegalStateException("not measured");
    }

    @Override
    public long readLog(int events) {
        throw new IllegalStateException("not measured");
    }

    /** One entity manager for the length of a transaction, as Spring's would be. */
    private record Transactions(EntityManagerFactory factory) implements TransactionManager {
        @Override
        public Transaction startTransaction() {
            if (CURRENT.get() != null) {
                return new Joined();
            }
            EntityManager manager = factory.createEntityManager();
            manager.getTransaction().begin();
            CURRENT.set(manager);
            return new Own(manager);
        }
    }

    /** The outer one ends it. */
    private record Joined() implements Transaction {
        @Override
        public void commit() {}

        @Override
        public void rollback() {}
    }

    private record Own(EntityManager manager) implements Transaction {
        @Override
        public void commit() {
            try {
                manager.getTransaction().commit();
            } finally {
                end();
            }
        }

        @Override
        public void rollback() {
            try {
                if (manager.isOpen() && manager.getTransaction().isActive()) {
                    manager.getTransaction().rollback();
                }
            } finally {
                end();
            }
        }

        private void end() {
            CURRENT.remove();
            manager.close();
        }
    }
}
