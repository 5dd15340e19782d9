package io.eventcore.memory;

import io.eventcore.EventStore;
import io.eventcore.command.HotStreamLaws;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;

class InMemoryHotStreamTest extends HotStreamLaws {
    @Override
    protected EventStore emptyStore() {
        return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    @Override
    protected EventStore elsewhere(EventStore store) {
        return store;
    }
}
