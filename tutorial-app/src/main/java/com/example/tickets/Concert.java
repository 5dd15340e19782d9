package com.example.tickets;

import com.example.tickets.ConcertEvent.ConcertAnnounced;

/** What a command must know of a concert to decide. */
record Concert(boolean isAnnounced, int seatsLeft) {
    static final Concert UNKNOWN = new Concert(false, 0);

    Concert after(ConcertEvent event) {
        if (event instanceof ConcertAnnounced announced) {
            return new Concert(true, announced.seats());
        }
        return new Concert(isAnnounced, seatsLeft - 1);
    }
}
