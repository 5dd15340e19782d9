package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/** Shared by the rows about an event store: an empty store and three streams. */
abstract class EventStoreFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");
    static final StreamId EVE = StreamId.of("account-eve");

    EventStore store;

    /** The contract that makes the store. */
    abstract EventStoreContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
    }

    void assertConflict(StreamWrites writes, StreamId stream, long actual) {
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(writes))
                .satisfies(conflict -> {
                    assertThat(conflict.streamId()).isEqualTo(stream);
                    assertThat(conflict.expected()).isEqualTo(writes.streams().get(stream));
                    assertThat(conflict.actual()).isEqualTo(StreamVersion.of(actual));
                });
    }

    List<LedgerEvent> eventsOf(StreamId streamId) {
        return store.readStream(streamId, LedgerEvent.class).stream()
                .map(RecordedEvent::event)
                .toList();
    }

    static Deposited deposited(StreamId account, long cents) {
        return new Deposited(account, cents);
    }

    static List<Long> cents(List<RecordedEvent<LedgerEvent>> events) {
        return events.stream().map(event -> cents(event.event())).toList();
    }

    static long cents(LedgerEvent event) {
        return ((Deposited) event).cents();
    }
}
