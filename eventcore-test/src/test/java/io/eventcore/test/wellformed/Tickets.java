package io.eventcore.test.wellformed;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import java.util.List;

/** A small domain in which everything is as it should be. */
public final class Tickets {
    private Tickets() {}

    /** What happens to a ticket. */
    public sealed interface TicketEvent extends Event {
        /** It was sold. */
        @EventType("ticket.sold")
        record Sold(StreamId ticket, long at) implements TicketEvent {
            @Override
            public StreamId streamId() {
                return ticket;
            }
        }
    }

    /** Sells a ticket once. */
    public record Sell(@Stream StreamId ticket) implements Command<Boolean, TicketEvent> {
        @Override
        public Boolean initialState() {
            return false;
        }

        @Override
        public Boolean apply(Boolean sold, TicketEvent event) {
            return true;
        }

        @Override
        public List<TicketEvent> handle(Boolean sold, CommandContext context) {
            Require.that(!sold, "is sold");
            return List.of(new TicketEvent.Sold(ticket, context.now().getEpochSecond()));
        }
    }

    /** Looks at a ticket. */
    public record Look(@Stream StreamId ticket) implements Command<Boolean, TicketEvent> {
        @Override
        public Boolean initialState() {
            return false;
        }

        @Override
        public Boolean apply(Boolean sold, TicketEvent event) {
            return true;
        }

        @Override
        public List<TicketEvent> handle(Boolean sold) {
            return List.of();
        }
    }
}
