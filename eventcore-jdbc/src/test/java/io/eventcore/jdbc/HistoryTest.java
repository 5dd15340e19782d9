package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendedEvent;
import io.eventcore.EventMetadata;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.History.Operation;
import io.eventcore.jdbc.History.Told;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checker that finds nothing wrong must be able to find something. */
class HistoryTest {
    private static final StreamId ADA = StreamId.of("ada");

    private final History history = new History();
    private final List<RecordedEvent<LedgerEvent>> log = new ArrayList<>();

    @Test
    void an_honest_history_breaks_no_promise() {
        Operation stored = history.begin(deposits(2));
        stored.stored(store(stored, 1));
        history.begin(deposits(1)).end(Told.NOT_STORED);
        store(history.begin(deposits(2)), 3);
        history.deliver(log);

        assertThat(history.violations(log)).isEmpty();
    }

    @Test
    void what_was_acknowledged_and_is_not_there_is_lost() {
        Operation lost = history.begin(deposits(1));
        lost.stored(store(lost, 1));
        log.clear();

        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("LOST"));
    }

    @Test
    void histories_of_several_processes_are_checked_as_one(@TempDir Path directory) throws IOException {
        History other = new History();
        Operation stored = history.begin(deposits(2));
        stored.stored(store(stored, 1));
        Operation ofOther = other.begin(deposits(1));
        ofOther.stored(store(ofOther, 3));
        other.begin(deposits(1)).end(Told.NOT_STORED);
        history.deliver(log);
        other.deliver(log);
        List<Path> files = List.of(directory.resolve("one"), directory.resolve("other"));
        history.save(files.get(0));
        other.save(files.get(1));

        assertThat(History.merged(files).violations(log)).isEmpty();
        assertThat(History.merged(files).count(Told.STORED)).isEqualTo(2);
        // What the other process appended, and what both of its readers were given.
        log.remove(2);
        assertThat(History.merged(files).violations(log))
                .anyMatch(violation -> violation.startsWith("LOST"))
                .filteredOn(violation -> violation.startsWith("DELIVERED"))
                .hasSize(2);
    }

    @Test
    void what_was_refused_and_is_there_is_a_ghost_and_so_is_what_nobody_appended() {
        Operation refused = history.begin(deposits(1));
        store(refused, 1);
        refused.end(Told.NOT_STORED);
        history.deliver(log);
        assertThat(history.violations(log)).singleElement().asString().startsWith("GHOST");

        store(new History().begin(deposits(1)), 2);
        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("GHOST: nobody"));
    }

    @Test
    void half_an_append_is_partial_even_if_nobody_knew_how_it_ended() {
        store(history.begin(deposits(2)), 1);
        log.remove(1);

        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("PARTIAL"));
    }

    @Test
    void an_event_stored_twice_is_a_duplicate() {
        store(history.begin(deposits(1)), 1);
        RecordedEvent<LedgerEvent> first = log.get(0);
        log.add(recorded(first.id(), 2, 2));

        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("DUPLICATE"));
    }

    @Test
    void a_hole_in_the_versions_and_a_later_version_before_an_earlier_are_out_of_order() {
        store(history.begin(deposits(3)), 1);
        List<RecordedEvent<LedgerEvent>> hole = List.of(log.get(0), log.get(2));
        List<RecordedEvent<LedgerEvent>> swapped = List.of(log.get(1), log.get(0), log.get(2));

        assertThat(history.violations(hole)).anyMatch(violation -> violation.startsWith("OUT OF ORDER"));
        assertThat(history.violations(swapped)).anyMatch(violation -> violation.startsWith("OUT OF ORDER: position"));
    }

    @Test
    void what_a_reader_was_not_given_is_skipped_and_what_it_was_given_twice_is_noticed() {
        store(history.begin(deposits(2)), 1);
        history.deliver(List.of(log.get(1)));
        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("SKIPPED"));

        history.deliver(List.of(log.get(0)));
        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("DELIVERED TWICE OR OUT"));
    }

    @Test
    void what_ended_before_another_began_must_not_lie_behind_it() {
        Operation earlier = history.begin(deposits(1));
        earlier.stored(slice(earlier, 2));
        Operation later = history.begin(deposits(1));
        later.stored(slice(later, 1));

        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("REAL TIME"));
    }

    @Test
    void a_client_that_was_told_another_place_is_noticed() {
        Operation operation = history.begin(deposits(1));
        store(operation, 1);
        operation.stored(slice(operation, 7));

        assertThat(history.violations(log)).anyMatch(violation -> violation.startsWith("WRONG PLACE"));
    }

    private static StreamWrites deposits(int events) {
        StreamWrites writes = StreamWrites.empty().registerStream(ADA, any());
        for (int i = 0; i < events; i++) {
            writes = writes.append(new Deposited(ADA, i));
        }
        return writes;
    }

    private EventStreamSlice store(Operation operation, long position) {
        EventStreamSlice slice = slice(operation, position);
        slice.events()
                .forEach(event -> log.add(recorded(
                        event.id(), event.version().value(), event.position().value())));
        return slice;
    }

    private static EventStreamSlice slice(Operation operation, long position) {
        List<AppendedEvent> events = new ArrayList<>();
        for (NewEvent event : operation.writes().events()) {
            long at = position + events.size();
            events.add(new AppendedEvent(event.id(), ADA, StreamVersion.of(at), GlobalPosition.of(at)));
        }
        return new EventStreamSlice(events);
    }

    private static RecordedEvent<LedgerEvent> recorded(UUID id, long version, long position) {
        return RecordedEvent.of(
                new Deposited(ADA, 1),
                id,
                ADA,
                StreamVersion.of(version),
                GlobalPosition.of(position),
                "ledger.deposited",
                EventMetadata.empty(),
                Instant.EPOCH);
    }
}
