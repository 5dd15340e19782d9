package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.SerialDecider;
import io.eventcore.test.contract.SerialDecider.Storing;
import io.eventcore.test.contract.SerialOrder;
import io.eventcore.test.contract.SerialOrder.Decision;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.PlatformTransactionManager;

/** Many decisions of one process could have been made one after the other, on the stores that no second process shares. */
@Tag("faults")
class ManyDecisionsTest {
    private static final int ROUNDS = 20;
    private static final int PER_ROUND = 500;
    private static final List<Storing> KINDS = List.of(Storing.values());

    @Test
    void on_h2_decisions_are_serial_alone_in_batches_and_in_transactions_of_every_isolation() {
        assertSerial(onH2(), H2Database.INSTANCE.timedTransactionManager());
    }

    @Test
    void in_memory_decisions_are_serial_alone_and_in_transactions_of_every_isolation() {
        assertSerial(inMemory(), new InMemoryTransactionManager());
    }

    /** One that stores in batches, and one that does not. */
    private static List<EventStore> onH2() {
        String prefix = H2Database.INSTANCE.newTables();
        return List.of(
                H2Database.INSTANCE.store(prefix),
                TestDatabase.builder(H2Database.INSTANCE.dataSource(), prefix)
                        .groupCommit(GroupCommitSettings.off())
                        .build());
    }

    private static List<EventStore> inMemory() {
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
        return List.of(store, store);
    }

    private static void assertSerial(List<EventStore> stores, PlatformTransactionManager transactions) {
        List<SerialDecider> deciders = List.of(
                new SerialDecider(stores.get(0), transactions, 0),
                new SerialDecider(stores.get(1), transactions, 1L << 40));

        List<Decision> decisions = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            Storing storing = KINDS.get(round % KINDS.size());
            decisions.addAll(SerialDecider.decideUntil(4, PER_ROUND, deciders, storing));
        }

        System.out.printf("Decisions on %s: %d%n", stores.get(0).getClass().getSimpleName(), decisions.size());
        assertThat(decisions).hasSizeGreaterThanOrEqualTo(10_000);
        assertThat(SerialOrder.inCircles(decisions))
                .as("decisions in circles, of %d", decisions.size())
                .isZero();
    }
}
