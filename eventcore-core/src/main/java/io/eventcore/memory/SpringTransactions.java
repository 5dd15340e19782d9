package io.eventcore.memory;

import io.eventcore.transaction.TransactionPhase;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Ties a buffer to the Spring transaction of the calling thread. */
final class SpringTransactions implements CallersTransactions {
    private final MemoryLog log;

    SpringTransactions(MemoryLog log) {
        this.log = log;
    }

    @Override
    public boolean isActive() {
        return TransactionPhase.current() == TransactionPhase.ACTIVE;
    }

    @Override
    public boolean isReadOnly() {
        return isActive() && TransactionSynchronizationManager.isCurrentTransactionReadOnly();
    }

    @Override
    public @Nullable TransactionBuffer buffer() {
        if (!isActive()) {
            return null;
        }
        TransactionBuffer bound = (TransactionBuffer) TransactionSynchronizationManager.getResource(log);
        if (bound != null) {
            return bound;
        }
        TransactionBuffer buffer = new TransactionBuffer(log);
        TransactionSynchronizationManager.bindResource(log, buffer);
        TransactionSynchronizationManager.registerSynchronization(new BufferSynchronization(buffer));
        return buffer;
    }

    /**
     * Publishes the buffer when the transaction commits. First in every phase: what others do in their callbacks after
     * the commit must find the events.
     */
    private final class BufferSynchronization implements TransactionSynchronization, Ordered {
        private final TransactionBuffer buffer;
        private boolean ended;

        private BufferSynchronization(TransactionBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public int getOrder() {
            return Ordered.HIGHEST_PRECEDENCE;
        }

        @Override
        public void suspend() {
            TransactionSynchronizationManager.unbindResourceIfPossible(log);
        }

        @Override
        public void resume() {
            if (!ended) {
                TransactionSynchronizationManager.bindResource(log, buffer);
            }
        }

        @Override
        public void beforeCommit(boolean readOnly) {
            buffer.prepare();
        }

        @Override
        public void afterCommit() {
            end();
            buffer.commit();
        }

        @Override
        public void afterCompletion(int status) {
            if (!ended) {
                end();
                buffer.end();
            }
        }

        private void end() {
            ended = true;
            TransactionSynchronizationManager.unbindResourceIfPossible(log);
        }
    }
}
