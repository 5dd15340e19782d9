package io.eventcore.test.contract.memory;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.Supplier;

/** The clock of the system, set forward or back. */
public final class ShiftedClock extends Clock {
    private final Supplier<Duration> shift;

    /** Ahead of the clock of the system by as much as is told each time. */
    public ShiftedClock(Supplier<Duration> shift) {
        this.shift = shift;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Instant instant() {
        return Clock.systemUTC().instant().plus(shift.get());
    }
}
