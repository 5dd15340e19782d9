package io.eventcore.transaction;

import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.util.List;
import org.springframework.transaction.NoTransactionException;
import org.springframework.transaction.interceptor.TransactionAspectSupport;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Which callbacks of transactions this thread is in, as its stack tells. Asked only where nothing else can tell. */
final class Callbacks {
    private static final StackWalker STACK = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);
    private static final String UTILS = "org.springframework.transaction.support.TransactionSynchronizationUtils";

    private Callbacks() {}

    /** How many callbacks after a commit are running, one within the other. */
    static int afterCommit() {
        return STACK.walk(frames -> frames.filter(Callbacks::runsAfterCommit).toList())
                .size();
    }

    static boolean areAfterCompletion() {
        return STACK.walk(
                frames -> frames.anyMatch(frame -> frame.getMethodName().equals("invokeAfterCompletion")
                        && frame.getClassName().equals(UTILS)));
    }

    static boolean areBeforeCompletionOfCommit() {
        List<String> methods = STACK.walk(
                frames -> frames.filter(frame -> frame.getDeclaringClass() == AbstractPlatformTransactionManager.class)
                        .map(StackFrame::getMethodName)
                        .toList());
        int callbacks = methods.indexOf("triggerBeforeCompletion");
        return callbacks >= 0 && methods.get(callbacks + 1).equals("processCommit");
    }

    private static boolean runsAfterCommit(StackFrame frame) {
        return frame.getMethodName().equals("invokeAfterCommit")
                && frame.getClassName().equals(UTILS);
    }

    /**
     * Whether the current transaction, of which nothing is known, is the one whose callbacks after the commit are running.
     * Then the running callback is one of its own.
     *
     * @param older how many of the running callbacks are older than the transaction
     */
    static boolean isCommitted(int older) {
        List<StackFrame> frames = STACK.walk(stack -> stack.toList());
        List<StackFrame> running =
                frames.stream().filter(Callbacks::runsAfterCommit).toList();
        if (running.size() <= older) {
            return false;
        }
        int invocation = frames.indexOf(running.get(0));
        Class<?> callback = frames.get(invocation - 1).getDeclaringClass();
        boolean own =
                TransactionSynchronizationManager.getSynchronizations().stream().anyMatch(callback::isInstance);
        return own && !isBegunWithin(frames.subList(0, invocation));
    }

    /** Whether a new transaction was begun in the callback that happens to have a callback of the same class. */
    private static boolean isBegunWithin(List<StackFrame> callback) {
        long intercepted = callback.stream()
                .filter(frame -> frame.getMethodName().equals("invokeWithinTransaction")
                        && TransactionAspectSupport.class.isAssignableFrom(frame.getDeclaringClass()))
                .count();
        if (intercepted > 0 && isNewTransaction()) {
            return true;
        }
        boolean templates = callback.stream()
                .anyMatch(frame -> TransactionTemplate.class.isAssignableFrom(frame.getDeclaringClass()));
        if (intercepted > 1 || templates) {
            throw new IllegalStateException("Called from a callback after a commit, and the library cannot determine"
                    + " whether the transaction of this thread is the committed one or a new one:"
                    + " add TransactionPhase.listener() to the transaction manager");
        }
        return false;
    }

    private static boolean isNewTransaction() {
        try {
            return TransactionAspectSupport.currentTransactionStatus().isNewTransaction();
        } catch (NoTransactionException methodWithoutTransaction) {
            return false;
        }
    }
}
