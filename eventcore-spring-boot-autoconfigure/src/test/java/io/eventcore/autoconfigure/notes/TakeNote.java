package io.eventcore.autoconfigure.notes;

import io.eventcore.Event;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.snapshot.Snapshot;
import java.util.List;

/** Takes a note, and knows how many there are. */
@Snapshot(name = "notes.take", version = 1, afterEvents = 2)
public record TakeNote(@Stream StreamId notes, String text) implements Command<TakeNote.Notebook, Event> {
    /** The notes of a stream. */
    public record Notebook(int notes, String last) {}

    @Override
    public Notebook initialState() {
        return new Notebook(0, "");
    }

    @Override
    public Notebook apply(Notebook notebook, Event event) {
        return event instanceof NoteTaken taken
                ? new Notebook(notebook.notes() + 1, taken.text())
                : new Notebook(notebook.notes() - 1, "");
    }

    @Override
    public List<Event> handle(Notebook notebook) {
        return List.of(new NoteTaken(notes, text));
    }
}
