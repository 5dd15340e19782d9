package io.eventcore.projection;

/**
 * Two projections of a runner, reactions and relays included, have the same name and version. They would share a
 * checkpoint, and each would miss events that the other one received. Give one of them another name.
 *
 * @since 0.1
 */
public final class DuplicateProjectionException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String projection;
    private final int version;

    DuplicateProjectionException(Projection<?> first, Projection<?> second) {
        super("%s are called '%s': a %s and a %s"
                .formatted(
                        first.kind() == second.kind()
                                ? "Two " + first.kind().plural()
                                : "A %s and a %s"
                                        .formatted(
                                                first.kind().word(),
                                                second.kind().word()),
                        ProjectionPartition.label(first.name(), first.version()),
                        first.getClass().getName(),
                        second.getClass().getName()));
        this.projection = first.name();
        this.version = first.version();
    }

    /** The name of both. */
    public String projection() {
        return projection;
    }

    /** The version of both. */
    public int version() {
        return version;
    }
}
