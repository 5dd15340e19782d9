package com.example.guide;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;

// tag::events
sealed interface LibraryEvent extends Event {
    StreamId book();

    @Override
    default StreamId streamId() {
        return book();
    }

    @EventType("library.book-added")
    record BookAdded(StreamId book, String title) implements LibraryEvent {}

    @EventType(value = "library.book-lent", aliases = "library.book-borrowed")
    record BookLent(StreamId book, String reader) implements LibraryEvent {}

    @EventType("library.book-returned")
    record BookReturned(StreamId book) implements LibraryEvent {}
}
// end::events
