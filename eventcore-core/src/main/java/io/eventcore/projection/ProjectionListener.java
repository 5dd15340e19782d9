package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import java.util.List;

/**
 * Watches how events are applied, for metrics and traces. Runs on the thread of the projection. What it throws is
 * logged once and counted, and does not affect the projection. Safe for any number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface ProjectionListener {
    /**
     * Events are about to be applied together.
     *
     * @param partition the projection, and which part of it
     * @param kind the kind of the projection
     * @param events the events, in order; without those that cannot be read. The projection receives the same objects,
     *     so do not change them
     */
    Batch started(
            ProjectionPartition partition, ProjectionKind kind, List<? extends RecordedEvent<? extends Event>> events);

    /** A listener that passes everything on to these, in their order. */
    static ProjectionListener all(List<ProjectionListener> listeners) {
        return new ProjectionListeners(listeners);
    }

    /** A listener that does nothing. */
    static ProjectionListener none() {
        return (partition, kind, events) -> Batch.IGNORED;
    }

    /**
     * Events that are applied together; exactly one of {@link #applied}, {@link #failed} and {@link #lost} ends it.
     *
     * @since 0.1
     */
    interface Batch {
        /** A batch that is not watched. */
        Batch IGNORED = new Batch() {};

        /**
         * Events were applied, and the checkpoint moved past them.
         *
         * @param events how many of the announced events: a batch that takes long is cut short, and its first events
         *     are committed
         */
        default void applied(int events) {}

        /** The batch failed; of a transactional projection, nothing was committed. */
        default void failed(Throwable failure) {}

        /** Another instance runs the partition now, and applies the events instead. */
        default void lost() {}
    }
}
