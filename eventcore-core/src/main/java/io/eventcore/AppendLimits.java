package io.eventcore;

/**
 * How large one append may be. Larger ones are refused before anything is sent to the database.
 *
 * <p>Immutable.
 *
 * @param events how many events one append may hold
 * @param payloadBytes how many bytes the payload of one event may have
 * @param metadataBytes how many bytes the metadata of one append may have in its stored form
 * @since 0.1
 */
public record AppendLimits(int events, int payloadBytes, int metadataBytes) {
    private static final AppendLimits DEFAULTS = new AppendLimits(10_000, 1024 * 1024, 16 * 1024);

    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if one is below 1
     */
    public AppendLimits {
        if (events < 1 || payloadBytes < 1 || metadataBytes < 1) {
            throw new IllegalArgumentException(
                    "Append limits must be at least 1, are %d events, %d bytes of payload, %d bytes of metadata"
                            .formatted(events, payloadBytes, metadataBytes));
        }
    }

    /** 10,000 events, 1 MiB of payload, 16 KiB of metadata. */
    public static AppendLimits defaults() {
        return DEFAULTS;
    }

    /**
     * Checks the number of events of an append.
     *
     * @throws AppendLimitExceededException if there are too many
     */
    public void checkEvents(long actual) {
        check("events", events, actual);
    }

    /**
     * Checks the size of one payload.
     *
     * @throws AppendLimitExceededException if it is too large
     */
    public void checkPayloadBytes(long actual) {
        check("bytes of payload per event", payloadBytes, actual);
    }

    /**
     * Checks the size of the metadata.
     *
     * @throws AppendLimitExceededException if it is too large
     */
    public void checkMetadataBytes(long actual) {
        check("bytes of metadata", metadataBytes, actual);
    }

    private static void check(String what, long limit, long actual) {
        if (actual > limit) {
            throw new AppendLimitExceededException(what, limit, actual);
        }
    }
}
