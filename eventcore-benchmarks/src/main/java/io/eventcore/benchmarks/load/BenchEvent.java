package io.eventcore.benchmarks.load;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.Upcaster;

/** The event of all measurements: about 210 bytes of payload, with about 70 bytes of metadata beside it. */
sealed interface BenchEvent extends Event {
    /** The metadata of all measurements. */
    EventMetadata METADATA =
            EventMetadata.empty().withCorrelationId("6f1c1b0e-9a53-4a7e-9e0f").with("actor", "clerk-17");

    static EventTypes types() {
        return EventTypes.of(BenchEvent.class);
    }

    /** As if what is stored were of an earlier revision, in which all deposits were in one currency. */
    static EventTypes laterTypes() {
        return EventTypes.builder()
                .register(MoneyDeposited.class, "money-deposited@2")
                .upcaster(Upcaster.from("money-deposited")
                        .toRevision(2, event -> event.object().put("currency", "CHF")))
                .build();
    }

    @EventType("money-deposited")
    record MoneyDeposited(StreamId account, long cents, String currency, String reference, String bookedBy, String note)
            implements BenchEvent {
        @Override
        public StreamId streamId() {
            return account;
        }
    }

    static MoneyDeposited deposit(StreamId account, long cents) {
        return new MoneyDeposited(
                account, cents, "EUR", "INV-2026-000017", "clerk-17", "payment received, thank you for shopping");
    }
}
