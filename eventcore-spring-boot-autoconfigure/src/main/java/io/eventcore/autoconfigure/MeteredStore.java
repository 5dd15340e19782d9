package io.eventcore.autoconfigure;

import io.eventcore.AppendListener;
import io.eventcore.EventStore;
import io.eventcore.command.CommandListener;
import io.eventcore.micrometer.AppendMetrics;
import io.eventcore.micrometer.CommandObservations;
import io.eventcore.micrometer.LogMetrics;
import io.eventcore.micrometer.ObservedEventStore;
import io.eventcore.micrometer.PersonalDataMetrics;
import io.eventcore.micrometer.ProjectionMetrics;
import io.eventcore.micrometer.ProjectionObservations;
import io.eventcore.micrometer.SnapshotMetrics;
import io.eventcore.micrometer.UnknownTypeMetrics;
import io.eventcore.micrometer.WarmStreamMetrics;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.serialization.UnknownTypeListener;
import io.eventcore.snapshot.SnapshotListener;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.util.Optional;

/** Measures one of several stores: each meter and each observation has the tag {@value #TAG} with its name. */
final class MeteredStore implements StoreInstruments {
    static final String TAG = "store";

    private final ObservationRegistry observations;
    private final KeyValues keys;
    private final MeterRegistry meters;

    /** One registry per store, created once: meters of the same name and tags are the same meter. */
    static Factory factory(ObservationRegistry observations, MeterRegistry all) {
        return store -> new MeteredStore(store, observations, all);
    }

    private MeteredStore(String store, ObservationRegistry observations, MeterRegistry all) {
        this.observations = observations;
        this.keys = KeyValues.of(TAG, store);
        // Passes every meter on to the registry of the application, with one more tag.
        CompositeMeterRegistry ofStore = new CompositeMeterRegistry();
        ofStore.config().commonTags(TAG, store);
        ofStore.add(all);
        this.meters = ofStore;
    }

    @Override
    public EventStore observed(EventStore store) {
        return new ObservedEventStore(store, observations, keys);
    }

    @Override
    public Optional<AppendListener> appends() {
        return Optional.of(new AppendMetrics(meters));
    }

    @Override
    public Optional<CommandListener> commands() {
        return Optional.of(new CommandObservations(observations, meters, keys));
    }

    @Override
    public Optional<ProjectionListener> projections() {
        return Optional.of(new ProjectionObservations(observations, meters, keys));
    }

    @Override
    public Optional<SnapshotListener> snapshots() {
        return Optional.of(new SnapshotMetrics(meters));
    }

    @Override
    public Optional<UnknownTypeListener> unknownTypes() {
        return Optional.of(new UnknownTypeMetrics(meters));
    }

    @Override
    public void measure(OpenedStore store) {
        new LogMetrics(store.bare()).bindTo(meters);
        new ProjectionMetrics(store.projections()).bindTo(meters);
        new WarmStreamMetrics(store.commands()).bindTo(meters);
        store.protection().ifPresent(protection -> new PersonalDataMetrics(protection).bindTo(meters));
    }
}
