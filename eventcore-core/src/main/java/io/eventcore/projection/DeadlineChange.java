package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.Objects;

/**
 * A change to the deadlines of a reaction, made together with its checkpoint. Changes are made in the given order; a
 * change to a deadline that no longer exists does nothing.
 *
 * @since 0.1
 */
public sealed interface DeadlineChange {
    /**
     * Calls deadlines off, including parked ones.
     *
     * @param correlation which ones: those that were set with this correlation
     * @param before only those that were set by events before this position
     * @since 0.1
     */
    record Ended(String correlation, GlobalPosition before) implements DeadlineChange {
        /** Checks that everything is given. */
        public Ended {
            Objects.requireNonNull(correlation, "correlation");
            Objects.requireNonNull(before, "before");
        }
    }

    /**
     * Sets a deadline. It replaces one of the same event and part, even a parked one.
     *
     * @param deadline the deadline
     * @param correlation what calls it off; at most 64 characters of ASCII
     * @param slot the {@linkplain DeadlineStore slot} of the stream of its event
     * @since 0.1
     */
    record Begun(PendingDeadline deadline, String correlation, int slot) implements DeadlineChange {
        /** Checks that everything is given. */
        public Begun {
            Objects.requireNonNull(deadline, "deadline");
            Objects.requireNonNull(correlation, "correlation");
        }
    }

    /**
     * A deadline was executed or discarded.
     *
     * @since 0.1
     */
    record Done(PendingDeadline deadline) implements DeadlineChange {
        /** Checks that it is given. */
        public Done {
            Objects.requireNonNull(deadline, "deadline");
        }
    }

    /**
     * A deadline is parked until an operator decides about it.
     *
     * @param deadline the deadline, as it was
     * @param failure the type of the exception
     * @since 0.1
     */
    record Parked(PendingDeadline deadline, String failure) implements DeadlineChange {
        /** Checks that everything is given. */
        public Parked {
            Objects.requireNonNull(deadline, "deadline");
            Objects.requireNonNull(failure, "failure");
        }
    }

    /**
     * Deadlines that were parked for a reason are pending again.
     *
     * @param slot their slot
     * @param failure the failure that they were parked with
     * @since 0.1
     */
    record Retried(int slot, String failure) implements DeadlineChange {
        /** Checks that everything is given. */
        public Retried {
            Objects.requireNonNull(failure, "failure");
        }
    }

    /**
     * All deadlines of a partition are removed, including parked ones: all of its events come again.
     *
     * @param slots those of the partition
     * @since 0.1
     */
    record AllForgotten(DeadlineSlots slots) implements DeadlineChange {
        /** Checks that they are given. */
        public AllForgotten {
            Objects.requireNonNull(slots, "slots");
        }
    }
}
