package io.eventcore.projection;

import org.jspecify.annotations.Nullable;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The transactions of a runner; none if it has no transaction manager.
 *
 * @param operations runs steps together in one transaction
 * @param managerName the class of the manager; empty if there is none
 */
record RunnerTransactions(TransactionOperations operations, String managerName) {
    static RunnerTransactions of(@Nullable PlatformTransactionManager manager) {
        return manager == null
                ? new RunnerTransactions(TransactionOperations.withoutTransaction(), "")
                : new RunnerTransactions(template(manager), manager.getClass().getName());
    }

    /** A separate transaction, in which a checkpoint can be moved although its lease was renewed meanwhile. */
    private static TransactionTemplate template(PlatformTransactionManager manager) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        template.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        return template;
    }

    /** Whether there is a manager. */
    boolean exist() {
        return !managerName.isEmpty();
    }
}
