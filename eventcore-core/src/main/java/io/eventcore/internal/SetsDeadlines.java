package io.eventcore.internal;

import io.eventcore.RecordedEvent;
import java.time.Instant;

/**
 * A projection that does nothing about an event when it comes, and something at a later time unless that is called off.
 *
 * <p>Never transactional: what it does later is in no transaction with the deadline, and what it sets needs none but that
 * of the checkpoint.
 */
public interface SetsDeadlines {
    /**
     * Tells which deadlines an event calls off, and then which one it sets.
     *
     * @throws Exception if that cannot be said; the projection's {@code onError} decides what happens then
     */
    void tell(RecordedEvent<?> event, Told told) throws Exception;

    /**
     * Does what an event has set the deadline for, once, however often it is called.
     *
     * @throws Exception if it cannot; the projection's {@code onError} decides what happens then
     */
    void execute(RecordedEvent<?> event) throws Exception;

    /** How many deadlines a partition executes in a second at most. */
    int maxPerSecond();

    /** Takes what an event says about deadlines. */
    interface Told {
        /**
         * The event calls deadlines off that earlier events have set.
         *
         * @param correlation which of them
         */
        void ends(String correlation);

        /**
         * The event sets a deadline.
         *
         * @param correlation what calls it off
         * @param dueAt when it is to be executed, by the clock of the store; before the year 10000
         */
        void sets(String correlation, Instant dueAt);
    }
}
