package io.eventcore.serialization;

/**
 * What is read of a stored event whose name no class and no upcaster knows: its class was removed, or a later release wrote it.
 *
 * @since 0.1
 */
public enum UnknownTypes {
    /** An {@link io.eventcore.EventDeserializationException}. The default: nothing is decided without it by mistake. */
    FAIL,

    /**
     * Nothing. It is counted, the first of each name is in the log, and who folds says how many it has passed over:
     * {@link io.eventcore.EventStreamReader#skippedEvents()}, {@link io.eventcore.command.ExecutionResult#skippedEvents()}.
     */
    SKIP,

    /**
     * A {@link io.eventcore.RawEvent} for readers that ask for {@link io.eventcore.Event}; an
     * {@link io.eventcore.EventDeserializationException} for those that ask for a type of their own.
     */
    RAW
}
