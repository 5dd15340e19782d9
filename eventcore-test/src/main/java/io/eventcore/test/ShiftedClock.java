package io.eventcore.test;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The clock of the system, ahead of it by as much as it was set forward. Safe for any number of threads. */
final class ShiftedClock extends Clock {
    private final Clock system;
    private final ZoneId zone;
    private volatile Duration ahead = Duration.ZERO;

    ShiftedClock() {
        this(Clock.systemUTC(), ZoneOffset.UTC);
    }

    /** One that stands still at a time unless it is set. */
    static ShiftedClock standingAt(Instant time) {
        return new ShiftedClock(Clock.fixed(time, ZoneOffset.UTC), ZoneOffset.UTC);
    }

    private ShiftedClock(Clock system, ZoneId zone) {
        this.system = system;
        this.zone = zone;
    }

    /** Sets it to a time, unless that is past. */
    synchronized void forwardTo(Instant time) {
        Instant now = instant();
        if (time.isAfter(now)) {
            ahead = ahead.plus(Duration.between(now, time));
        }
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    /** A clock of another zone, which is set by this one. */
    @Override
    public Clock withZone(ZoneId other) {
        return new ShiftedClock(this, other);
    }

    @Override
    public Instant instant() {
        return system.instant().plus(ahead);
    }
}
