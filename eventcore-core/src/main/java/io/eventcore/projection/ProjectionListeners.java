package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import java.util.List;

/** Several listeners as one. */
record ProjectionListeners(List<ProjectionListener> listeners) implements ProjectionListener {
    ProjectionListeners {
        listeners = List.copyOf(listeners);
    }

    @Override
    public Batch started(ProjectionPartition partition, List<? extends RecordedEvent<? extends Event>> events) {
        return new Batches(listeners.stream()
                .map(listener -> listener.started(partition, events))
                .toList());
    }

    private record Batches(List<Batch> batches) implements Batch {
        @Override
        public void applied(int events) {
            batches.forEach(batch -> batch.applied(events));
        }

        @Override
        public void failed(Throwable failure) {
            batches.forEach(batch -> batch.failed(failure));
        }

        @Override
        public void lost() {
            batches.forEach(Batch::lost);
        }
    }
}
