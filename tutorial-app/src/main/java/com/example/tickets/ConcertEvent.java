package com.example.tickets;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;

/** What happens to a concert. Each concert is a stream. */
sealed interface ConcertEvent extends Event {
    StreamId concert();

    @Override
    default StreamId streamId() {
        return concert();
    }

    @EventType("tickets.concert-announced")
    record ConcertAnnounced(StreamId concert, String title, int seats) implements ConcertEvent {}

    @EventType("tickets.ticket-sold")
    record TicketSold(StreamId concert, String buyer) implements ConcertEvent {}
}
