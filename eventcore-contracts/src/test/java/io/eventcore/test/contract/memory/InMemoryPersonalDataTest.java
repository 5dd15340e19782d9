package io.eventcore.test.contract.memory;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.PersonalDataContract;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.PlatformTransactionManager;

class InMemoryPersonalDataTest extends PersonalDataContract {
    private final InMemorySubjectKeyStore keys = new InMemorySubjectKeyStore();
    private @Nullable InMemoryEventStore events;

    @Override
    protected EventStore newStore(EventSerializer serializer) {
        if (events == null) {
            events = new InMemoryEventStore(serializer);
        }
        return events.withSerializer(serializer);
    }

    @Override
    protected SubjectKeyStore newKeyStore() {
        return keys;
    }

    @Override
    protected SnapshotStore newSnapshotStore() {
        return new InMemorySnapshotStore();
    }

    @Override
    protected PlatformTransactionManager transactionManager() {
        return new InMemoryTransactionManager();
    }
}
