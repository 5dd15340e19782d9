package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import org.junit.jupiter.api.Test;

/** The stream versions that an append expects, and what happens when one of them differs. */
abstract class ExpectedVersionsContract extends EventStoreFixture {
    @Test
    void append_is_refused_when_a_stream_has_moved_on() {
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1)));

        assertConflict(StreamWrites.to(ADA, noStream(), deposited(ADA, 2)), ADA, 1);

        assertThat(eventsOf(ADA)).containsExactly(deposited(ADA, 1));
    }

    @Test
    void append_is_refused_when_a_stream_is_not_there_yet() {
        assertConflict(StreamWrites.to(ADA, exactly(1), deposited(ADA, 2)), ADA, 0);

        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1)));
        assertConflict(StreamWrites.to(ADA, exactly(2), deposited(ADA, 2)), ADA, 1);
    }

    @Test
    void a_conflict_on_one_stream_writes_to_none() {
        store.appendEvents(StreamWrites.to(BOB, noStream(), deposited(BOB, 1)));

        assertConflict(
                StreamWrites.empty()
                        .registerStream(ADA, noStream())
                        .registerStream(BOB, noStream())
                        .registerStream(EVE, noStream())
                        .append(deposited(ADA, 2))
                        .append(deposited(BOB, 2))
                        .append(deposited(EVE, 2)),
                BOB,
                1);

        assertThat(eventsOf(ADA)).isEmpty();
        assertThat(eventsOf(BOB)).containsExactly(deposited(BOB, 1));
        assertThat(eventsOf(EVE)).isEmpty();
        store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(EVE, noStream())
                .append(deposited(ADA, 3))
                .append(deposited(EVE, 3)));
    }

    @Test
    void of_several_conflicts_the_first_in_the_order_of_ids_is_named() {
        store.appendEvents(StreamWrites.to(EVE, noStream(), deposited(EVE, 1)));
        store.appendEvents(StreamWrites.to(BOB, noStream(), deposited(BOB, 1)));

        assertConflict(
                StreamWrites.empty()
                        .registerStream(EVE, noStream())
                        .registerStream(BOB, exactly(4))
                        .append(deposited(EVE, 2)),
                BOB,
                1);
    }

    @Test
    void a_stream_that_is_only_read_is_checked_too() {
        store.appendEvents(StreamWrites.to(BOB, noStream(), deposited(BOB, 1)));

        StreamWrites stale = StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(BOB, noStream())
                .append(deposited(ADA, 2));
        assertConflict(stale, BOB, 1);
        assertThat(eventsOf(ADA)).isEmpty();

        store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(BOB, exactly(1))
                .registerStream(EVE, noStream())
                .append(deposited(ADA, 3)));
        assertThat(eventsOf(ADA)).containsExactly(deposited(ADA, 3));
        assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void an_append_without_events_checks_the_versions_all_the_same() {
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1)));

        EventStreamSlice slice = store.appendEvents(
                StreamWrites.empty().registerStream(ADA, exactly(1)).registerStream(BOB, noStream()));

        assertThat(slice.isEmpty()).isTrue();
        assertThat(slice.lastPosition()).isEqualTo(GlobalPosition.START);
        assertConflict(StreamWrites.empty().registerStream(ADA, exactly(2)), ADA, 1);
        assertConflict(StreamWrites.empty().registerStream(BOB, streamExists()), BOB, 0);
        assertThat(store.appendEvents(StreamWrites.empty()).isEmpty()).isTrue();
    }

    @Test
    void a_stream_that_somebody_relied_on_but_nobody_wrote_does_not_exist() {
        store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(BOB, noStream())
                .append(deposited(ADA, 1)));

        assertThat(store.streamVersion(BOB)).isEqualTo(StreamVersion.NONE);
        assertThat(store.readStream(BOB, LedgerEvent.class).version()).isEqualTo(StreamVersion.NONE);
        assertThat(store.streamIds(StreamPrefix.of("account-"), StreamIdPage.first(10)))
                .containsExactly(ADA);
        assertConflict(StreamWrites.to(BOB, streamExists(), deposited(BOB, 2)), BOB, 0);
        EventStreamSlice slice = store.appendEvents(StreamWrites.to(BOB, any(), deposited(BOB, 3)));
        assertThat(slice.events().get(0).version()).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void a_stream_may_be_expected_to_exist_in_whatever_version() {
        assertConflict(StreamWrites.to(ADA, streamExists(), deposited(ADA, 1)), ADA, 0);
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1), deposited(ADA, 2)));

        EventStreamSlice slice = store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, streamExists())
                .registerStream(BOB, noStream())
                .append(deposited(ADA, 3))
                .append(deposited(BOB, 3)));
        store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, streamExists())
                .registerStream(EVE, noStream())
                .append(deposited(EVE, 1)));

        assertThat(slice.events().get(0).version()).isEqualTo(StreamVersion.of(3));
        assertThat(cents(store.readStream(ADA, LedgerEvent.class).toList())).containsExactly(1L, 2L, 3L);
    }

    @Test
    void a_stream_may_be_written_in_any_version() {
        store.appendEvents(StreamWrites.to(ADA, any(), deposited(ADA, 1)));
        EventStreamSlice slice = store.appendEvents(StreamWrites.to(ADA, any(), deposited(ADA, 2), deposited(ADA, 3)));

        assertThat(slice.events()).extracting(event -> event.version().value()).containsExactly(2L, 3L);
        assertThat(cents(store.readStream(ADA, LedgerEvent.class).toList())).containsExactly(1L, 2L, 3L);
    }

    @Test
    void any_version_of_a_stream_that_is_not_written_is_no_expectation() {
        StreamWrites pointless = StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(BOB, any())
                .append(deposited(ADA, 1));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.appendEvents(pointless))
                .withMessageContaining("account-bob");
        assertThat(eventsOf(ADA)).isEmpty();
    }

    @Test
    void a_version_that_no_stream_will_ever_have_is_a_conflict() {
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1)));

        for (long version : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1}) {
            assertConflict(StreamWrites.to(ADA, exactly(version), deposited(ADA, 2)), ADA, 1);
            assertConflict(StreamWrites.to(BOB, exactly(version), deposited(BOB, 2)), BOB, 0);
            assertConflict(StreamWrites.empty().registerStream(ADA, exactly(version)), ADA, 1);
        }
    }
}
