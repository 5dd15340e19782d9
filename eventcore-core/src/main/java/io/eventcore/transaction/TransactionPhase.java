package io.eventcore.transaction;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.PriorityOrdered;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.ResourceHolder;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Whether the Spring transaction of this thread can still take part in something.
 *
 * <p>While Spring runs the callbacks after a commit, the finished transaction looks like a running one: its connection
 * is still bound to the thread, and what is written to it then is committed by accident or lost. Spring itself does not
 * distinguish the two, so this class marks every transaction that it is asked about before its end. With a
 * {@linkplain #listener() listener} on the transaction manager, it also recognises transactions that it is first asked
 * about later. The auto-configuration adds the listener to every transaction manager that is a bean; if you create one
 * yourself, add it:
 *
 * <pre>{@code
 * transactionManager.addListener(TransactionPhase.listener());
 * }</pre>
 *
 * @since 0.1
 */
public enum TransactionPhase {
    /** There is no transaction. */
    NONE,

    /** There is one, and work done now is committed or rolled back with it. */
    ACTIVE,

    /** There was one: its callbacks after completion are running. */
    FINISHED;

    private static final TransactionExecutionListener LISTENER = new Listener();

    /** Marks the beginning of every transaction of a manager, and calls its guards before the commit. Has no state. */
    public static TransactionExecutionListener listener() {
        return LISTENER;
    }

    /**
     * The phase of this thread's transaction.
     *
     * @throws IllegalStateException if the transaction may be the committed one whose callback is running, or a new one
     *     begun there; add the {@linkplain #listener() listener} to prevent that
     */
    public static TransactionPhase current() {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            return NONE;
        }
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            return FINISHED;
        }
        if (Mark.current() == null && Ended.isJoined()) {
            return FINISHED;
        }
        return Mark.currentOrNew().committed ? FINISHED : ACTIVE;
    }

    /**
     * Whether a resource that is bound to this thread belongs to a transaction that has ended. It stays bound while the
     * callbacks after that end are running, and may do so beside that of a transaction begun there.
     *
     * @throws IllegalStateException as {@link #current()}
     */
    public static boolean isFinished(Object resource) {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            return false;
        }
        return !TransactionSynchronizationManager.isSynchronizationActive()
                || Ended.isOf(resource)
                || MarkedBelow.isOfCommitted(resource)
                || Mark.currentOrNew().committed;
    }

    /** Whether a {@linkplain #listener() listener} has seen this thread's transaction begin. */
    public static boolean isWatched() {
        Mark mark = Mark.current();
        return mark != null && mark.watched;
    }

    /**
     * Whether this thread runs a callback after the completion of a transaction. A transaction that was begun and ended in
     * such a callback takes with it what Spring knew about the finished one, but the finished one's connection stays bound.
     */
    public static boolean isCallbackAfterCompletion() {
        return Callbacks.areAfterCompletion();
    }

    /**
     * Whether something was bound to this thread before its transaction began, and so belongs to an outer one: another
     * manager has put aside the callbacks of that one, and left the rest where it is. Known of watched transactions.
     */
    public static boolean isOlderThanTransaction(Object resource) {
        Mark mark = Mark.current();
        return mark != null && mark.older.stream().anyMatch(each -> each == resource);
    }

    /** Whether this thread runs a callback before the completion of a transaction that is about to commit. */
    public static boolean isCallbackBeforeCommit() {
        return Callbacks.areBeforeCompletionOfCommit();
    }

    private static final class Listener implements TransactionExecutionListener {
        /** What an outer transaction has left bound, until the new one is marked. */
        private static final Object LEFT = new Object();

        @Override
        public void beforeBegin(TransactionExecution transaction) {
            TransactionSynchronizationManager.unbindResourceIfPossible(LEFT);
            List<Object> left = TransactionSynchronizationManager.getResourceMap().values().stream()
                    .filter(ResourceHolder.class::isInstance)
                    .toList();
            if (!left.isEmpty()) {
                TransactionSynchronizationManager.bindResource(LEFT, left);
            }
        }

        @Override
        public void afterBegin(TransactionExecution transaction, @Nullable Throwable beginFailure) {
            List<?> left = (List<?>) TransactionSynchronizationManager.unbindResourceIfPossible(LEFT);
            boolean begun = beginFailure == null && transaction.isNewTransaction();
            if (begun && TransactionSynchronizationManager.isSynchronizationActive() && Mark.current() == null) {
                Mark mark = Mark.bind(true, false);
                mark.older = left == null ? List.of() : left;
                mark.transaction = transaction;
            }
        }

        /** All callbacks of the transaction have run now. */
        @Override
        public void afterCommit(TransactionExecution transaction, @Nullable Throwable commitFailure) {
            Ended.remove(transaction);
        }

        @Override
        public void afterRollback(TransactionExecution transaction, @Nullable Throwable rollbackFailure) {
            Ended.remove(transaction);
        }

        @Override
        public void beforeCommit(TransactionExecution transaction) {
            if (!transaction.isNewTransaction() || !TransactionSynchronizationManager.isSynchronizationActive()) {
                return;
            }
            Mark mark = Mark.current();
            if (mark != null) {
                mark.sent = true;
            }
            for (TransactionSynchronization each : TransactionSynchronizationManager.getSynchronizations()) {
                if (each instanceof CommitGuard guard) {
                    guard.checkCommit();
                }
            }
        }
    }

    /**
     * Bound to the thread for the length of one transaction; unbound while that transaction is suspended. Runs before
     * all others, so that every other callback after the commit finds the transaction committed.
     */
    private static final class Mark implements TransactionSynchronization, PriorityOrdered {
        private static final Object KEY = new Object();

        private final boolean watched;
        private boolean committed;
        private boolean completed;

        /** Whether the listener has heard of the commit, and so will hear of its end. */
        private boolean sent;

        private List<?> older = List.of();
        private @Nullable TransactionExecution transaction;

        private @Nullable MarkedBelow below;

        private Mark(boolean watched, boolean committed) {
            this.watched = watched;
            this.committed = committed;
        }

        static @Nullable Mark current() {
            return (Mark) TransactionSynchronizationManager.getResource(KEY);
        }

        static Mark currentOrNew() {
            Mark mark = current();
            return mark == null ? bind(false, Callbacks.isCommitted(MarkedBelow.depth())) : mark;
        }

        static Mark bind(boolean watched, boolean committed) {
            Mark mark = new Mark(watched, committed);
            TransactionSynchronizationManager.bindResource(KEY, mark);
            TransactionSynchronizationManager.registerSynchronization(mark);
            return mark;
        }

        @Override
        public int getOrder() {
            return PriorityOrdered.HIGHEST_PRECEDENCE;
        }

        @Override
        public void suspend() {
            TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
            below = MarkedBelow.push(committed ? own() : List.of());
        }

        @Override
        public void resume() {
            MarkedBelow.pop(below);
            below = null;
            if (!completed) {
                TransactionSynchronizationManager.bindResource(KEY, this);
            }
        }

        @Override
        public void afterCommit() {
            committed = true;
        }

        @Override
        public void afterCompletion(int status) {
            completed = true;
            // Where a suspension has failed halfway, nothing is resumed.
            MarkedBelow.pop(below);
            below = null;
            TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
            if (transaction != null && (sent || status == STATUS_ROLLED_BACK)) {
                Ended.add(transaction, own());
            }
        }

        /** What is bound for this transaction, and not for an outer one. */
        private List<Object> own() {
            return TransactionSynchronizationManager.getResourceMap().values().stream()
                    .filter(each ->
                            each instanceof ResourceHolder && older.stream().noneMatch(left -> left == each))
                    .toList();
        }
    }

    /**
     * What belongs to a transaction whose callbacks after completion are running. Spring has forgotten by then that there
     * was a transaction, and lets a call that needs one join the resources that are still bound.
     *
     * @param resources what was bound for the transaction
     * @param outer that in whose callbacks the transaction was begun
     */
    private record Ended(
            TransactionExecution transaction,
            List<Object> resources,
            @Nullable Ended outer) {
        private static final Object KEY = new Object();

        static void add(TransactionExecution transaction, List<Object> resources) {
            bind(new Ended(transaction, resources, last()));
        }

        /** With all that were begun in its callbacks. */
        static void remove(TransactionExecution transaction) {
            Ended each = last();
            while (each != null && each.transaction != transaction) {
                each = each.outer;
            }
            if (each != null) {
                bind(each.outer);
            }
        }

        static boolean isOf(Object resource) {
            for (Ended each = last(); each != null; each = each.outer) {
                if (each.resources.stream().anyMatch(own -> own == resource)) {
                    return true;
                }
            }
            return false;
        }

        /** Whether one of those is bound now. A new transaction of the same manager would have put it aside. */
        static boolean isJoined() {
            return last() != null
                    && TransactionSynchronizationManager.getResourceMap().values().stream()
                            .anyMatch(Ended::isOf);
        }

        private static @Nullable Ended last() {
            return (Ended) TransactionSynchronizationManager.getResource(KEY);
        }

        private static void bind(@Nullable Ended ended) {
            TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
            if (ended != null) {
                TransactionSynchronizationManager.bindResource(KEY, ended);
            }
        }
    }

    /**
     * How many callbacks after a commit the thread was in when it suspended the last transaction that is marked. A
     * transaction that is not marked has begun after that, so those callbacks are not its own.
     *
     * @param committed what was bound for the suspended transaction, if it has committed
     * @param outer the same of the transaction suspended before
     */
    private record MarkedBelow(
            int callbacks, List<Object> committed, @Nullable MarkedBelow outer) {
        private static final Object KEY = new Object();

        static int depth() {
            MarkedBelow last = (MarkedBelow) TransactionSynchronizationManager.getResource(KEY);
            return last == null ? 0 : last.callbacks;
        }

        static boolean isOfCommitted(Object resource) {
            MarkedBelow each = (MarkedBelow) TransactionSynchronizationManager.getResource(KEY);
            while (each != null && each.committed.stream().noneMatch(own -> own == resource)) {
                each = each.outer;
            }
            return each != null;
        }

        static MarkedBelow push(List<Object> committed) {
            MarkedBelow outer = (MarkedBelow) TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
            MarkedBelow pushed = new MarkedBelow(Callbacks.afterCommit(), committed, outer);
            TransactionSynchronizationManager.bindResource(KEY, pushed);
            return pushed;
        }

        static void pop(@Nullable MarkedBelow pushed) {
            if (pushed == null) {
                return;
            }
            TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
            if (pushed.outer != null) {
                TransactionSynchronizationManager.bindResource(KEY, pushed.outer);
            }
        }
    }
}
