package io.eventcore.transfer;

import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.serialization.internal.MetadataJson;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;

/**
 * The lines of an export, each one JSON object with its members in one order and no white space between them:
 *
 * <pre>{@code
 * {"format":"eventcore-log","version":2,"upTo":2}
 * {"hash":"..","position":1,"stream":"cart-7","version":1,"id":"..","type":"..","recordedAt":"..","metadata":{..},"tags":["course:c1"],"payload":..}
 * {"end":{"events":1,"position":2,"sha256":".."}}
 * }</pre>
 *
 * <p>A payload that is JSON on one line stands there as it is stored; any other is a text: {@code "payloadText"}. What
 * comes after the hash is what the hash is made of. An event without tags has no such member. A file of version 1 does not
 * tell of tags: it was written from a source that knows of none.
 */
final class LogLines {
    /** The version of the format that tells the tags of events. */
    static final int VERSION = 2;

    /** The version of the format that does not. */
    static final int WITHOUT_TAGS = 1;

    /**
     * How long a line may be: as long as an array. The largest event that {@link io.eventcore.AppendLimits} let in is
     * shorter, even if each byte of its payload has to be written as six; so what can be appended can be exported.
     */
    static final int MAX_BYTES = Integer.MAX_VALUE - 1_024;

    static final String FORMAT = "{\"format\":\"eventcore-log\",\"version\":";
    static final String UP_TO = ",\"upTo\":";
    static final String HASH = "{\"hash\":\"";
    static final String POSITION = "\"position\":";
    static final String STREAM = ",\"stream\":";
    static final String STREAM_VERSION = ",\"version\":";
    static final String ID = ",\"id\":";
    static final String TYPE = ",\"type\":";
    static final String RECORDED_AT = ",\"recordedAt\":";
    static final String METADATA = ",\"metadata\":";
    static final String TAGS = ",\"tags\":[";
    static final String PAYLOAD = ",\"payload\":";
    static final String PAYLOAD_TEXT = ",\"payloadText\":";
    static final String END = "{\"end\":{\"events\":";
    static final String END_POSITION = ",\"position\":";
    static final String END_HASH = ",\"sha256\":";

    /** The first byte of one. */
    private static final byte BYTE_ORDER_MARK = (byte) 0xEF;

    private static final JsonStringEncoder QUOTES = JsonStringEncoder.getInstance();

    /** Without bounds of its own: lines have one. */
    static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private LogLines() {}

    static byte[] header(GlobalPosition upTo, boolean tellsTags) {
        return utf8(FORMAT + (tellsTags ? VERSION : WITHOUT_TAGS) + UP_TO + upTo.value() + "}");
    }

    static byte[] trailer(long events, GlobalPosition last, String sha256) {
        return utf8(END + events + END_POSITION + last.value() + END_HASH + "\"" + sha256 + "\"}}");
    }

    /** What stands in the line of an event after its hash, in parts: a payload that is written as it is, is not copied. */
    static List<byte[]> event(ExportedEvent event) {
        boolean plain = isOneLineOfJson(event.payload());
        StringBuilder line = new StringBuilder(256);
        line.append(POSITION).append(event.position().value());
        quoted(line.append(STREAM), event.streamId().value());
        line.append(STREAM_VERSION).append(event.version().value());
        quoted(line.append(ID), event.id().toString());
        quoted(line.append(TYPE), event.typeName());
        quoted(line.append(RECORDED_AT), event.recordedAt().toString());
        line.append(METADATA).append(MetadataJson.write(event.metadata()));
        String before = TAGS;
        for (EventTag tag : event.tags()) {
            quoted(line.append(before), tag.toString());
            before = ",";
        }
        if (!event.tags().isEmpty()) {
            line.append(']');
        }
        if (plain) {
            return checked(event, List.of(utf8(line.append(PAYLOAD).toString()), event.payload(), utf8("}")));
        }
        quoted(line.append(PAYLOAD_TEXT), text(event));
        return checked(event, List.of(utf8(line.append('}').toString())));
    }

    private static List<byte[]> checked(ExportedEvent event, List<byte[]> parts) {
        long bytes = parts.stream().mapToLong(part -> part.length).sum();
        if (bytes > MAX_BYTES - 64) {
            throw new TransferFileException(
                    0, "The event at position %s has more than %d bytes".formatted(event.position(), MAX_BYTES), null);
        }
        return parts;
    }

    private static String text(ExportedEvent event) {
        if (event.payload().length == 0) {
            throw new TransferFileException(
                    0,
                    "The event at position %s has no bytes: a store that keeps events as objects cannot be exported"
                            .formatted(event.position()),
                    null);
        }
        return textOf(event.payload())
                .orElseThrow(() -> new TransferFileException(
                        0, "The payload of the event at position %s is not UTF-8".formatted(event.position()), null));
    }

    private static Optional<String> textOf(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static void quoted(StringBuilder line, String text) {
        QUOTES.quoteAsString(text, line.append('"'));
        line.append('"');
    }

    /** Whether a payload is one JSON value in well-formed UTF-8, without line breaks and white space around it. */
    static boolean isOneLineOfJson(byte[] payload) {
        if (payload.length == 0 || isWhiteSpaceOrMark(payload[0]) || isWhiteSpaceOrMark(payload[payload.length - 1])) {
            return false;
        }
        boolean ascii = true;
        for (byte b : payload) {
            if (b == '\n' || b == '\r') {
                return false;
            }
            ascii &= b >= 0;
        }
        return isJson(payload) && (ascii || textOf(payload).isPresent());
    }

    private static boolean isWhiteSpaceOrMark(byte b) {
        return b <= ' ';
    }

    private static boolean isJson(byte[] payload) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), payload)) {
            parser.nextToken();
            parser.skipChildren();
            parser.finishToken();
            return parser.currentToken() != null && parser.nextToken() == null;
        } catch (JacksonException e) {
            return false;
        }
    }

    private static boolean holdsZero(byte[] payload) {
        for (byte b : payload) {
            if (b == 0) {
                return true;
            }
        }
        return false;
    }

    /** How deeply a payload is nested, 0 for a single value; -1 if it is not JSON in well-formed UTF-8. */
    static int jsonDepth(byte[] payload) {
        // The parser would pass over a mark, and take UTF-16 too.
        if (payload.length == 0 || payload[0] == BYTE_ORDER_MARK || holdsZero(payload)) {
            return -1;
        }
        if (!isJson(payload) || textOf(payload).isEmpty()) {
            return -1;
        }
        int depth = 0;
        int deepest = 0;
        boolean quoted = false;
        for (int i = 0; i < payload.length; i++) {
            switch (payload[i]) {
                case '"' -> quoted = !quoted;
                case '\\' -> i++;
                case '[', '{' -> depth += quoted ? 0 : 1;
                case ']', '}' -> depth -= quoted ? 0 : 1;
                default -> {
                    continue;
                }
            }
            deepest = Math.max(deepest, depth);
        }
        return deepest;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
