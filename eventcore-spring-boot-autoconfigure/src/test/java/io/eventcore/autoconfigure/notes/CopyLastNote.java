package io.eventcore.autoconfigure.notes;

import io.eventcore.Event;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import java.util.List;

/** A command whose state depends on its own text, which no view can know. */
public record CopyLastNote(@Stream StreamId notes, String text) implements Command<String, Event> {
    @Override
    public String initialState() {
        return text;
    }

    @Override
    public String apply(String state, Event event) {
        return state + "+";
    }

    @Override
    public List<Event> handle(String state) {
        return List.of();
    }
}
