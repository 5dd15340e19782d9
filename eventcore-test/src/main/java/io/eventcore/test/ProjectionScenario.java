package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.projection.Projection;
import io.eventcore.serialization.EventSerializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Tests a projection without an event store and without a runner: given events, and the resulting read model.
 *
 * <pre>{@code
 * ProjectionScenario.given(new OrderPlaced(order), new OrderPaid(order)).appliedTo(projection);
 *
 * assertThat(openOrders.count()).isZero();
 * }</pre>
 *
 * <p>Events need no names, but each of them must survive its JSON form. No transaction is begun and no time is looked
 * at: {@link Projection#since()} does not count. Immutable.
 *
 * @since 0.1
 */
public final class ProjectionScenario {
    private final GivenEvents given;
    private final EventSerializer serializer;

    private ProjectionScenario(GivenEvents given, EventSerializer serializer) {
        this.given = given;
        this.serializer = serializer;
    }

    /** These events have happened, in this order, each in the stream that it names. */
    public static ProjectionScenario given(Event... events) {
        return new ProjectionScenario(GivenEvents.none().and(List.of(events)), new AnyEvent());
    }

    /** These events have happened, in this order, in this stream: for events that do not name theirs. */
    public static ProjectionScenario given(StreamId streamId, Event... events) {
        return given().and(streamId, events);
    }

    /** After the given events, these events have happened, in this order, each in the stream that it names. */
    public ProjectionScenario and(Event... events) {
        return new ProjectionScenario(given.and(List.of(events)), serializer);
    }

    /** After the given events, these events have happened, in this order, in this stream. */
    public ProjectionScenario and(StreamId streamId, Event... events) {
        return new ProjectionScenario(given.and(streamId, List.of(events)), serializer);
    }

    /** This scenario with a serializer of the application. */
    public ProjectionScenario storedBy(EventSerializer eventSerializer) {
        return new ProjectionScenario(given, Objects.requireNonNull(eventSerializer, "eventSerializer"));
    }

    /**
     * Applies the events that the projection's filter wants, in order, then flushes.
     *
     * @return the events that were applied, to see what the filter leaves out
     * @throws AssertionError if the projection throws a checked exception; other ones pass through
     */
    public <E extends Event> List<RecordedEvent<E>> appliedTo(Projection<E> projection) {
        List<RecordedEvent<E>> wanted = new ArrayList<>();
        given.storedBy(serializer)
                .forEachEvent(projection.filter(), GlobalPosition.START, projection.eventType(), wanted::add);
        try {
            for (RecordedEvent<E> event : wanted) {
                projection.apply(event);
            }
            projection.flush();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("Projection '" + projection.name() + "' has failed", e);
        }
        return List.copyOf(wanted);
    }
}
