package io.eventcore.serialization;

/**
 * How events stored under a name are read.
 *
 * @since 0.1
 */
public enum NameReading {
    /** Unchanged, by the class that has the name. */
    AS_STORED,

    /** Through {@link Upcaster}s, which turn them into today's events. */
    UPCAST,

    /** Not as events of the application: no class and no upcaster has the name. See {@link UnknownTypes}. */
    UNKNOWN
}
