package io.eventcore.serialization;

/**
 * Hears of events that are skipped because their type is unknown. Safe for any number of threads; what it throws does
 * not affect the read.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface UnknownTypeListener {
    /** A read has skipped one more event. */
    void skipped(String typeName);
}
