package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStreamSlice;
import io.eventcore.NewEvent;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** An append that is sent again, because its answer was lost or because several threads send it. */
abstract class RepeatedAppendsContract extends EventStoreFixture {
    @Test
    void a_repeated_append_returns_the_first_result_and_writes_nothing() {
        StreamWrites writes = StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(BOB, noStream())
                .append(deposited(ADA, 1))
                .append(deposited(BOB, 1))
                .append(deposited(ADA, 2));
        EventStreamSlice first = store.appendEvents(writes);
        store.appendEvents(StreamWrites.to(ADA, exactly(2), deposited(ADA, 3)));

        EventStreamSlice again = store.appendEvents(writes);

        assertThat(again).isEqualTo(first);
        assertThat(cents(store.readStream(ADA, LedgerEvent.class).toList())).containsExactly(1L, 2L, 3L);
        assertThat(cents(store.readStream(BOB, LedgerEvent.class).toList())).containsExactly(1L);
    }

    @Test
    void a_repeated_append_is_recognised_although_a_stream_it_relied_on_moved_on() {
        StreamWrites writes = StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(BOB, noStream())
                .append(deposited(BOB, 1));
        EventStreamSlice first = store.appendEvents(writes);
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1)));

        assertThat(store.appendEvents(writes)).isEqualTo(first);
    }

    @Test
    void an_append_that_is_stored_in_part_only_is_a_conflict() {
        NewEvent known = new NewEvent(UUID.randomUUID(), ADA, deposited(ADA, 1));
        store.appendEvents(StreamWrites.empty().registerStream(ADA, noStream()).append(known));

        assertConflict(
                StreamWrites.empty()
                        .registerStream(ADA, noStream())
                        .append(known)
                        .append(deposited(ADA, 2)),
                ADA,
                1);
    }

    @Test
    void the_same_append_sent_several_times_at_once_is_stored_once_and_answered_alike() {
        for (int round = 0; round < 5; round++) {
            StreamWrites writes = StreamWrites.empty()
                    .registerStream(ADA, exactly(2L * round))
                    .registerStream(BOB, exactly(round))
                    .append(deposited(ADA, 1))
                    .append(deposited(BOB, 1))
                    .append(deposited(ADA, 2));

            List<EventStreamSlice> answers = Race.run(4, number -> store.appendEvents(writes));

            assertThat(answers).containsOnly(answers.get(0));
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(2L * round + 2));
            assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.of(round + 1L));
        }
    }
}
