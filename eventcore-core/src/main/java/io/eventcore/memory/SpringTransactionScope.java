package io.eventcore.memory;

import io.eventcore.transaction.TransactionPhase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Ties actions to the end of the Spring transaction of the calling thread. */
final class SpringTransactionScope implements TransactionScope {
    @Override
    public @Nullable Object current() {
        return TransactionPhase.current() == TransactionPhase.ACTIVE ? marker() : null;
    }

    @Override
    public void whenEnded(Consumer<Boolean> action) {
        marker().actions.add(action);
    }

    private Marker marker() {
        Marker bound = (Marker) TransactionSynchronizationManager.getResource(this);
        if (bound != null) {
            return bound;
        }
        Marker marker = new Marker();
        TransactionSynchronizationManager.bindResource(this, marker);
        TransactionSynchronizationManager.registerSynchronization(marker);
        return marker;
    }

    /** Bound to the thread for the length of one transaction; steps aside while that is suspended. */
    private final class Marker implements TransactionSynchronization {
        private final List<Consumer<Boolean>> actions = new ArrayList<>();

        @Override
        public void suspend() {
            TransactionSynchronizationManager.unbindResourceIfPossible(SpringTransactionScope.this);
        }

        @Override
        public void resume() {
            TransactionSynchronizationManager.bindResource(SpringTransactionScope.this, this);
        }

        @Override
        public void afterCompletion(int status) {
            TransactionSynchronizationManager.unbindResourceIfPossible(SpringTransactionScope.this);
            actions.forEach(action -> action.accept(status == STATUS_COMMITTED));
        }
    }
}
