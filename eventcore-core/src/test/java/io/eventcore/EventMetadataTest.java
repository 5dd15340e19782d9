package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventMetadataTest {
    @Test
    void the_two_ids_that_every_reader_asks_for_are_entries_like_all_others() {
        EventMetadata metadata = EventMetadata.empty()
                .withCorrelationId("conversation")
                .withCausationId("cause")
                .with("actor", "ada");

        assertThat(metadata.correlationId()).contains("conversation");
        assertThat(metadata.causationId()).contains("cause");
        assertThat(metadata.entry("actor")).contains("ada");
        assertThat(metadata.entries())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("correlationId", "conversation", "causationId", "cause", "actor", "ada"));
    }

    @Test
    void what_is_not_known_is_empty() {
        assertThat(EventMetadata.empty().isEmpty()).isTrue();
        assertThat(EventMetadata.empty().correlationId()).isEmpty();
        assertThat(EventMetadata.empty().causationId()).isEmpty();
        assertThat(EventMetadata.empty().entry("actor")).isEmpty();
        assertThat(EventMetadata.empty().with("actor", "").isEmpty()).isFalse();
    }

    @Test
    void entries_keep_their_order_and_a_repeated_name_replaces_the_value() {
        EventMetadata metadata =
                EventMetadata.empty().with("b", "1").with("a", "2").with("b", "3");

        assertThat(metadata.entries()).containsExactly(Map.entry("b", "3"), Map.entry("a", "2"));
    }

    @Test
    void the_entries_are_a_copy_that_nobody_can_change() {
        Map<String, String> mine = new LinkedHashMap<>(Map.of("actor", "ada"));
        EventMetadata metadata = new EventMetadata(mine);
        mine.put("actor", "eve");

        assertThat(metadata.entry("actor")).contains("ada");
        assertThat(metadata.entries()).isUnmodifiable();
    }

    @Test
    void a_name_must_not_be_empty() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventMetadata.empty().with("", "value"))
                .withMessage("The name of a metadata entry must not be empty");
    }

    @Test
    void malformed_text_is_refused_without_being_quoted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventMetadata.empty().with("actor", "s3cr3t\uD83D"))
                .withMessage("Value of metadata entry actor must be well-formed Unicode,"
                        + " found an unpaired surrogate at index 6");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventMetadata.empty().with("\uDE00", "value"));
    }

    @Test
    @SuppressWarnings("NullAway")
    void a_missing_value_is_refused_by_the_name_of_its_entry() {
        Map<String, String> missing = new HashMap<>();
        missing.put("actor", null);

        assertThatNullPointerException()
                .isThrownBy(() -> new EventMetadata(missing))
                .withMessage("actor");
    }

    @Test
    void metadata_shows_names_and_no_values() {
        assertThat(EventMetadata.empty().with("actor", "s3cr3t")).hasToString("EventMetadata[actor]");
    }
}
