package io.eventcore.autoconfigure.notes;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;

/** A note was taken. */
@EventType("note-taken")
public record NoteTaken(StreamId streamId, String text) implements Event {}
