package io.eventcore.transaction;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Whether the Spring transaction of this thread can still take part in something.
 *
 * <p>While Spring runs the callbacks after a commit, the finished transaction looks like a running one: its connection
 * is still bound to the thread, and what is written to it then is committed by accident or lost. Spring itself does not
 * tell the two apart, so a {@linkplain #listener() listener} on the transaction manager notes the moment of the commit.
 * The auto-configuration adds it to every transaction manager; without Spring Boot, add it yourself:
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

    /** Marks the beginning and the commit of every transaction of a manager. Has no state of its own. */
    public static TransactionExecutionListener listener() {
        return LISTENER;
    }

    /**
     * The phase of this thread's transaction.
     *
     * @throws IllegalStateException if this is called from a callback after a commit, and the transaction manager does
     *     not have the {@linkplain #listener() listener}, so that nobody knows which transaction is meant
     */
    public static TransactionPhase current() {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            return NONE;
        }
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            return FINISHED;
        }
        Mark mark = Mark.current();
        if (mark != null) {
            return mark.committing ? FINISHED : ACTIVE;
        }
        if (isCalledAfterCommit()) {
            throw new IllegalStateException("Called from a callback after a commit, and it cannot be told whether the"
                    + " transaction of this thread is the committed one or a new one:"
                    + " add TransactionPhase.listener() to the transaction manager");
        }
        return ACTIVE;
    }

    private static boolean isCalledAfterCommit() {
        return StackWalker.getInstance().walk(TransactionPhase::containsAfterCommit);
    }

    private static boolean containsAfterCommit(Stream<StackWalker.StackFrame> frames) {
        return frames.anyMatch(frame -> frame.getMethodName().equals("invokeAfterCommit")
                && frame.getClassName()
                        .equals("org.springframework.transaction.support.TransactionSynchronizationUtils"));
    }

    private static final class Listener implements TransactionExecutionListener {
        @Override
        public void afterBegin(TransactionExecution transaction, @Nullable Throwable beginFailure) {
            boolean begun = beginFailure == null && transaction.isNewTransaction();
            if (begun && TransactionSynchronizationManager.isSynchronizationActive() && Mark.current() == null) {
                Mark mark = new Mark(transaction);
                TransactionSynchronizationManager.bindResource(Mark.KEY, mark);
                TransactionSynchronizationManager.registerSynchronization(mark);
            }
        }

        @Override
        public void beforeCommit(TransactionExecution transaction) {
            Mark mark = Mark.current();
            if (mark != null && mark.transaction == transaction) {
                mark.committing = true;
            }
        }
    }

    /** Bound to the thread for the length of one transaction; steps aside while that transaction is suspended. */
    private static final class Mark implements TransactionSynchronization {
        private static final Object KEY = new Object();

        private final TransactionExecution transaction;
        private boolean committing;

        Mark(TransactionExecution transaction) {
            this.transaction = transaction;
        }

        static @Nullable Mark current() {
            return (Mark) TransactionSynchronizationManager.getResource(KEY);
        }

        @Override
        public void suspend() {
            TransactionSynchronizationManager.unbindResource(KEY);
        }

        @Override
        public void resume() {
            TransactionSynchronizationManager.bindResource(KEY, this);
        }

        @Override
        public void afterCompletion(int status) {
            TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
        }
    }
}
