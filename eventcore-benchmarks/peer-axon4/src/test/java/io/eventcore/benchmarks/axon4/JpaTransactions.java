package io.eventcore.benchmarks.axon4;

import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import org.axonframework.common.jpa.EntityManagerProvider;
import org.axonframework.common.transaction.Transaction;
import org.axonframework.common.transaction.TransactionManager;
import org.jspecify.annotations.Nullable;

/** One entity manager for the length of a transaction, as Spring's would be. For one thread. */
final class JpaTransactions implements TransactionManager, EntityManagerProvider {
    private final EntityManagerFactory factory;
    private @Nullable EntityManager current;

    JpaTransactions(EntityManagerFactory factory) {
        this.factory = factory;
    }

    @Override
    public EntityManager getEntityManager() {
        EntityManager manager = current;
        if (manager == null) {
            throw new IllegalStateException("no transaction");
        }
        return manager;
    }

    @Override
    public Transaction startTransaction() {
        if (current != null) {
            return new Ended(null);
        }
        EntityManager manager = factory.createEntityManager();
        manager.getTransaction().begin();
        current = manager;
        return new Ended(manager);
    }

    /** Ends the transaction of its manager; one without a manager is ended by the outer one. */
    private final class Ended implements Transaction {
        private final @Nullable EntityManager manager;

        private Ended(@Nullable EntityManager manager) {
            this.manager = manager;
        }

        @Override
        public void commit() {
            if (manager != null) {
                manager.getTransaction().commit();
                end(manager);
            }
        }

        @Override
        public void rollback() {
            if (manager != null) {
                manager.getTransaction().rollback();
                end(manager);
            }
        }

        private void end(EntityManager ended) {
            current = null;
            ended.close();
        }
    }
}
