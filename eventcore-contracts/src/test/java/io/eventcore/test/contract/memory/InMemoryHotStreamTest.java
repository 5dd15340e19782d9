package io.eventcore.test.contract.memory;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.HotStreamContract;
import io.eventcore.test.contract.LedgerEvent;

class InMemoryHotStreamTest extends HotStreamContract {
    @Override
    protected EventStore emptyStore() {
        return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    @Override
    protected EventStore elsewhere(EventStore store) {
        return store;
    }
}
