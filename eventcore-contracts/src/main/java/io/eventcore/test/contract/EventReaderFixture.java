package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about the log: an empty store, its transactions and two streams. */
abstract class EventReaderFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");

    EventStore store;
    TransactionTemplate transaction;

    /** The contract that makes the store. */
    abstract EventReaderContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
        transaction = new TransactionTemplate(contract().transactionManager());
    }

    EventStreamSlice append(StreamWrites writes) {
        return store.appendEvents(writes);
    }

    static StreamWrites deposit(StreamId account, long cents) {
        return StreamWrites.to(account, any(), new Deposited(account, cents));
    }

    static StreamWrites deposits(StreamId account, int count) {
        StreamWrites writes = StreamWrites.empty().registerStream(account, any());
        for (int i = 1; i <= count; i++) {
            writes = writes.append(new Deposited(account, i));
        }
        return writes;
    }

    static EventFilter pattern(String text) {
        return EventFilter.pattern(StreamPattern.of(text));
    }

    EventBatch<Event> read(EventFilter filter, EventPage page) {
        return store.readEvents(filter, page, Event.class);
    }

    List<RecordedEvent<Event>> readAll(EventFilter filter, int pageSize) {
        List<RecordedEvent<Event>> all = new ArrayList<>();
        EventPage page = EventPage.first(pageSize);
        EventBatch<Event> batch;
        do {
            batch = read(filter, page);
            all.addAll(batch.events());
            page = page.next(batch);
        } while (!batch.endReached());
        return all;
    }

    static List<Long> cents(EventBatch<Event> batch) {
        return cents(batch.events());
    }

    static List<Long> cents(List<RecordedEvent<Event>> events) {
        return events.stream().map(event -> ((Deposited) event.event()).cents()).toList();
    }
}
