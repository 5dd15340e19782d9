package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.EventMetadata;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts that another layer could take for something else: in stream ids, prefixes, payloads and metadata. */
abstract class StoredTextsContract extends EventStoreFixture {
    @ParameterizedTest
    @MethodSource("hostileIds")
    void a_hostile_stream_id_is_stored_and_found_byte_for_byte(String text) {
        StreamId id = StreamId.of(text);
        store.appendEvents(StreamWrites.to(id, noStream(), deposited(id, 1)));

        assertThat(store.readStream(id, LedgerEvent.class).toList())
                .extracting(event -> event.streamId().value())
                .containsExactly(text);
        assertThat(store.streamIds(StreamPrefix.of(text), StreamIdPage.first(2)))
                .containsExactly(id);
    }

    private static Stream<String> hostileIds() {
        return Stream.of(
                "x'); drop table eventcore_event; --",
                "\"quoted\" `and` 'more'",
                "back\\slash",
                "per%cent_and!bang",
                "emoji \uD83D\uDE00 \uD83D\uDC68\u200D\uD83D\uDC69",
                "e\u0301 decomposed",
                "\u00E9 composed",
                "line\u2028separator",
                "\u202Eright to left",
                "a".repeat(255),
                "\uD83D\uDE00".repeat(255),
                "/path/../like",
                "{curly} $1 :name ?".replace("?", "question"));
    }

    @Test
    void ids_that_look_alike_are_different_streams() {
        List<StreamId> ids = Stream.of(
                        "order-a", "ORDER-A", "ord\u00E9r-a", "orde\u0301r-a", "order-\uFF41", "order-a.")
                .map(StreamId::of)
                .toList();
        ids.forEach(id -> store.appendEvents(StreamWrites.to(id, noStream(), deposited(id, 1))));

        ids.forEach(id -> assertThat(eventsOf(id)).containsExactly(deposited(id, 1)));
    }

    @Test
    void the_characters_of_a_prefix_are_taken_literally() {
        List<StreamId> ids = Stream.of("a_1", "ab1", "a%1", "A_1", "a\\1", "a!1", "x-a_1")
                .map(StreamId::of)
                .toList();
        ids.forEach(id -> store.appendEvents(StreamWrites.to(id, noStream(), deposited(id, 1))));

        for (String prefix : List.of("a_", "ab", "a%", "A_", "a\\", "a!")) {
            assertThat(store.streamIds(StreamPrefix.of(prefix), StreamIdPage.first(10)))
                    .containsExactly(StreamId.of(prefix + "1"));
        }
    }

    @ParameterizedTest
    @MethodSource("hostileTexts")
    void hostile_texts_in_payload_and_metadata_come_back_unchanged(String text) {
        store.appendEvents(StreamWrites.to(ADA, noStream(), new Opened(ADA, text))
                .withMetadata(EventMetadata.empty().with("note", text)));

        RecordedEvent<LedgerEvent> read =
                store.readStream(ADA, LedgerEvent.class).toList().get(0);

        assertThat(read.event()).isEqualTo(new Opened(ADA, text));
        assertThat(read.metadata().entry("note")).contains(text);
    }

    private static Stream<String> hostileTexts() {
        return Stream.of(
                "",
                " ",
                "\u0000 NUL \u0000",
                "\u0001\u001F\u007F\u0085",
                "'; DROP TABLE eventcore_event; --",
                "{\"json\": [1, 2]} \\u0000 \\",
                "\uD83D\uDE00\u2028\u2029\uFFFF",
                "x".repeat(10_000));
    }

    @Test
    void malformed_text_in_a_payload_comes_back_unchanged_and_not_as_a_question_mark() {
        Opened malformed = new Opened(ADA, "lone \uD83D surrogate");

        store.appendEvents(StreamWrites.to(ADA, noStream(), malformed));

        assertThat(eventsOf(ADA)).containsExactly(malformed);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventMetadata.empty().with("note", "lone \uD83D surrogate"));
    }
}
