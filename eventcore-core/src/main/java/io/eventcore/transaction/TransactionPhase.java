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
 * tell the two apart, so this marks every transaction that it is asked about before its end. It can mark those as well
 * that it is first asked about later, if a {@linkplain #listener() listener} on the transaction manager tells it of them.
 * The auto-configuration adds the listener to every transaction manager that is a bean; where you make one yourself, add
 * it:
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

    /** There is one, and what is done now is committed or rolled back with it. */
    ACTIVE,

    /** There was one: its callbacks after completion are running. */
    FINISHED;

    private static final TransactionExecutionListener LISTENER = new Listener();

    /** Marks the beginning of every transaction of a manager, and asks its guards before the commit. Has no state. */
    public static TransactionExecutionListener listener() {
        return LISTENER;
    }

    /**
     * The phase of this thread's transaction.
     *
     * @throws IllegalStateException if it cannot be told whether the transaction is the committed one whose callback is
     *     running, or a new one begun there; the remedy is the {@linkplain #listener() listener}
     */
    public static TransactionPhase current() {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            return NONE;
        }
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            return FINISHED;
        }
        Mark mark = Mark.current();
        if (mark == null) {
            mark = Mark.bind(false, Callbacks.isCommitted(MarkedBelow.depth()));
        }
        return mark.committed ? FINISHED : ACTIVE;
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
                Mark.bind(true, false).older = left == null ? List.of() : left;
            }
        }

        @Override
        public void beforeCommit(TransactionExecution transaction) {
            if (!transaction.isNewTransaction() || !TransactionSynchronizationManager.isSynchronizationActive()) {
                return;
            }
            for (TransactionSynchronization each : TransactionSynchronizationManager.getSynchronizations()) {
                if (each instanceof CommitGuard guard) {
                    guard.checkCommit();
                }
            }
        }
    }

    /**
     * Bound to the thread for the length of one transaction; steps aside while that transaction is suspended. Before all
     * others, so that every other callback after the commit finds the transaction committed.
     */
    private static final class Mark implements TransactionSynchronization, PriorityOrdered {
        private static final Object KEY = new Object();

        private final boolean watched;
        private boolean committed;
        private boolean completed;
        private List<?> older = List.of();

        private @Nullable MarkedBelow below;

        private Mark(boolean watched, boolean committed) {
            this.watched = watched;
            this.committed = committed;
        }

        static @Nullable Mark current() {
            return (Mark) TransactionSynchronizationManager.getResource(KEY);
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
            below = MarkedBelow.push();
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
        }
    }

    /**
     * How many callbacks after a commit the thread was in when it suspended the last transaction that is marked. A
     * transaction that is not marked has begun after that, so those callbacks are not its own.
     *
     * @param outer the same of the transaction suspended before
     */
    private record MarkedBelow(int callbacks, @Nullable MarkedBelow outer) {
        private static final Object KEY = new Object();

        static int depth() {
            MarkedBelow last = (MarkedBelow) TransactionSynchronizationManager.getResource(KEY);
            return last == null ? 0 : last.callbacks;
        }

        static MarkedBelow push() {
            MarkedBelow outer = (MarkedBelow) TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
            MarkedBelow pushed = new MarkedBelow(Callbacks.afterCommit(), outer);
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
