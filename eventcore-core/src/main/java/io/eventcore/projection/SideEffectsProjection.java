package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import java.time.Instant;

/** The side effects of a projection, run like a projection. */
record SideEffectsProjection<E extends Event>(Projection<E> of, SideEffects<E> effects) implements Projection<E> {
    @Override
    public String name() {
        return of.name();
    }

    @Override
    public int version() {
        return ProjectionPartition.SIDE_EFFECTS;
    }

    @Override
    public Class<E> eventType() {
        return of.eventType();
    }

    @Override
    public EventFilter filter() {
        return of.filter();
    }

    @Override
    public Instant since() {
        return of.since();
    }

    @Override
    public void apply(RecordedEvent<E> event) throws Exception {
        effects.perform(event);
    }

    @Override
    public ProjectionKind kind() {
        return of.kind();
    }

    @Override
    public ProjectionMode mode() {
        return ProjectionMode.AT_LEAST_ONCE;
    }

    @Override
    public FailureDecision onError(FailureContext failure) {
        return of.onError(failure);
    }
}
