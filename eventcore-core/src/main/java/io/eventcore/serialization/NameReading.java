package io.eventcore.serialization;

/**
 * How what is stored under a name is read.
 *
 * @since 0.1
 */
public enum NameReading {
    /** As it is stored, by the class that has the name. */
    AS_STORED,

    /** By way of {@link Upcaster}s, which make today's events of it. */
    UPCAST,

    /** Not as an event of the application: no class and no upcaster has the name. See {@link UnknownTypes}. */
    UNKNOWN
}
