package io.eventcore.serialization;

import io.eventcore.internal.MapperOnDemand;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DecimalNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import tools.jackson.databind.node.TreeTraversingParser;

/**
 * Reads payloads as trees and writes them, so that what is not changed in a tree comes out as it went in, to the last digit
 * of a number. Safe for any number of threads.
 */
final class Trees {
    /** Of a decimal that is read from the tree; a longer one might be refused as JSON. */
    private static final int MAX_DIGITS = 100;

    private static final JsonFactory JSON = new JsonFactory();

    private final MapperOnDemand mapper;
    private final JsonNodeFactory nodes;

    /** @param mapper that of the events; its settings for trees do not count */
    Trees(JsonMapper mapper) {
        this.mapper = new MapperOnDemand(() -> mapper.rebuild()
                .enable(JsonNodeFeature.WRITE_NULL_PROPERTIES)
                .disable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
                .build());
        this.nodes = JsonNodeFactory.instance;
    }

    /**
     * The tree of a payload. Jackson's own reader would do, but for some doubles, and takes longer.
     *
     * @throws JacksonException if it is not JSON
     * @throws IllegalArgumentException if it is not one JSON value
     */
    JsonNode read(byte[] json) {
        try (JsonParser parser = mapper.get().createParser(json)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new IllegalArgumentException("the payload is empty");
            }
            JsonNode tree = read(first, parser);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("the payload is more than one JSON value");
            }
            return tree;
        }
    }

    /** As deep as the parser allows. */
    private JsonNode read(JsonToken token, JsonParser parser) {
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> nodes.stringNode(parser.getString());
            case VALUE_NUMBER_INT ->
                switch (parser.getNumberType()) {
                    case INT -> nodes.numberNode(parser.getIntValue());
                    case LONG -> nodes.numberNode(parser.getLongValue());
                    default -> nodes.numberNode(parser.getBigIntegerValue());
                };
            case VALUE_NUMBER_FLOAT ->
                isDouble(parser)
                        ? nodes.numberNode(parser.getDoubleValue())
                        : nodes.numberNode(parser.getDecimalValue());
            case VALUE_TRUE -> nodes.booleanNode(true);
            case VALUE_FALSE -> nodes.booleanNode(false);
            case VALUE_NULL -> nodes.nullNode();
            default -> throw new IllegalArgumentException("JSON has no " + token);
        };
    }

    private ObjectNode object(JsonParser parser) {
        ObjectNode object = nodes.objectNode();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            object.set(name, read(parser.nextToken(), parser));
        }
        return object;
    }

    private ArrayNode array(JsonParser parser) {
        ArrayNode array = nodes.arrayNode();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            array.add(read(token, parser));
        }
        return array;
    }

    /**
     * Doubles stay as they are that would come out of a {@code BigDecimal} as something else: {@code -0.0}, which none of
     * these is, and {@code 2.5E17}, which would be written as an integer.
     */
    private static boolean isDouble(JsonParser parser) {
        char[] text = parser.getStringCharacters();
        int begin = parser.getStringOffset();
        boolean exponent = false;
        boolean zero = true;
        for (int i = begin; i < begin + parser.getStringLength(); i++) {
            exponent |= text[i] == 'E';
            zero &= text[i] < '1' || text[i] > '9';
        }
        return (exponent || (zero && text[begin] == '-'))
                && Double.toString(parser.getDoubleValue()).equals(parser.getString());
    }

    byte[] write(JsonNode json) {
        return mapper.get().writeValueAsBytes(json);
    }

    /**
     * Gives a reader a tree as if it were the JSON that {@link #write} makes of it.
     *
     * @param plain a tree that {@linkplain #isPlain is plain}
     */
    static JsonParser parser(JsonNode plain, ObjectReader reader) {
        return new AsWritten(plain, reader.treeAsTokens(plain).objectReadContext());
    }

    /**
     * Whether {@linkplain #parser reading a class from a tree} gives what reading it from the JSON of the tree gives: a tree
     * knows more of what an upcaster has put there than JSON says, and a component without a type would show it. A decimal is
     * plain if its JSON is the digits that it has, with a point among them.
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
        if (json instanceof DecimalNode number) {
            return isDigitsWithAPoint(number.decimalValue());
        }
        return json instanceof StringNode
                || json instanceof IntNode
                || json instanceof BooleanNode
                || json instanceof NullNode;
    }

    /** Neither an integer nor written with an exponent, by what {@link BigDecimal#toString()} says. */
    private static boolean isDigitsWithAPoint(BigDecimal number) {
        int digits = number.precision();
        return number.scale() > 0 && digits - number.scale() >= -5 && digits <= MAX_DIGITS;
    }

    /**
     * Reads a plain tree. Of a decimal it says what a parser of JSON says: some number with a point, which becomes what the
     * reader asks for, and a double if it does not care. What hardly anyone asks for, such a parser answers itself.
     */
    private static final class AsWritten extends TreeTraversingParser {
        private AsWritten(JsonNode plain, ObjectReadContext context) {
            super(plain, context);
        }

        private @Nullable BigDecimal decimal() {
            return currentNode() instanceof DecimalNode number ? number.decimalValue() : null;
        }

        /** A parser at a number. */
        private static JsonParser json(BigDecimal decimal) {
            JsonParser parser = JSON.createParser(ObjectReadContext.empty(), decimal.toString());
            parser.nextToken();
            return parser;
        }

        @Override
        public NumberType getNumberType() {
            return decimal() == null ? super.getNumberType() : NumberType.DOUBLE;
        }

        @Override
        public NumberTypeFP getNumberTypeFP() {
            return decimal() == null ? super.getNumberTypeFP() : NumberTypeFP.UNKNOWN;
        }

        @Override
        public double getDoubleValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getDoubleValue() : decimal.doubleValue();
        }

        @Override
        public float getFloatValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getFloatValue() : decimal.floatValue();
        }

        /** What is buffered, because its type is not known yet, is buffered as digits. */
        @Override
        public Object getNumberValueDeferred() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getNumberValueDeferred() : decimal.toString();
        }

        @Override
        public Number getNumberValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getNumberValue() : json(decimal).getNumberValue();
        }

        @Override
        public Number getNumberValueExact() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getNumberValueExact() : json(decimal).getNumberValueExact();
        }

        @Override
        public BigInteger getBigIntegerValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getBigIntegerValue() : json(decimal).getBigIntegerValue();
        }

        @Override
        public byte getByteValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getByteValue() : json(decimal).getByteValue();
        }

        @Override
        public short getShortValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getShortValue() : json(decimal).getShortValue();
        }

        @Override
        public int getIntValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getIntValue() : json(decimal).getIntValue();
        }

        @Override
        public long getLongValue() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getLongValue() : json(decimal).getLongValue();
        }

        @Override
        public int getValueAsInt() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getValueAsInt() : json(decimal).getValueAsInt();
        }

        @Override
        public int getValueAsInt(int otherwise) {
            BigDecimal decimal = decimal();
            return decimal == null
                    ? super.getValueAsInt(otherwise)
                    : json(decimal).getValueAsInt(otherwise);
        }

        @Override
        public long getValueAsLong() {
            BigDecimal decimal = decimal();
            return decimal == null ? super.getValueAsLong() : json(decimal).getValueAsLong();
        }

        @Override
        public long getValueAsLong(long otherwise) {
            BigDecimal decimal = decimal();
            return decimal == null
                    ? super.getValueAsLong(otherwise)
                    : json(decimal).getValueAsLong(otherwise);
        }
    }
}
