package com.example.tickets;

import com.example.tickets.ConcertEvent.ConcertAnnounced;
import io.eventcore.StreamId;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import java.util.List;

record AnnounceConcert(@Stream StreamId concert, String title, int seats) implements ConcertCommand {
    @Override
    public List<ConcertEvent> handle(Concert state) {
        Require.that(!state.isAnnounced(), "This concert was announced before");
        return List.of(new ConcertAnnounced(concert, title, seats));
    }
}
