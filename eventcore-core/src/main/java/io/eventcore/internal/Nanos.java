package io.eventcore.internal;

import java.time.Duration;

/** Durations as nanoseconds that can be added to {@link System#nanoTime()}. */
public final class Nanos {
    /** Half of what a long holds, 146 years: a sum with a time of the JVM's clock does not overflow. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 2);

    private Nanos() {}

    /**
     * The length of a duration; one of more than 146 years, which no process sees the end of, counts as 146 years, and a
     * negative one as none.
     */
    public static long of(Duration duration) {
        if (duration.isNegative()) {
            return 0;
        }
        return (duration.compareTo(LONGEST) < 0 ? duration : LONGEST).toNanos();
    }
}
