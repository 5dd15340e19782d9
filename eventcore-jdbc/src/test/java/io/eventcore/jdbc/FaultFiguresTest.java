package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventMetadata;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.FaultFigures.Injected;
import io.eventcore.jdbc.History.Operation;
import io.eventcore.jdbc.History.Told;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Each kind of broken promise is counted, at the fault that it belongs to. */
class FaultFiguresTest {
    private static final StreamId ADA = StreamId.of("ada");
    private static final long SECOND = 1_000_000_000;

    private static final List<Injected> FAULTS = List.of(
            new Injected(PrimaryFault.KILLED, 10 * SECOND),
            new Injected(PrimaryFault.FROZEN, 20 * SECOND),
            new Injected(PrimaryFault.KILLED, 30 * SECOND));

    private final List<UUID> log = new ArrayList<>();
    private long now;
    private final History history = new History(() -> now);

    @Test
    void what_was_acknowledged_and_how_long_nothing_was_belongs_to_the_fault_before_it() {
        stored(1);
        stored(9);
        stored(19);
        stored(21);
        stored(34);

        log.forEach(this::deliver);

        FaultFigures figures = new FaultFigures(FAULTS, history, log);

        assertThat(figures.row(PrimaryFault.KILLED).figures()).containsExactly(2L, 4L, 0L, 0L, 0L, 0L, 13_000L);
        assertThat(figures.row(PrimaryFault.FROZEN).figures()).containsExactly(1L, 1L, 0L, 0L, 0L, 0L, 2_000L);
        assertThat(figures.acknowledged()).isEqualTo(5);
        assertThat(figures.toString()).contains("KILLED                2            4      0");
    }

    @Test
    void what_is_lost_or_a_ghost_or_there_twice_or_not_delivered_is_counted() {
        UUID lost = stored(11);
        log.remove(lost);
        UUID ghost = at(12, Told.NOT_STORED);
        log.add(ghost);
        at(13, Told.UNKNOWN);
        UUID twice = stored(21);
        log.add(twice);
        UUID skipped = stored(22);

        FaultFigures figures = new FaultFigures(FAULTS, history, log);
        figures.countDeliveries(List.of(skipped, twice), List.of(twice, twice));

        // The reader of the history was given nothing.
        assertThat(figures.row(PrimaryFault.KILLED).figures()).containsExactly(2L, 1L, 1L, 1L, 0L, 1L, 0L);
        assertThat(figures.row(PrimaryFault.FROZEN).figures()).containsExactly(1L, 2L, 0L, 0L, 2L, 3L, 10_000L);
        assertThat(figures.row(PrimaryFault.FROZEN).broken()).isEqualTo(5);
    }

    private void deliver(UUID id) {
        history.deliver(List.of(RecordedEvent.of(
                new Deposited(ADA, 1),
                id,
                ADA,
                StreamVersion.of(1),
                GlobalPosition.of(1),
                "ledger.deposited",
                EventMetadata.empty(),
                Instant.EPOCH)));
    }

    private UUID stored(long second) {
        UUID id = at(second, Told.STORED);
        log.add(id);
        return id;
    }

    private UUID at(long second, Told told) {
        now = second * SECOND;
        Operation operation =
                history.begin(StreamWrites.empty().registerStream(ADA, any()).append(new Deposited(ADA, 1)));
        if (told == Told.STORED) {
            operation.stored(EventStreamSlice.empty());
        } else {
            operation.end(told);
        }
        return operation.ids().get(0);
    }
}
