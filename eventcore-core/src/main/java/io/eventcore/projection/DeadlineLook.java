package io.eventcore.projection;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * What a check of the deadlines of a partition has found. Immutable.
 *
 * @param now the time of the store
 * @param next when the next deadline falls due, or the oldest of those that are overdue; empty if there is none
 * @since 0.1
 */
public record DeadlineLook(Instant now, Optional<Instant> next) {
    /** Checks that everything is given. */
    public DeadlineLook {
        Objects.requireNonNull(now, "now");
        Objects.requireNonNull(next, "next");
    }

    /** Whether a deadline is due. */
    public boolean isDue() {
        return next.filter(due -> !due.isAfter(now)).isPresent();
    }
}
