package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventReader;
import io.eventcore.RawEvent;
import io.eventcore.internal.HandlesTypes;
import io.eventcore.internal.SetsDeadlines;

/**
 * Checks that a projection can run here: it can read its events, and its writes join the transaction that it declares.
 */
record StartCheck(EventReader reader, ProjectionStore store, RunnerTransactions transactions) {
    /**
     * @throws ProjectionTransactionException if it is transactional and its transactions do not reach the store
     * @throws UnregisteredEventException if it wants to read events without a registered class
     */
    void check(Projection<?> projection) {
        try {
            reader.internals().matching(projection.filter().withAnyTags());
        } catch (IllegalArgumentException e) {
            throw new UnregisteredEventException(
                    projection.name(),
                    "The filter of projection '" + projection.name() + "' cannot be used: " + e.getMessage(),
                    e);
        }
        if (projection.eventType() != Event.class) {
            checkType(projection, projection.eventType(), "reads events of the type");
        }
        HandlesTypes.of(projection).stream()
                .filter(type -> type != RawEvent.class)
                .forEach(type -> checkType(projection, type, "has a function for events of the type"));
        if (projection instanceof SetsDeadlines) {
            store.checkDeadlines();
        }
        if (projection.mode() != ProjectionMode.TRANSACTIONAL) {
            return;
        }
        if (!transactions.exist()) {
            throw new ProjectionTransactionException(projection.name(), "there is no transaction manager");
        }
        Boolean joins = transactions.operations().execute(status -> store.joinsCallersTransaction());
        if (joins == null || !joins) {
            throw new ProjectionTransactionException(
                    projection.name(),
                    "transactions of " + transactions.managerName() + " do not reach the database of the event store");
        }
    }

    private void checkType(Projection<?> projection, Class<? extends Event> type, String what) {
        try {
            reader.internals().matching(EventFilter.all().ofTypes(type));
        } catch (IllegalArgumentException e) {
            throw new UnregisteredEventException(
                    projection.name(),
                    "Projection '%s' %s %s, and none can be read: %s"
                            .formatted(projection.name(), what, type.getName(), e.getMessage()),
                    e);
        }
    }
}
