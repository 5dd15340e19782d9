package io.eventcore.test.contract.memory;

import io.eventcore.AppendLimits;
import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import java.time.Clock;

/** Stores in memory for the events of the contracts. */
public final class InMemoryLedger {
    private InMemoryLedger() {}

    /** A store without events that tells {@code appendSignal} of its commits. */
    public static EventStore store(AppendSignal appendSignal) {
        return new InMemoryEventStore(
                new JacksonEventSerializer(LedgerEvent.types()),
                AppendLimits.defaults(),
                Clock.systemUTC(),
                appendSignal);
    }
}
