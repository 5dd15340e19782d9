package io.eventcore.autoconfigure;

import io.eventcore.transaction.TransactionPhase;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Detects a thread that is about to write to one store while it is in a transaction of another one: the code looks as
 * if both were committed together, and they are not.
 */
final class ForeignTransactions {
    private static final TransactionDefinition SUPPORTS =
            new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_SUPPORTS);

    private final IdentityHashMap<DataSource, String> owners = new IdentityHashMap<>();

    /**
     * Knows what data sources are for.
     *
     * @param owners by data sources without proxies: for example {@code store 'acme'}
     */
    ForeignTransactions(IdentityHashMap<DataSource, String> owners) {
        this.owners.putAll(owners);
    }

    /**
     * Does nothing unless the thread is in a transaction of a known data source other than the store's own.
     *
     * @throws ForeignTransactionException if it is
     */
    void refuse(String store, DataSource own) {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            return;
        }
        // Copied, because asking about a transaction binds its resources to the thread.
        for (Map.Entry<Object, Object> bound :
                List.copyOf(TransactionSynchronizationManager.getResourceMap().entrySet())) {
            if (bound.getKey() instanceof DataSource key && bound.getValue() instanceof ConnectionHolder holder) {
                DataSource innermost = TransactionManagers.innermost(key);
                String owner = owners.get(innermost);
                if (owner != null
                        && innermost != own
                        && !TransactionPhase.isFinished(holder)
                        && isTransactional(key, holder)) {
                    throw new ForeignTransactionException(store, owner);
                }
            }
        }
    }

    /** A connection that is merely held during another transaction is not in one itself. JPA's is not synchronized. */
    private static boolean isTransactional(DataSource key, ConnectionHolder holder) {
        if (!holder.isSynchronizedWithTransaction()) {
            return true;
        }
        DataSourceTransactionManager probe = new DataSourceTransactionManager(key);
        probe.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
        return ((DefaultTransactionStatus) probe.getTransaction(SUPPORTS)).hasTransaction();
    }
}
