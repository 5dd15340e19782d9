package io.eventcore.autoconfigure;

import io.eventcore.AppendListener;
import io.eventcore.EventStore;
import io.eventcore.command.CommandListener;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.serialization.UnknownTypeListener;
import io.eventcore.snapshot.SnapshotListener;
import java.util.Optional;

/** What measures one of several stores; by default nothing. Refers to no class of Micrometer, which may be missing. */
interface StoreInstruments {
    /** Creates the instruments of each store. */
    @FunctionalInterface
    interface Factory {
        /** The instruments of the store with a name. */
        StoreInstruments of(String store);
    }

    /** Measure nothing. */
    StoreInstruments NONE = new StoreInstruments() {};

    /** The store, observed. */
    default EventStore observed(EventStore store) {
        return store;
    }

    /** Hears of appends. */
    default Optional<AppendListener> appends() {
        return Optional.empty();
    }

    /** Hears of commands. */
    default Optional<CommandListener> commands() {
        return Optional.empty();
    }

    /** Hears of batches of projections. */
    default Optional<ProjectionListener> projections() {
        return Optional.empty();
    }

    /** Hears of snapshots. */
    default Optional<SnapshotListener> snapshots() {
        return Optional.empty();
    }

    /** Hears of events of unknown types. */
    default Optional<UnknownTypeListener> unknownTypes() {
        return Optional.empty();
    }

    /** Measures the state of the store from now on. */
    default void measure(OpenedStore store) {}
}
