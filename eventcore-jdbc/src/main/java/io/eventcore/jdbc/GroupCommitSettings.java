package io.eventcore.jdbc;

/**
 * Whether and how appends that wait at the same time share a transaction.
 *
 * <p>Immutable.
 *
 * @param enabled whether they do at all
 * @param maxEvents how many events share a transaction at most, 1 or more; a larger append goes alone
 * @param maxBytes how many bytes of payload and metadata share a transaction at most, 1 or more
 * @since 0.1
 */
public record GroupCommitSettings(boolean enabled, int maxEvents, long maxBytes) {
    private static final GroupCommitSettings DEFAULTS = new GroupCommitSettings(true, 512, 4L * 1024 * 1024);

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a bound is below 1
     */
    public GroupCommitSettings {
        if (maxEvents < 1 || maxBytes < 1) {
            throw new IllegalArgumentException("The bounds of group commit must be at least 1, are %d events, %d bytes"
                    .formatted(maxEvents, maxBytes));
        }
    }

    /** On, with at most 512 events and 4 MiB in one transaction. */
    public static GroupCommitSettings defaults() {
        return DEFAULTS;
    }

    /** Every append is a transaction by itself. */
    public static GroupCommitSettings off() {
        return new GroupCommitSettings(false, DEFAULTS.maxEvents, DEFAULTS.maxBytes);
    }
}
