package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendedEvent;
import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What an append stores and what it returns. */
abstract class AppendedEventsContract extends EventStoreFixture {
    @Test
    void an_appended_event_is_read_back_as_it_was() {
        EventMetadata metadata = EventMetadata.empty()
                .withCorrelationId("c-1")
                .withCausationId("cause")
                .with("actor", "Zoë \"☃\" \\");
        NewEvent opened = new NewEvent(UUID.randomUUID(), ADA, new Opened(ADA, "Ada"));

        EventStreamSlice slice = store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, noStream())
                .append(opened)
                .withMetadata(metadata));

        RecordedEvent<LedgerEvent> read =
                store.readStream(ADA, LedgerEvent.class).toList().get(0);
        assertThat(read.event()).isEqualTo(new Opened(ADA, "Ada"));
        assertThat(read.id()).isEqualTo(opened.id());
        assertThat(read.streamId()).isEqualTo(ADA);
        assertThat(read.version()).isEqualTo(StreamVersion.of(1));
        assertThat(read.typeName()).isEqualTo("ledger.opened");
        assertThat(read.metadata()).isEqualTo(metadata);
        assertThat(read.position()).isEqualTo(slice.lastPosition()).isGreaterThan(GlobalPosition.START);
        assertThat(read.recordedAt()).isEqualTo(read.recordedAt().truncatedTo(ChronoUnit.MICROS));
    }

    @Test
    void a_slice_tells_id_stream_version_and_position_of_each_event_in_the_order_given() {
        store.appendEvents(StreamWrites.to(BOB, noStream(), deposited(BOB, 1)));

        EventStreamSlice slice = store.appendEvents(StreamWrites.empty()
                .registerStream(BOB, exactly(1))
                .registerStream(ADA, noStream())
                .append(deposited(BOB, 2))
                .append(deposited(ADA, 3))
                .append(deposited(BOB, 4)));

        assertThat(slice.events()).extracting(AppendedEvent::streamId).containsExactly(BOB, ADA, BOB);
        assertThat(slice.events()).extracting(event -> event.version().value()).containsExactly(2L, 1L, 3L);
        assertThat(slice.events())
                .extracting(AppendedEvent::position)
                .isSorted()
                .doesNotHaveDuplicates();
        List<RecordedEvent<LedgerEvent>> read = readBoth(ADA, BOB);
        assertThat(slice.events())
                .extracting(AppendedEvent::id)
                .containsExactlyElementsOf(
                        read.subList(1, 4).stream().map(RecordedEvent::id).toList());
        assertThat(slice.lastPosition()).isEqualTo(read.get(3).position());
    }

    @Test
    void events_of_one_append_get_consecutive_versions_and_ascending_positions() {
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1), deposited(ADA, 2), deposited(ADA, 3)));
        store.appendEvents(StreamWrites.to(ADA, exactly(3), deposited(ADA, 4)));

        List<RecordedEvent<LedgerEvent>> events =
                store.readStream(ADA, LedgerEvent.class).toList();

        assertThat(events).extracting(event -> event.version().value()).containsExactly(1L, 2L, 3L, 4L);
        assertThat(events).extracting(RecordedEvent::position).isSorted().doesNotHaveDuplicates();
        assertThat(cents(events)).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void one_append_writes_to_several_streams() {
        store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, noStream())
                .registerStream(BOB, noStream())
                .append(new Withdrawn(ADA, 5))
                .append(new Deposited(BOB, 5)));

        assertThat(eventsOf(ADA)).containsExactly(new Withdrawn(ADA, 5));
        assertThat(eventsOf(BOB)).containsExactly(new Deposited(BOB, 5));
    }

    @Test
    void the_stream_an_event_is_stored_in_counts_not_the_one_it_names() {
        store.appendEvents(StreamWrites.empty()
                .registerStream(BOB, noStream())
                .append(BOB, new Deposited(ADA, 7))
                .append(BOB, new Audited("knows no stream")));

        List<RecordedEvent<Event>> events = store.readStream(BOB, Event.class).toList();

        assertThat(events).extracting(RecordedEvent::streamId).containsExactly(BOB, BOB);
        assertThat(events)
                .extracting(RecordedEvent::event)
                .containsExactly(new Deposited(ADA, 7), new Audited("knows no stream"));
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void an_event_can_have_metadata_of_its_own_beside_that_of_the_append() {
        EventMetadata common = EventMetadata.empty().with("actor", "ada").with("tenant", "north");
        // Stores write one event, a few and many in different ways.
        for (int count : new int[] {1, 3, 10}) {
            StreamId account = StreamId.of("account-" + count);
            StreamWrites writes =
                    StreamWrites.empty().registerStream(account, noStream()).withMetadata(common);
            List<EventMetadata> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                EventMetadata own = i % 3 == 1
                        ? EventMetadata.empty()
                        : EventMetadata.empty().with("number", "own-" + i).with("actor", "actor-" + i);
                writes = writes.append(new NewEvent(new UUID(count, i), account, deposited(account, i), own));
                expected.add(own.withDefaults(common));
            }

            store.appendEvents(writes);

            assertThat(store.readStream(account, LedgerEvent.class).stream().map(RecordedEvent::metadata))
                    .containsExactlyElementsOf(expected);
        }
    }

    @Test
    void ten_thousand_events_for_a_hundred_streams_are_one_append() {
        StreamWrites writes = StreamWrites.empty();
        for (int stream = 0; stream < 100; stream++) {
            writes = writes.registerStream(StreamId.of("bulk-" + stream), noStream());
        }
        for (int i = 0; i < 10_000; i++) {
            writes = writes.append(deposited(StreamId.of("bulk-" + i % 100), i));
        }

        EventStreamSlice slice = store.appendEvents(writes);

        assertThat(slice.events()).hasSize(10_000);
        assertThat(slice.events())
                .extracting(AppendedEvent::position)
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(cents(store.readStream(StreamId.of("bulk-42"), LedgerEvent.class)
                        .toList()))
                .containsExactlyElementsOf(
                        LongStream.range(0, 100).map(i -> i * 100 + 42).boxed().toList());
    }

    private List<RecordedEvent<LedgerEvent>> readBoth(StreamId one, StreamId other) {
        return store.readStreams(Map.of(one, StreamVersion.NONE, other, StreamVersion.NONE), LedgerEvent.class)
                .toList();
    }
}
