package io.eventcore.personaldata;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Replaces values in JSON. */
final class PersonalJson {
    static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNumberLength(Integer.MAX_VALUE)
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNameLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private PersonalJson() {}

    /**
     * The JSON with other values at some places; everything else stays as it is, numbers digit by digit.
     *
     * @param values JSON by the place where it belongs, as a JSON pointer, in the order of the places
     * @throws IllegalArgumentException if one of these places does not exist
     */
    static byte[] with(Map<String, byte[]> values, byte[] json) {
        if (values.isEmpty()) {
            return json;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + 64);
        Iterator<Map.Entry<String, byte[]>> left = values.entrySet().iterator();
        try (JsonParser parser = MAPPER.createParser(json);
                JsonGenerator generator = MAPPER.createGenerator(out)) {
            Map.Entry<String, byte[]> next = left.next();
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (next != null && startsValue(token) && next.getKey().equals(place(parser, token))) {
                    generator.writeRawValue(new String(next.getValue(), StandardCharsets.UTF_8));
                    parser.skipChildren();
                    next = left.hasNext() ? left.next() : null;
                } else if (token.isNumeric()) {
                    generator.writeNumber(parser.getString());
                } else {
                    generator.copyCurrentEvent(parser);
                }
            }
            if (next != null) {
                throw new IllegalArgumentException("There is no value at " + next.getKey());
            }
        }
        return out.toByteArray();
    }

    /** Every text, number and name of a property, numbers digit by digit, without white space around it. */
    static Set<String> texts(byte[] json) {
        Set<String> texts = new HashSet<>();
        try (JsonParser parser = MAPPER.createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.PROPERTY_NAME || token == JsonToken.VALUE_STRING || token.isNumeric()) {
                    texts.add(parser.getString().strip());
                }
            }
        }
        return texts;
    }

    private static boolean startsValue(JsonToken token) {
        return token.isScalarValue() || token.isStructStart();
    }

    private static @Nullable String place(JsonParser parser, JsonToken token) {
        TokenStreamContext context = parser.streamReadContext();
        TokenStreamContext around = token.isStructStart() ? context.getParent() : context;
        return around == null ? null : around.pathAsPointer().toString();
    }
}
