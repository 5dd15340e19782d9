package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.internal.Callback;
import java.util.List;
import java.util.function.Consumer;

/** Several listeners as one. What one of them throws affects neither the others nor the projection. */
record ProjectionListeners(List<ProjectionListener> listeners) implements ProjectionListener {
    ProjectionListeners {
        listeners = List.copyOf(listeners);
    }

    @Override
    public Batch started(
            ProjectionPartition partition, ProjectionKind kind, List<? extends RecordedEvent<? extends Event>> events) {
        return new Batches(listeners.stream()
                .map(listener -> Callback.PROJECTION_LISTENER.<Batch>call(
                        () -> listener.started(partition, kind, events), Batch.IGNORED))
                .toList());
    }

    private record Batches(List<Batch> batches) implements Batch {
        @Override
        public void applied(int events) {
            tell(batch -> batch.applied(events));
        }

        @Override
        public void failed(Throwable failure) {
            tell(batch -> batch.failed(failure));
        }

        @Override
        public void lost() {
            tell(Batch::lost);
        }

        private void tell(Consumer<Batch> news) {
            batches.forEach(batch -> Callback.PROJECTION_LISTENER.run(() -> news.accept(batch)));
        }
    }
}
