package io.eventcore.serialization.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventMetadata;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MetadataJsonTest {
    @Property(tries = 300)
    void what_is_read_equals_what_was_written(@ForAll @Size(max = 5) Map<@NotEmpty String, String> entries) {
        boolean wellFormed = entries.entrySet().stream()
                .allMatch(entry ->
                        StandardCharsets.UTF_16.newEncoder().canEncode(entry.getKey() + "|" + entry.getValue()));
        if (wellFormed) {
            EventMetadata metadata = new EventMetadata(entries);

            assertThat(MetadataJson.read(MetadataJson.write(metadata).getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(metadata);
        }
    }

    @Test
    void no_json_is_no_metadata() {
        assertThat(MetadataJson.read(new byte[0])).isEqualTo(EventMetadata.empty());
    }

    @Test
    void the_size_counts_bytes_and_not_characters() {
        String json = MetadataJson.write(EventMetadata.empty().with("a", "\u20AC"));

        assertThat(json).isEqualTo("{\"a\":\"\u20AC\"}");
        assertThat(MetadataJson.sizeOf(json)).isEqualTo(11);
    }
}
