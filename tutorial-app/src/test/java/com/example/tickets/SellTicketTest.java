package com.example.tickets;

import com.example.tickets.ConcertEvent.ConcertAnnounced;
import com.example.tickets.ConcertEvent.TicketSold;
import io.eventcore.StreamId;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.test.CommandScenario;
import io.eventcore.test.EventCoreAssertions;
import org.junit.jupiter.api.Test;

class SellTicketTest {
    private static final StreamId CONCERT = StreamId.of("concert-1");

    @Test
    void a_ticket_is_sold_while_seats_are_left() {
        CommandScenario.given(new ConcertAnnounced(CONCERT, "Nina", 2), new TicketSold(CONCERT, "Ada"))
                .when(new SellTicket(CONCERT, "Bob"))
                .then(new TicketSold(CONCERT, "Bob"));
    }

    @Test
    void a_concert_that_is_sold_out_sells_no_more() {
        CommandScenario.given(new ConcertAnnounced(CONCERT, "Nina", 1), new TicketSold(CONCERT, "Ada"))
                .when(new SellTicket(CONCERT, "Bob"))
                .thenRejected(BusinessRuleViolationException.class)
                .hasMessage("Sold out");
    }

    @Test
    void commands_and_events_are_well_formed() {
        EventCoreAssertions.assertWellFormed("com.example.tickets");
    }
}
