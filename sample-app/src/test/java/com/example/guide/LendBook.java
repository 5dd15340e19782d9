package com.example.guide;

import com.example.guide.LibraryEvent.BookAdded;
import com.example.guide.LibraryEvent.BookLent;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import java.util.List;

// tag::command
record LendBook(@Stream StreamId book, String reader) implements Command<LendBook.Shelf, LibraryEvent> {
    enum Shelf {
        UNKNOWN,
        IN,
        OUT
    }

    @Override
    public Shelf initialState() {
        return Shelf.UNKNOWN;
    }

    @Override
    public Shelf apply(Shelf shelf, LibraryEvent event) {
        if (event instanceof BookLent) {
            return Shelf.OUT;
        }
        return event instanceof BookAdded || shelf == Shelf.OUT ? Shelf.IN : shelf;
    }

    @Override
    public List<LibraryEvent> handle(Shelf shelf) {
        Require.that(shelf == Shelf.IN, "The book is not on the shelf");
        return List.of(new BookLent(book, reader));
    }
}
// end::command
