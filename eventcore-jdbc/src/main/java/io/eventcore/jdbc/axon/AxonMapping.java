package io.eventcore.jdbc.axon;

import io.eventcore.EventMetadata;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.transfer.ExportedEvent;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.json.JsonMapper;

/** What an event of Axon becomes here: its stream, its stored name, its payload and its metadata. */
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

    /** The type of a payload; without a revision it stands for all revisions. */
    record TypeKey(String payloadType, Optional<String> revision) {}

    /** An event that cannot be exported as it is mapped. */
    static final class UnmappedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnmappedException(String message) {
            super(message);
        }
    }

    /** The stored name of its type; empty if it has no mapping. */
    Optional<String> nameOf(AxonEvent event) {
        return Optional.ofNullable(types.get(new TypeKey(event.payloadType(), event.revision())))
                .or(() -> Optional.ofNullable(types.get(new TypeKey(event.payloadType(), Optional.empty()))));
    }

    /**
     * The event as it will be stored.
     *
     * @throws UnmappedException if it cannot be stored; the message says why, and quotes nothing of the event
     */
    ExportedEvent exported(AxonEvent event, GlobalPosition position) {
        event.missing().ifPresent(what -> {
            throw new UnmappedException("its %s is null".formatted(what));
        });
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
            throw new UnmappedException("its payload is not JSON in UTF-8: add a converter");
        }
        if (PersonalDataProtection.isSealed(payload)) {
            throw new UnmappedException(
                    "its payload begins with the property \"$personal\", which marks sealed personal data: add a"
                            + " converter");
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

    /** Converts; hides the exception of a converter, which may quote the event. */
    private static <T> T converted(String what, AxonEvent event, Function<AxonEvent, T> converter) {
        T converted;
        try {
            converted = converter.apply(event);
        } catch (UnmappedException e) {
            throw e;
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

    /**
     * Whether the payload is JSON in UTF-8 without a byte order mark, because databases read it as text; the parser
     * alone would also accept other encodings.
     */
    private static boolean isJson(byte[] payload) {
        try {
            String text = text(payload);
            return !text.startsWith(BYTE_ORDER_MARK) && !JSON.readTree(text).isMissingNode();
        } catch (CharacterCodingException | JacksonException e) {
            return false;
        }
    }

    private static String text(byte[] utf8) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    }

    /**
     * Metadata in JSON: an object, or nothing. A value that is not a string becomes the text of its JSON, unchanged; a
     * null entry is left out.
     */
    static Map<String, String> jsonMetadata(AxonEvent event) {
        try {
            String text = text(event.metadata());
            try (JsonParser parser = JSON.createParser(text)) {
                JsonToken first = parser.nextToken();
                Map<String, String> entries =
                        first == JsonToken.START_OBJECT ? entries(parser, text) : new LinkedHashMap<>();
                if ((first == null || first == JsonToken.VALUE_NULL || first == JsonToken.START_OBJECT)
                        && parser.nextToken() == null) {
                    return entries;
                }
            }
        } catch (CharacterCodingException | JacksonException e) {
            throw noObject();
        }
        throw noObject();
    }

    private static UnmappedException noObject() {
        return new UnmappedException("its metadata is not a JSON object: add a function that reads it");
    }

    private static Map<String, String> entries(JsonParser parser, String text) {
        Map<String, String> entries = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (!names.add(name)) {
                throw noObject();
            }
            if (value.isStructStart()) {
                int from = offset(parser.currentTokenLocation());
                parser.skipChildren();
                entries.put(name, text.substring(from, offset(parser.currentLocation())));
            } else if (value != JsonToken.VALUE_NULL) {
                // For a number: its digits, unchanged.
                entries.put(name, parser.getString());
            }
        }
        return entries;
    }

    private static int offset(TokenStreamLocation location) {
        return Math.toIntExact(location.getCharOffset());
    }
}
