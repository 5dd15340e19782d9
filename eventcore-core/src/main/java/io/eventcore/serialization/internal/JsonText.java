package io.eventcore.serialization.internal;

import java.io.StringWriter;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.util.TokenBuffer;

/** JSON as a text, by which parts of a larger JSON are sorted and compared. */
final class JsonText {
    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonText() {}

    /** The text of what is written to the generator. */
    static String of(SerializationContext context, Consumer<JsonGenerator> writing) {
        StringWriter text = new StringWriter();
        try (TokenBuffer buffer = context.bufferForValueConversion();
                JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            writing.accept(buffer);
            buffer.serialize(generator);
        }
        return text.toString();
    }

    /** The name of the property that is written to the generator. */
    static String ofName(SerializationContext context, Consumer<JsonGenerator> writing) {
        try (TokenBuffer buffer = context.bufferForValueConversion()) {
            buffer.writeStartObject();
            writing.accept(buffer);
            buffer.writeNull();
            buffer.writeEndObject();
            try (JsonParser parser = buffer.asParser()) {
                parser.nextToken();
                return parser.nextName();
            }
        }
    }
}
