package io.eventcore.serialization.internal;

import io.eventcore.EventMetadata;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** The stored form of metadata: one flat JSON object of strings. */
public final class MetadataJson {
    private static final TypeReference<LinkedHashMap<String, String>> ENTRIES = new TypeReference<>() {};

    /** A mapper of our own: settings of the application must not change how old metadata is read. */
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .recyclerPool(JsonRecyclerPools.threadLocalPool())
                    // What an append was allowed to store can be read, whatever a parser takes by default.
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNameLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    private static final ObjectWriter WRITER = MAPPER.writerFor(ENTRIES);
    private static final ObjectReader READER = MAPPER.readerFor(ENTRIES);

    private MetadataJson() {}

    /** The JSON of this metadata. */
    public static String write(EventMetadata metadata) {
        return WRITER.writeValueAsString(new LinkedHashMap<>(metadata.entries()));
    }

    /** The metadata of this JSON in UTF-8; no bytes stand for none. */
    public static EventMetadata read(byte[] json) {
        if (json.length == 0) {
            return EventMetadata.empty();
        }
        Map<String, String> entries = READER.readValue(json);
        return new EventMetadata(entries);
    }

    /** How many bytes the JSON has in UTF-8. */
    public static int sizeOf(String json) {
        return json.getBytes(StandardCharsets.UTF_8).length;
    }
}
