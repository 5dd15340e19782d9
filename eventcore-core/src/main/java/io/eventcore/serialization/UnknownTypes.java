package io.eventcore.serialization;

/**
 * How to read a stored event whose name no class and no upcaster knows: its class was removed, or a later release wrote
 * it.
 *
 * @since 0.1
 */
public enum UnknownTypes {
    /**
     * An {@link io.eventcore.EventDeserializationException}. The default: no decision is made without the event by
     * mistake.
     */
    FAIL,

    /**
     * Skips the event. It is counted, the first of each name is logged, and folds report how many events they have
     * skipped: {@link io.eventcore.EventStreamReader#skippedEvents()},
     * {@link io.eventcore.command.ExecutionResult#skippedEvents()}.
     */
    SKIP,

    /**
     * A {@link io.eventcore.RawEvent} for readers that ask for {@link io.eventcore.Event}; an
     * {@link io.eventcore.EventDeserializationException} for those that ask for a type of their own.
     */
    RAW
}
