package io.eventcore.autoconfigure;

import java.time.Clock;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;

/**
 * The clock of commands and of the in-memory stores: it determines when events are recorded and when deadlines fall
 * due. A bean of this type replaces the system clock. Stores in a database use the clock of the database.
 *
 * @param clock the clock
 * @since 0.1
 */
public record EventCoreClock(Clock clock) {
    /** Checks that it is given. */
    public EventCoreClock {
        Objects.requireNonNull(clock, "clock");
    }

    static Clock of(ObjectProvider<EventCoreClock> given) {
        EventCoreClock found = given.getIfAvailable();
        return found == null ? Clock.systemUTC() : found.clock();
    }
}
