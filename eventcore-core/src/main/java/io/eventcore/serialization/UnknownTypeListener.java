package io.eventcore.serialization;

/**
 * Told of events that are passed over because their type is unknown. Safe for any number of threads; what it throws changes no
 * read.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface UnknownTypeListener {
    /** One more event was passed over by a read. */
    void skipped(String typeName);
}
