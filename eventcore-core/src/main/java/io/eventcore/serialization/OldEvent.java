package io.eventcore.serialization;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A stored event as an {@link Upcaster} receives it: its payload as a tree, and what else is known about it.
 *
 * <p>The tree belongs to the upcaster, which may change it and return it. Each reader of the event, and each upcaster
 * of a chain, gets a new tree, so that none of them affects another. For one thread.
 *
 * @since 0.1
 */
public final class OldEvent {
    private final String typeName;
    private final JsonNode json;
    private final EventOrigin origin;

    private OldEvent(String typeName, JsonNode json, EventOrigin origin) {
        this.typeName = Objects.requireNonNull(typeName, "typeName");
        this.json = Objects.requireNonNull(json, "json");
        this.origin = Objects.requireNonNull(origin, "origin");
    }

    /**
     * An event to be upcast. For code that reads stored events, and for tests of upcasters.
     *
     * @param typeName see {@link #typeName()}
     * @param json see {@link #json()}
     * @param origin the rest
     */
    public static OldEvent of(String typeName, JsonNode json, EventOrigin origin) {
        return new OldEvent(typeName, json, origin);
    }

    /** What an upcaster turned this event into, on its way to the next one of the chain: in a tree of its own. */
    OldEvent as(Upcaster.Part part) {
        return new OldEvent(part.typeName(), part.json().deepCopy(), origin);
    }

    /**
     * The name that the payload belongs to: the one it was stored under, or the one that a previous upcaster gave it.
     */
    public String typeName() {
        return typeName;
    }

    /** The payload. Numbers have every stored digit: read decimals with {@link JsonNode#decimalValue()}. */
    public JsonNode json() {
        return json;
    }

    /**
     * The payload, which must be an object, as the payloads of records are.
     *
     * @throws IllegalStateException if it is something else: a text, a number, an array, null
     */
    public ObjectNode object() {
        if (json instanceof ObjectNode object) {
            return object;
        }
        throw new IllegalStateException("the payload is not a JSON object");
    }

    /** The id of the stored event. */
    public UUID id() {
        return origin.id();
    }

    /** The stream it is stored in. */
    public StreamId streamId() {
        return origin.streamId();
    }

    /** Its metadata. */
    public EventMetadata metadata() {
        return origin.metadata();
    }

    /** When the store recorded it. */
    public Instant recordedAt() {
        return origin.recordedAt();
    }

    /** Its name and id, not the payload. */
    @Override
    public String toString() {
        return typeName + " " + origin.id();
    }
}
