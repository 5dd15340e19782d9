package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.EventTag;
import io.eventcore.StreamId;
import java.util.Objects;
import java.util.Set;

/**
 * An event as earlier code has stored it, for a scenario: the command, projection or reaction reads what the
 * application's upcasters turn it into.
 *
 * <pre>{@code
 * CommandScenario.given(EarlierEvent.of(cart, "cart.item-added", "{\"cart\":\"cart-1\",\"item\":\"pen\"}"))
 *         .storedBy(serializer)
 *         .when(new CloseCart(cart));
 * }</pre>
 *
 * <p>The scenario must be {@linkplain CommandScenario#storedBy stored by} the serializer of the application, which
 * knows the upcasters. Immutable.
 *
 * @since 0.1
 */
public final class EarlierEvent implements Event {
    private final StreamId streamId;
    private final String typeName;
    private final String json;
    private final Set<EventTag> tags;

    private EarlierEvent(StreamId streamId, String typeName, String json, Set<EventTag> tags) {
        this.streamId = Objects.requireNonNull(streamId, "streamId");
        this.typeName = Objects.requireNonNull(typeName, "typeName");
        this.json = Objects.requireNonNull(json, "json");
        this.tags = Set.copyOf(tags);
    }

    /**
     * An event that was stored.
     *
     * @param streamId the stream it is stored in
     * @param typeName the name it is stored under, with the number of its revision unless that is the first
     * @param json its payload
     */
    public static EarlierEvent of(StreamId streamId, String typeName, String json) {
        return new EarlierEvent(streamId, typeName, json, Set.of());
    }

    /** The same event with the tags that it was stored with; upcasters do not change them. */
    public EarlierEvent withTags(EventTag... given) {
        return new EarlierEvent(streamId, typeName, json, Set.of(given));
    }

    @Override
    public StreamId streamId() {
        return streamId;
    }

    @Override
    public Set<EventTag> eventTags() {
        return tags;
    }

    String typeName() {
        return typeName;
    }

    String json() {
        return json;
    }

    /** Stream and name, not the payload. */
    @Override
    public String toString() {
        return typeName + " in stream '" + streamId + "'";
    }
}
