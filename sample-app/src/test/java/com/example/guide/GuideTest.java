package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.example.guide.LibraryEvent.BookAdded;
import com.example.guide.LibraryEvent.BookLent;
import com.example.guide.LibraryEvent.BookReturned;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionTemplate;

class GuideTest {
    private static final StreamId BOOK = StreamId.of("book-1");
    private static final StreamId OTHER = StreamId.of("book-2");

    private EventStore store = newStore();

    private static EventStore newStore() {
        // tag::memory
        EventTypes types = EventTypes.of(LibraryEvent.class);
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(types));
        // end::memory
        return store;
    }

    @BeforeEach
    void emptyStore() {
        store = newStore();
    }

    @Test
    void one_stream_is_written_and_read() {
        // tag::append-and-read
        EventStreamSlice written = store.appendEvents(StreamWrites.to(
                BOOK, ExpectedVersion.noStream(), new BookAdded(BOOK, "Walden"), new BookLent(BOOK, "Ada")));

        EventStreamReader<LibraryEvent> events = store.readStream(BOOK, LibraryEvent.class);
        StreamVersion version = events.version(); // 2, known before the first event is read
        long lent = events.stream()
                .filter(event -> event.event() instanceof BookLent)
                .count();
        // end::append-and-read

        assertThat(written.events()).hasSize(2);
        assertThat(version).isEqualTo(StreamVersion.of(2));
        assertThat(lent).isEqualTo(1);
    }

    @Test
    void several_streams_are_written_together_and_one_is_only_checked() {
        store.appendEvents(StreamWrites.to(BOOK, ExpectedVersion.noStream(), new BookAdded(BOOK, "Walden")));
        store.appendEvents(StreamWrites.to(OTHER, ExpectedVersion.noStream(), new BookAdded(OTHER, "Emma")));
        StreamId readers = StreamId.of("readers");

        // tag::several-streams
        store.appendEvents(StreamWrites.empty()
                .registerStream(BOOK, ExpectedVersion.exactly(1))
                .registerStream(OTHER, ExpectedVersion.exactly(1))
                .registerStream(readers, ExpectedVersion.noStream()) // receives no event, and is checked all the same
                .append(new BookLent(BOOK, "Ada"))
                .append(new BookLent(OTHER, "Ada")));
        // end::several-streams

        assertThat(store.streamVersion(BOOK)).isEqualTo(StreamVersion.of(2));
        assertThat(store.streamVersion(OTHER)).isEqualTo(StreamVersion.of(2));
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(
                        StreamWrites.to(BOOK, ExpectedVersion.exactly(1), new BookLent(BOOK, "Bob"))));
    }

    @Test
    void a_command_decides_on_what_it_has_read() {
        store.appendEvents(StreamWrites.to(BOOK, ExpectedVersion.noStream(), new BookAdded(BOOK, "Walden")));
        CommandExecutor commands = CommandExecutor.builder(store).build();

        // tag::execute
        ExecutionResult result = commands.execute(new LendBook(BOOK, "Ada"));

        StreamVersion version = result.version(BOOK);
        int attempts = result.attempts();
        // end::execute

        assertThat(version).isEqualTo(StreamVersion.of(2));
        assertThat(attempts).isEqualTo(1);
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> commands.execute(new LendBook(BOOK, "Bob")));
    }

    @Test
    void a_decision_is_tested_without_a_store() {
        // tag::test-a-command
        LendBook command = new LendBook(BOOK, "Ada");
        LendBook.Shelf shelf = command.initialState();
        for (LibraryEvent event :
                List.of(new BookAdded(BOOK, "Walden"), new BookLent(BOOK, "Bob"), new BookReturned(BOOK))) {
            shelf = command.apply(shelf, event);
        }

        assertThat(command.handle(shelf)).containsExactly(new BookLent(BOOK, "Ada"));
        // end::test-a-command
    }

    @Test
    void a_rollback_takes_the_events_along() {
        TransactionTemplate transaction = new TransactionTemplate(new InMemoryTransactionManager());

        // tag::transaction
        transaction.executeWithoutResult(status -> {
            store.appendEvents(StreamWrites.to(BOOK, ExpectedVersion.noStream(), new BookAdded(BOOK, "Walden")));
            assertThat(store.streamVersion(BOOK).exists()).isTrue(); // seen by this transaction only
            status.setRollbackOnly();
        });

        assertThat(store.streamVersion(BOOK).exists()).isFalse();
        // end::transaction
    }

    @Test
    void the_log_is_read_page_by_page() {
        store.appendEvents(StreamWrites.to(BOOK, ExpectedVersion.noStream(), new BookAdded(BOOK, "Walden")));
        store.appendEvents(StreamWrites.to(BOOK, ExpectedVersion.exactly(1), new BookLent(BOOK, "Ada")));
        EventReader log = store;
        List<BookLent> lent = new ArrayList<>();

        // tag::read-the-log
        EventFilter filter = EventFilter.prefix(StreamPrefix.of("book-")).ofTypes(BookLent.class);
        EventPage page = EventPage.first(500);
        EventBatch<BookLent> batch;
        do {
            batch = log.readEvents(filter, page, BookLent.class);
            batch.events().forEach(event -> lent.add(event.event()));
            page = page.next(batch); // continues after the last position looked at, also if nothing matched
        } while (!batch.endReached());
        // end::read-the-log

        List<BookLent> again = new ArrayList<>();
        // tag::walk
        GlobalPosition end =
                log.forEachEvent(filter, GlobalPosition.START, BookLent.class, event -> again.add(event.event()));
        // end::walk

        assertThat(lent).containsExactly(new BookLent(BOOK, "Ada"));
        assertThat(again).isEqualTo(lent);
        assertThat(end).isEqualTo(log.lastPosition());
    }
}
