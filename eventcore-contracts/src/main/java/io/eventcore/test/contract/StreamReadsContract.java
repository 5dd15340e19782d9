package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventStreamReader;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reading one stream or several together, and listing the ids of those that exist. */
abstract class StreamReadsContract extends EventStoreFixture {
    @Test
    void a_stream_that_does_not_exist_reads_as_no_events_at_version_zero() {
        EventStreamReader<LedgerEvent> reader = store.readStream(ADA, LedgerEvent.class);

        assertThat(reader.version()).isEqualTo(StreamVersion.NONE);
        assertThat(reader.toList()).isEmpty();
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void a_stream_is_read_after_a_version() {
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1), deposited(ADA, 2), deposited(ADA, 3)));

        EventStreamReader<LedgerEvent> tail = store.readStreamAfter(ADA, StreamVersion.of(2), LedgerEvent.class);

        assertThat(cents(tail.toList())).containsExactly(3L);
        assertThat(tail.version()).isEqualTo(StreamVersion.of(3));
        assertThat(store.readStreamAfter(ADA, StreamVersion.of(3), LedgerEvent.class)
                        .toList())
                .isEmpty();
        EventStreamReader<LedgerEvent> beyond = store.readStreamAfter(ADA, StreamVersion.of(9), LedgerEvent.class);
        assertThat(beyond.toList()).isEmpty();
        assertThat(beyond.version()).isEqualTo(StreamVersion.of(3));
    }

    @Test
    void several_streams_are_read_together_in_global_order_each_after_its_own_version() {
        for (int i = 1; i <= 4; i++) {
            store.appendEvents(StreamWrites.to(ADA, exactly(i - 1), deposited(ADA, i)));
            store.appendEvents(StreamWrites.to(BOB, exactly(i - 1), deposited(BOB, 10L * i)));
        }

        EventStreamReader<LedgerEvent> reader = store.readStreams(
                Map.of(ADA, StreamVersion.of(1), BOB, StreamVersion.of(2), EVE, StreamVersion.NONE), LedgerEvent.class);

        assertThat(cents(reader.toList())).containsExactly(2L, 3L, 30L, 4L, 40L);
        assertThat(reader.version(ADA)).isEqualTo(StreamVersion.of(4));
        assertThat(reader.version(BOB)).isEqualTo(StreamVersion.of(4));
        assertThat(reader.version(EVE)).isEqualTo(StreamVersion.NONE);
        assertThat(store.readStreams(Map.of(), LedgerEvent.class).toList()).isEmpty();
    }

    @Test
    void long_streams_are_read_whole_and_in_order_again_and_again() {
        int events = 2_500;
        appendMany(ADA, events);
        appendMany(BOB, events);
        appendMany(EVE, 3);

        EventStreamReader<LedgerEvent> one = store.readStream(ADA, LedgerEvent.class);
        EventStreamReader<LedgerEvent> three = store.readStreams(
                Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE, EVE, StreamVersion.NONE), LedgerEvent.class);

        for (int round = 0; round < 2; round++) {
            assertThat(cents(one.toList()))
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, events).boxed().toList());
            List<RecordedEvent<LedgerEvent>> merged = three.toList();
            assertThat(merged).hasSize(2 * events + 3);
            assertThat(merged).extracting(RecordedEvent::position).isSorted().doesNotHaveDuplicates();
        }
        assertThat(one.fold(0L, (sum, event) -> sum + ((Deposited) event).cents()))
                .isEqualTo(events * (events + 1L) / 2);
    }

    @Test
    void streams_of_small_and_large_events_are_read_whole_and_in_order() {
        Random random = new Random(20_260_103);
        List<Event> appended = new ArrayList<>();
        Map<StreamId, StreamVersion> streams = new HashMap<>();
        for (int i = 0; i < 40; i++) {
            StreamId account = StreamId.of("account-" + random.nextInt(3));
            Event event = new Opened(account, "x".repeat(1 << random.nextInt(20)) + i);
            store.appendEvents(StreamWrites.to(account, any(), event));
            appended.add(event);
            streams.put(account, StreamVersion.NONE);
        }

        EventStreamReader<Event> all = store.readStreams(streams, Event.class);
        assertThat(all).extracting(RecordedEvent::event).containsExactlyElementsOf(appended);
        assertThat(all).as("once more").extracting(RecordedEvent::event).containsExactlyElementsOf(appended);
        streams.keySet()
                .forEach(id -> assertThat(store.readStream(id, Event.class))
                        .extracting(RecordedEvent::event)
                        .containsExactlyElementsOf(appended.stream()
                                .filter(event -> event.streamId().equals(id))
                                .toList()));
    }

    @Test
    void what_is_appended_after_a_read_began_is_not_part_of_it() {
        appendMany(ADA, 1_200);
        EventStreamReader<LedgerEvent> reader =
                store.readStreams(Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE), LedgerEvent.class);

        Iterator<RecordedEvent<LedgerEvent>> events = reader.iterator();
        events.next();
        store.appendEvents(StreamWrites.to(ADA, exactly(1_200), deposited(ADA, 1_201)));
        store.appendEvents(StreamWrites.to(BOB, noStream(), deposited(BOB, 1)));
        List<Long> rest = new ArrayList<>();
        events.forEachRemaining(event -> rest.add(cents(event.event())));

        assertThat(rest)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(2, 1_200).boxed().toList());
        assertThat(reader.version(ADA)).isEqualTo(StreamVersion.of(1_200));
        assertThat(reader.version(BOB)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void two_thousand_streams_are_one_consistent_cut() {
        int count = 2_000;
        List<StreamId> ids = IntStream.range(0, count)
                .mapToObj(i -> StreamId.of("account-" + i))
                .toList();
        appendToEvery(10, ids);
        Map<StreamId, StreamVersion> all = new HashMap<>();
        ids.forEach(id -> all.put(id, StreamVersion.NONE));
        all.put(ids.get(10), StreamVersion.of(1));
        AtomicBoolean done = new AtomicBoolean();
        Race.run(List.of(
                () -> {
                    for (int i = 0; i < 200 && !done.get(); i++) {
                        appendToEvery(100, ids);
                    }
                    return true;
                },
                () -> {
                    try {
                        for (int i = 0; i < 3; i++) {
                            assertOneCut(store.readStreams(all, Event.class), ids);
                        }
                    } finally {
                        done.set(true);
                    }
                    return true;
                }));

        assertThat(store.readStreams(all, Event.class).stream()
                        .filter(event -> event.streamId().equals(ids.get(10))))
                .isEmpty();
    }

    private void appendToEvery(int step, List<StreamId> ids) {
        StreamWrites writes = StreamWrites.empty();
        for (int i = 0; i < ids.size(); i += step) {
            writes = writes.registerStream(ids.get(i), any()).append(new Deposited(ids.get(i), i));
        }
        store.appendEvents(writes);
    }

    /** All streams that are always written together are as far as the first; every event is there once. */
    private static void assertOneCut(EventStreamReader<Event> read, List<StreamId> ids) {
        long events = 0;
        for (int i = 0; i < ids.size(); i++) {
            long version = read.version(ids.get(i)).value();
            assertThat(version)
                    .isEqualTo(i % 100 == 0 ? read.version(ids.get(0)).value() : i % 10 == 0 ? 1 : 0);
            events += i == 10 ? 0 : version;
        }
        List<RecordedEvent<Event>> found = read.toList();
        assertThat(found).hasSize(Math.toIntExact(events));
        assertThat(found).extracting(RecordedEvent::position).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void reading_a_stream_as_the_wrong_type_fails_and_says_where() {
        store.appendEvents(StreamWrites.empty()
                .registerStream(ADA, noStream())
                .append(new Opened(ADA, "s3cr3t"))
                .append(ADA, new Audited("s3cr3t")));
        EventStreamReader<LedgerEvent> reader = store.readStream(ADA, LedgerEvent.class);
        Iterator<RecordedEvent<LedgerEvent>> events = reader.iterator();

        assertThat(events.next().event()).isEqualTo(new Opened(ADA, "s3cr3t"));
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(events::next)
                .satisfies(failure -> {
                    assertThat(failure.streamId()).isEqualTo(ADA);
                    assertThat(failure.version()).isEqualTo(StreamVersion.of(2));
                    assertThat(failure.typeName()).isEqualTo("audit.audited");
                    assertThat(failure).message().contains("audit.audited").doesNotContain("s3cr3t");
                });
        assertThat(store.readStream(ADA, Event.class).toList()).hasSize(2);
    }

    @Test
    void the_ids_of_existing_streams_are_listed_page_by_page_in_the_order_of_their_bytes() {
        List<StreamId> ids = Stream.of("list-A", "list-a", "list-b", "list-\uFFFD", "list-\uD83D\uDE00", "other")
                .map(StreamId::of)
                .toList();
        for (int i = ids.size() - 1; i >= 0; i--) {
            store.appendEvents(StreamWrites.to(ids.get(i), noStream(), deposited(ids.get(i), 1)));
        }
        StreamPrefix prefix = StreamPrefix.of("list-");

        List<StreamId> first = store.streamIds(prefix, StreamIdPage.first(2));
        List<StreamId> second = store.streamIds(prefix, StreamIdPage.after(first.get(1), 2));
        List<StreamId> third = store.streamIds(prefix, StreamIdPage.after(second.get(1), 2));

        assertThat(Stream.of(first, second, third).flatMap(List::stream)).containsExactlyElementsOf(ids.subList(0, 5));
        assertThat(store.streamIds(StreamPrefix.of("none"), StreamIdPage.first(5)))
                .isEmpty();
    }

    private void appendMany(StreamId streamId, int count) {
        StreamWrites writes = StreamWrites.empty().registerStream(streamId, noStream());
        for (int i = 1; i <= count; i++) {
            writes = writes.append(deposited(streamId, i));
        }
        store.appendEvents(writes);
    }
}
