package io.eventcore.autoconfigure.notes;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.Tag;

/** The last note was struck. */
@EventType("note-struck")
public record NoteStruck(StreamId streamId, @Tag("reason") String reason) implements Event {}
