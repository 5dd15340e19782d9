package com.example.tickets;

import com.example.tickets.ConcertEvent.TicketSold;
import io.eventcore.StreamId;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import java.util.List;

record SellTicket(@Stream StreamId concert, String buyer) implements ConcertCommand {
    @Override
    public List<ConcertEvent> handle(Concert state) {
        Require.that(state.isAnnounced(), "There is no such concert");
        Require.that(state.seatsLeft() > 0, "Sold out");
        return List.of(new TicketSold(concert, buyer));
    }
}
