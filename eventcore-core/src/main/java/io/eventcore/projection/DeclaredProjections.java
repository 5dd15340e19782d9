package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The projections of a runner: one or several versions of each name. */
final class DeclaredProjections {
    private final Map<String, NavigableMap<Integer, Projection<?>>> versions = new LinkedHashMap<>();

    /**
     * What a caller calls a projection: by its name, or as {@link ProjectionStatus#name()} does.
     *
     * @param name the name
     * @param version the version meant; null if the name alone was given
     */
    record Reference(String name, @Nullable Integer version) {}

    /**
     * @throws IllegalArgumentException if it is not acceptable
     * @throws DuplicateProjectionException if there is another one of that name and version
     */
    void add(Projection<?> projection) {
        String name = ProjectionPartition.checkName(projection.name());
        int partitions = projection.partitions();
        if (partitions < 1 || partitions > ProjectionPartition.MAX_PARTITIONS) {
            throw new IllegalArgumentException("Projection '%s' must have 1 to %d partitions, has %d"
                    .formatted(name, ProjectionPartition.MAX_PARTITIONS, partitions));
        }
        if (projection.version() < 1) {
            throw new IllegalArgumentException(
                    "Version of projection '%s' must be 1 or more, is %d".formatted(name, projection.version()));
        }
        Projection<?> other =
                versions.computeIfAbsent(name, n -> new TreeMap<>()).putIfAbsent(projection.version(), projection);
        if (other != null) {
            throw new DuplicateProjectionException(other, projection);
        }
    }

    DeclaredProjections copy() {
        DeclaredProjections copy = new DeclaredProjections();
        all().forEach(copy::add);
        return copy;
    }

    List<String> names() {
        return List.copyOf(versions.keySet());
    }

    /** All projections; those of one name in the order of their versions. */
    List<Projection<?>> all() {
        return versions.values().stream()
                .map(Map::values)
                .flatMap(Collection::stream)
                .<Projection<?>>map(projection -> projection)
                .toList();
    }

    /** Makes the versions of a projection known to the store, the oldest first. */
    void register(String name, LeaseStore store) {
        Objects.requireNonNull(versions.get(name), name)
                .values()
                .forEach(projection ->
                        store.register(name, projection.version(), projection.partitions(), GlobalPosition.START));
    }

    /** The newest version of a projection that is declared here; 0 if there is none. */
    int newestVersion(String name) {
        NavigableMap<Integer, Projection<?>> declared = versions.get(name);
        return declared == null ? 0 : declared.lastKey();
    }

    /** A version of a projection; the newest one if that version is not declared here. */
    Projection<?> version(String name, int version) {
        NavigableMap<Integer, Projection<?>> declared = Objects.requireNonNull(versions.get(name), name);
        Projection<?> exactly = declared.get(version);
        return exactly != null ? exactly : declared.lastEntry().getValue();
    }

    /** @throws IllegalArgumentException if there is no such projection */
    Reference find(String called) {
        if (versions.containsKey(Objects.requireNonNull(called, "projection"))) {
            return new Reference(called, null);
        }
        for (Projection<?> projection : all()) {
            for (int version : new int[] {projection.version(), ProjectionPartition.SIDE_EFFECTS}) {
                if (ProjectionPartition.label(projection.name(), version).equals(called)) {
                    return new Reference(projection.name(), version);
                }
            }
        }
        throw new IllegalArgumentException("There is no projection '%s', %s"
                .formatted(
                        called,
                        names().isEmpty()
                                ? "and no other one: in Spring, check that component scanning finds its class"
                                : "only " + names()));
    }
}
