package io.eventcore.serialization;

import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.util.JsonParserDelegate;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Reads payloads as trees and writes them, so that what is not changed in a tree comes out as it went in, to the last digit
 * of a number. Safe for any number of threads.
 */
final class Trees {
    private final JsonMapper mapper;
    private final ObjectReader reader;
    private final ObjectWriter writer;

    /** @param mapper that of the events; its settings for trees do not count */
    Trees(JsonMapper mapper) {
        this.mapper = mapper.rebuild()
                .enable(
                        DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
                .enable(JsonNodeFeature.READ_NULL_PROPERTIES, JsonNodeFeature.WRITE_NULL_PROPERTIES)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES, JsonNodeFeature.WRITE_PROPERTIES_SORTED)
                .build();
        this.reader = this.mapper.readerFor(JsonNode.class);
        this.writer = this.mapper.writer();
    }

    JsonNode read(byte[] json) {
        try (JsonParser parser = new KeepingDoubles(mapper.createParser(json))) {
            return reader.readValue(parser);
        }
    }

    byte[] write(JsonNode json) {
        return writer.writeValueAsBytes(json);
    }

    /**
     * Whether reading a class from a tree gives what reading it from the JSON of the tree gives: a tree knows more of its
     * decimals, and of what an upcaster has put there, than JSON says, and a component without a type would show it.
     */
    static boolean isPlain(JsonNode json) {
        if (json instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> property : object.properties()) {
                if (!isPlain(property.getValue())) {
                    return false;
                }
            }
            return true;
        }
        if (json instanceof ArrayNode array) {
            for (JsonNode element : array) {
                if (!isPlain(element)) {
                    return false;
                }
            }
            return true;
        }
        if (json instanceof LongNode number) {
            return number.longValue() != (int) number.longValue();
        }
        return json instanceof StringNode
                || json instanceof IntNode
                || json instanceof BooleanNode
                || json instanceof NullNode;
    }

    /**
     * Keeps doubles as they are that would come out of a tree of {@code BigDecimal}s as something else: {@code -0.0}, which
     * none of these is, and {@code 2.5E17}, which would be written as an integer.
     */
    private static final class KeepingDoubles extends JsonParserDelegate {
        private KeepingDoubles(JsonParser parser) {
            super(parser);
        }

        /** Asked by the tree before it takes a number as a BigDecimal; what is none becomes a double. */
        @Override
        public boolean isNaN() {
            return super.isNaN()
                    || (mayBeSpecial() && Double.toString(getDoubleValue()).equals(getString()));
        }

        private boolean mayBeSpecial() {
            char[] text = getStringCharacters();
            int end = getStringOffset() + getStringLength();
            for (int i = getStringOffset(); i < end; i++) {
                if (text[i] == 'E' || text[i] == '-') {
                    return true;
                }
            }
            return false;
        }
    }
}
