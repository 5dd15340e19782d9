package com.example.tickets;

import io.eventcore.command.Command;

/** Every command about concerts folds their events in the same way. */
interface ConcertCommand extends Command<Concert, ConcertEvent> {
    @Override
    default Concert initialState() {
        return Concert.UNKNOWN;
    }

    @Override
    default Concert apply(Concert concert, ConcertEvent event) {
        return concert.after(event);
    }
}
