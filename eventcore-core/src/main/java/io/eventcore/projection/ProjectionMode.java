package io.eventcore.projection;

/**
 * How the effects of a projection relate to its checkpoint.
 *
 * @since 0.1
 */
public enum ProjectionMode {
    /**
     * The read model is in the database of the event store, and what {@code apply} does joins the transaction that moves
     * the checkpoint: its effects in that database count exactly once. {@code apply} itself may run again after a
     * rollback, so effects elsewhere may repeat.
     */
    TRANSACTIONAL,

    /**
     * The checkpoint moves after the events were applied, in a separate transaction: after a crash, or when another
     * instance takes over, events are applied again. Recognise them by
     * {@link io.eventcore.RecordedEvent#deduplicationId()}, or make repetition harmless.
     */
    AT_LEAST_ONCE
}
