package io.eventcore.test.library;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import java.util.List;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
class LibraryApplication {
    sealed interface LibraryEvent extends Event {
        @EventType("library.book-lent")
        record BookLent(StreamId streamId, String reader) implements LibraryEvent {}
    }

    record LendBook(@Stream StreamId book, String reader) implements Command<Boolean, LibraryEvent> {
        @Override
        public Boolean initialState() {
            return false;
        }

        @Override
        public Boolean apply(Boolean lent, LibraryEvent event) {
            return true;
        }

        @Override
        public List<LibraryEvent> handle(Boolean lent) {
            Require.that(!lent, "The book is lent");
            return List.of(new LibraryEvent.BookLent(book, reader));
        }
    }
}
