package io.eventcore.projection;

/**
 * A projection is known to the store with another number of partitions than it declares now.
 *
 * <p>Streams would change the partition, and with it the checkpoint that counts for them.
 *
 * @since 0.1
 */
public final class PartitionCountException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int known;
    private final int declared;

    /** A contradiction between the store and a projection. */
    public PartitionCountException(String projection, int known, int declared) {
        super(("Projection '%s' declares %d partitions, the store knows it with %d: reset the projection, or declare %d"
                        + " again")
                .formatted(projection, declared, known, known));
        this.known = known;
        this.declared = declared;
    }

    /** How many partitions the store knows. */
    public int known() {
        return known;
    }

    /** How many partitions the projection declares. */
    public int declared() {
        return declared;
    }
}
