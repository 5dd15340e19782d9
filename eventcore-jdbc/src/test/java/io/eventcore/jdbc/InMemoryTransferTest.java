package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.transfer.StoredLog;

class InMemoryTransferTest extends TransferContract {
    @Override
    Place empty() {
        InMemoryEventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
        return new Place() {
            @Override
            public EventStore store() {
                return store;
            }

            @Override
            public StoredLog log() {
                return store.storedLog();
            }
        };
    }
}
