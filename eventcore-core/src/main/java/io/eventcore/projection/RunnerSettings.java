package io.eventcore.projection;

import java.time.Duration;

/**
 * Settings of a runner.
 *
 * @param batchSize upper limit for the events applied together, see {@link BatchSize}
 * @param lease how long an instance that has stopped responding keeps its projections
 * @param pollMin how soon the log is polled again while events arrive
 * @param pollMax how soon the log is polled again while no events arrive
 * @param retryMin the pause after the first failure of an event
 * @param retryMax upper limit for the pause between attempts
 * @param maxStandstill how long a projection may make no progress before a log line reports it
 */
record RunnerSettings(
        int batchSize,
        Duration lease,
        Duration pollMin,
        Duration pollMax,
        Duration retryMin,
        Duration retryMax,
        Duration maxStandstill) {
    /** How often a projection that passes events it does not want saves its checkpoint. */
    static final Duration SAVE_EVERY = Duration.ofMillis(500);

    /**
     * How often a check looks for a log that was set back, besides the checks at each beginning and after each trouble.
     */
    static final Duration VERIFY_EVERY = Duration.ofMinutes(1);

    /** How often the runner asks the store what other instances and operators did. */
    static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** An instance that can run a partition takes its lease within this time after it becomes free. */
    static final Duration UNATTENDED = LOOK_EVERY.multipliedBy(3);

    /** A shorter lease runs out while it is being renewed, and instances take projections from each other forever. */
    private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

    /** A longer duration is an error: sums of it would leave the range of a database's timestamps. */
    private static final Duration LONGEST = Duration.ofDays(3650);

    RunnerSettings {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batchSize must be at least 1, is " + batchSize);
        }
        inRange("lease", lease);
        if (lease.compareTo(SHORTEST_LEASE) < 0) {
            throw new IllegalArgumentException(
                    "lease must be at least %d ms, is %s".formatted(SHORTEST_LEASE.toMillis(), lease));
        }
        inRange("pollMin", pollMin);
        inRange("pollMax", pollMax);
        inRange("retryMin", retryMin);
        inRange("retryMax", retryMax);
        inRange("maxStandstill", maxStandstill);
        notBelow("pollMax", pollMax, "pollMin", pollMin);
        notBelow("retryMax", retryMax, "retryMin", retryMin);
    }

    private static void inRange(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be positive, is " + value);
        }
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "%s must not be longer than %d days, is %s".formatted(name, LONGEST.toDays(), value));
        }
    }

    private static void notBelow(String name, Duration value, String otherName, Duration other) {
        if (value.compareTo(other) < 0) {
            throw new IllegalArgumentException(
                    "%s must not be below %s (%s), is %s".formatted(name, otherName, other, value));
        }
    }

    /**
     * After this long, the transaction of a batch is committed, so that it neither idles out nor holds locks for long.
     */
    long batchNanos() {
        return lease.toNanos() / 4;
    }

    Duration lookEvery() {
        Duration quarter = lease.dividedBy(4);
        return quarter.compareTo(LOOK_EVERY) < 0 ? quarter : LOOK_EVERY;
    }

    /**
     * The pause after this many troubles in a row. It is no longer than a lease: after that time another instance takes
     * over, and must not be quicker.
     */
    long troubleNanos(int troubles) {
        return Math.min(retryNanos(troubles), lease.toNanos());
    }

    /** The pause after this many failures in a row. */
    long retryNanos(int failures) {
        double grown = (double) retryMin.toNanos() * Math.pow(2, Math.min(failures - 1, 40));
        return (long) Math.min(grown, (double) retryMax.toNanos());
    }
}
