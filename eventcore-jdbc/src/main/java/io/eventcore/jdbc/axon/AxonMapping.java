package io.eventcore.jdbc.axon;

import io.eventcore.EventMetadata;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.transfer.ExportedEvent;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What becomes of an event of Axon: its stream, its stored name, its payload and its metadata here. */
final class AxonMapping {
    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Map<TypeKey, String> types;
    private final Function<AxonEvent, String> streams;
    private final Function<AxonEvent, byte[]> payloads;
    private final Function<AxonEvent, Map<String, String>> metadata;

    AxonMapping(
            Map<TypeKey, String> types,
            Function<AxonEvent, String> streams,
            Function<AxonEvent, byte[]> payloads,
            Function<AxonEvent, Map<String, String>> metadata) {
        this.types = Map.copyOf(types);
        this.streams = streams;
        this.payloads = payloads;
        this.metadata = metadata;
    }

    /** A type of a payload; without a revision it stands for all of them. */
    record TypeKey(String payloadType, Optional<String> revision) {}

    /** An event that cannot be exported as it is mapped. */
    static final class UnmappedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnmappedException(String message) {
            super(message);
        }
    }

    /** The name that its type is stored under; empty if it has no mapping. */
    Optional<String> nameOf(AxonEvent event) {
        return Optional.ofNullable(types.get(new TypeKey(event.payloadType(), event.revision())))
                .or(() -> Optional.ofNullable(types.get(new TypeKey(event.payloadType(), Optional.empty()))));
    }

    /**
     * The event as it will be stored.
     *
     * @throws UnmappedException if it cannot be; the message says why, and quotes nothing of the event
     */
    ExportedEvent exported(AxonEvent event, GlobalPosition position) {
        String type = nameOf(event).orElseThrow(() -> new UnmappedException("its type has no mapping"));
        Instant timestamp = converted("time stamp", event, AxonEvent::timestamp);
        Map<String, String> entries = converted("metadata", event, metadata);
        Optional<UUID> id = uuid(event.identifier());
        if (id.isEmpty()) {
            entries = new LinkedHashMap<>(entries);
            entries.put(AxonEvents.AXON_IDENTIFIER, event.identifier());
        }
        byte[] payload = converted("payload", event, payloads);
        if (!isJson(payload)) {
            throw new UnmappedException("its payload is not JSON in UTF-8: give a converter");
        }
        String stream = converted("stream id", event, streams);
        try {
            return ExportedEvent.of(
                    position,
                    StreamId.of(stream),
                    StreamVersion.of(event.sequenceNumber() + 1),
                    id.orElseGet(() -> UUID.nameUUIDFromBytes(event.identifier().getBytes(StandardCharsets.UTF_8))),
                    type,
                    timestamp.truncatedTo(ChronoUnit.MICROS),
                    eventMetadata(entries),
                    payload);
        } catch (IllegalArgumentException e) {
            throw new UnmappedException(String.valueOf(e.getMessage()));
        }
    }

    /** What a converter throws may quote the event. */
    private static <T> T converted(String what, AxonEvent event, Function<AxonEvent, T> converter) {
        T converted;
        try {
            converted = converter.apply(event);
        } catch (RuntimeException e) {
            throw new UnmappedException("its %s cannot be converted (%s)"
                    .formatted(what, e.getClass().getName()));
        }
        if (converted == null) {
            throw new UnmappedException("its %s was converted to null".formatted(what));
        }
        return converted;
    }

    private static EventMetadata eventMetadata(Map<String, String> entries) {
        try {
            return new EventMetadata(entries);
        } catch (NullPointerException e) {
            throw new UnmappedException("its metadata was converted to a map that holds null");
        }
    }

    private static Optional<UUID> uuid(String identifier) {
        try {
            UUID id = UUID.fromString(identifier);
            return id.toString().equalsIgnoreCase(identifier) ? Optional.of(id) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** In UTF-8 and without a byte order mark, since databases take it as text: the parser alone would take other encodings too. */
    private static boolean isJson(byte[] payload) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(payload))
                    .toString();
            return !text.startsWith(BYTE_ORDER_MARK) && !JSON.readTree(text).isMissingNode();
        } catch (CharacterCodingException | JacksonException e) {
            return false;
        }
    }

    /** Metadata in JSON: an object. What is no text becomes the text of its JSON. */
    static Map<String, String> jsonMetadata(AxonEvent event) {
        Map<String, String> entries = new LinkedHashMap<>();
        if (event.metadata().length > 0) {
            for (Map.Entry<String, JsonNode> entry :
                    JSON.readTree(event.metadata()).properties()) {
                JsonNode value = entry.getValue();
                if (!value.isNull()) {
                    entries.put(entry.getKey(), value.isString() ? value.stringValue() : value.toString());
                }
            }
        }
        return entries;
    }
}
