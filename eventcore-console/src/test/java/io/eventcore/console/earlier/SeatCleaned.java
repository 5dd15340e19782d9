package io.eventcore.console.earlier;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;

/** An event whose class is gone in the next release: it is beside the packages that are looked through. */
@EventType("seat.cleaned")
public record SeatCleaned(StreamId streamId) implements Event {}
