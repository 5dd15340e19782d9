package io.eventcore;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * An append whose transaction has not ended yet: readers of the log wait at its positions.
 *
 * <p>Immutable.
 *
 * @param session who appends, as the database calls it, for example {@code backend 4711}; names no stream
 * @param since when its transaction began, by the clock of the database; when it was looked at, if the database does not
 *     tell this user
 * @param age how long ago that was when it was looked at, by the same clock
 * @since 0.1
 */
public record AppendInFlight(String session, Instant since, Duration age) {
    /** Checks that everything is given. */
    public AppendInFlight {
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(age, "age");
    }
}
