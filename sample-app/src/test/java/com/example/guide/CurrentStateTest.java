package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.guide.LibraryEvent.BookAdded;
import com.example.guide.LibraryEvent.BookLent;
import com.example.guide.LibraryEvent.BookReturned;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The state of streams, for a query and not for a decision. */
class CurrentStateTest {
    private static final StreamId WALDEN = StreamId.of("book-walden");
    private static final StreamId EMMA = StreamId.of("book-emma");

    private final EventStore store =
            new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(LibraryEvent.class)));

    @BeforeEach
    void twoBooks() {
        store.appendEvents(StreamWrites.to(
                WALDEN, ExpectedVersion.noStream(), new BookAdded(WALDEN, "Walden"), new BookLent(WALDEN, "Ada")));
        store.appendEvents(StreamWrites.to(EMMA, ExpectedVersion.noStream(), new BookAdded(EMMA, "Emma")));
    }

    // tag::state[]
    record Book(String title, Optional<String> reader) {
        static final Book UNKNOWN = new Book("", Optional.empty());

        Book after(LibraryEvent event) {
            if (event instanceof BookAdded added) {
                return new Book(added.title(), reader);
            }
            return new Book(title, event instanceof BookLent lent ? Optional.of(lent.reader()) : Optional.empty());
        }
    }
    // end::state[]

    @Test
    void one_stream_is_folded() {
        // tag::fold[]
        EventStreamReader<LibraryEvent> events = store.readStream(WALDEN, LibraryEvent.class);
        Book book = events.fold(Book.UNKNOWN, Book::after);
        StreamVersion version = events.version(); // 0: there is no such book
        // end::fold[]

        assertThat(book).isEqualTo(new Book("Walden", Optional.of("Ada")));
        assertThat(version).isEqualTo(StreamVersion.of(2));
    }

    @Test
    void several_streams_are_folded_at_one_moment() {
        // tag::several[]
        Map<StreamId, StreamVersion> fromTheBeginning = new LinkedHashMap<>();
        List.of(WALDEN, EMMA).forEach(id -> fromTheBeginning.put(id, StreamVersion.NONE));
        Map<StreamId, Book> books = new HashMap<>();
        store.readStreams(fromTheBeginning, LibraryEvent.class)
                .forEach(recorded -> books.merge(
                        recorded.streamId(),
                        Book.UNKNOWN.after(recorded.event()),
                        (book, ignored) -> book.after(recorded.event())));
        // end::several[]

        assertThat(books)
                .containsEntry(WALDEN, new Book("Walden", Optional.of("Ada")))
                .containsEntry(EMMA, new Book("Emma", Optional.empty()));
    }

    @Test
    void an_earlier_state_is_the_fold_of_fewer_events() {
        store.appendEvents(StreamWrites.to(WALDEN, ExpectedVersion.exactly(2), new BookReturned(WALDEN)));
        Instant then =
                store.readStream(WALDEN, LibraryEvent.class).toList().get(1).recordedAt();

        // tag::earlier[]
        Book atVersion2 = Book.UNKNOWN;
        for (var recorded : store.readStream(WALDEN, LibraryEvent.class)) {
            if (recorded.version().value() > 2) {
                break;
            }
            atVersion2 = atVersion2.after(recorded.event());
        }
        // end::earlier[]

        assertThat(then).isNotNull();
        assertThat(atVersion2).isEqualTo(new Book("Walden", Optional.of("Ada")));
    }
}
