package io.eventcore.benchmarks.load;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.Upcaster;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * The events that the benchmark measures: about 210 bytes of payload and about 70 bytes of metadata. All rows use
 * deposits, except one that uses decimals.
 */
sealed interface BenchEvent extends Event {
    /** The metadata of all measurements. */
    EventMetadata METADATA =
            EventMetadata.empty().withCorrelationId("6f1c1b0e-9a53-4a7e-9e0f").with("actor", "clerk-17");

    static EventTypes types() {
        return EventTypes.of(BenchEvent.class);
    }

    /** Treats the stored events as an earlier revision, in which all deposits were in one currency. */
    static EventTypes laterTypes() {
        return EventTypes.builder()
                .register(MoneyDeposited.class, "money-deposited@2")
                .upcaster(Upcaster.from("money-deposited")
                        .toRevision(2, event -> event.object().put("currency", "CHF")))
                .register(MoneyPriced.class, "money-priced@2")
                .upcaster(Upcaster.from("money-priced")
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

    /** Five of its nine components are decimals. */
    @EventType("money-priced")
    record MoneyPriced(
            StreamId account,
            BigDecimal net,
            BigDecimal tax,
            BigDecimal gross,
            BigDecimal rate,
            double discount,
            String currency,
            String reference,
            String bookedBy)
            implements BenchEvent {
        @Override
        public StreamId streamId() {
            return account;
        }
    }

    static MoneyPriced priced(StreamId account, long cents) {
        BigDecimal net = BigDecimal.valueOf(100_000 + cents, 2);
        BigDecimal tax = net.multiply(new BigDecimal("0.19")).setScale(2, RoundingMode.HALF_UP);
        return new MoneyPriced(
                account,
                net,
                tax,
                net.add(tax),
                new BigDecimal("1.084250"),
                0.125,
                "EUR",
                "INV-2026-000017",
                "clerk-17");
    }
}
