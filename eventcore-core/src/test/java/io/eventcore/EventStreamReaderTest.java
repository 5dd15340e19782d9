package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.BankEvent.Deposited;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventStreamReaderTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    @Test
    void the_version_is_known_before_an_event_is_read() {
        EventStreamReader<BankEvent> reader = EventStreamReader.of(Map.of(ADA, StreamVersion.of(7)), () -> {
            throw new AssertionError("no events were asked for");
        });

        assertThat(reader.version()).isEqualTo(StreamVersion.of(7));
        assertThat(reader.version(ADA)).isEqualTo(StreamVersion.of(7));
    }

    @Test
    void of_several_streams_each_has_its_own_version() {
        EventStreamReader<BankEvent> reader =
                EventStreamReader.of(Map.of(ADA, StreamVersion.of(7), BOB, StreamVersion.NONE), List.of());

        assertThat(reader.version(BOB)).isEqualTo(StreamVersion.NONE);
        assertThat(reader.versions()).hasSize(2).isUnmodifiable();
        assertThatIllegalStateException().isThrownBy(reader::version).withMessageContaining("2 streams");
    }

    @Test
    void a_stream_that_was_not_read_has_no_version() {
        EventStreamReader<BankEvent> reader = EventStreamReader.of(Map.of(ADA, StreamVersion.NONE), List.of());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> reader.version(BOB))
                .withMessage("Stream 'account-bob' is not part of this read");
    }

    @Test
    void events_are_folded_listed_and_streamed_in_their_order_as_often_as_wanted() {
        EventStreamReader<BankEvent> reader = EventStreamReader.of(
                Map.of(ADA, StreamVersion.of(3)), List.of(deposited(1), deposited(2), deposited(3)));

        for (int round = 0; round < 2; round++) {
            assertThat(reader.fold("", (text, event) -> text + ((Deposited) event).cents()))
                    .isEqualTo("123");
            assertThat(reader.toList()).hasSize(3);
            assertThat(reader.stream().map(event -> event.version().value())).containsExactly(1L, 2L, 3L);
        }
    }

    @Test
    void the_fold_of_no_event_is_the_initial_state() {
        EventStreamReader<BankEvent> reader = EventStreamReader.of(Map.of(ADA, StreamVersion.NONE), List.of());

        assertThat(reader.<String>fold("nothing", (text, event) -> "something")).isEqualTo("nothing");
    }

    @Test
    void the_versions_are_a_copy() {
        Map<StreamId, StreamVersion> mine = new HashMap<>(Map.of(ADA, StreamVersion.of(1)));
        EventStreamReader<BankEvent> reader = EventStreamReader.of(mine, List.of());
        mine.put(ADA, StreamVersion.of(2));

        assertThat(reader.version()).isEqualTo(StreamVersion.of(1));
    }

    private static RecordedEvent<BankEvent> deposited(long number) {
        return RecordedEvent.of(
                new Deposited(ADA, number),
                EventIds.next(),
                ADA,
                StreamVersion.of(number),
                GlobalPosition.of(number),
                "Deposited",
                EventMetadata.empty(),
                Instant.EPOCH);
    }
}
