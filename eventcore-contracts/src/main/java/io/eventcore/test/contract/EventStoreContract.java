package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.AppendLimitExceededException;
import io.eventcore.AppendLimits;
import io.eventcore.AppendedEvent;
import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventMetadata;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Secret;
import io.eventcore.test.contract.LedgerEvent.Unwritable;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an {@link EventStore} promises about appending to streams and reading them.
 *
 * @since 0.1
 */
public abstract class EventStoreContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final StreamId EVE = StreamId.of("account-eve");
    private static final int RACERS = 12;
    private static final int SKEW_ROUNDS = 60;

    private EventStore store;

    /** For subclasses. */
    protected EventStoreContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and has the default limits, fresh for each test. */
    protected abstract EventStore emptyStore();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
    }

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
    void a_stream_that_does_not_exist_reads_as_no_events_at_version_zero() {
        EventStreamReader<LedgerEvent> reader = store.readStream(ADA, LedgerEvent.class);

        assertThat(reader.version()).isEqualTo(StreamVersion.NONE);
        assertThat(reader.toList()).isEmpty();
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
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

    /** Of the streams that are always written together, all are as far as the first; every event is there once. */
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

    @Test
    void an_event_that_cannot_be_serialized_stores_nothing_and_quotes_nothing() {
        StreamWrites writes = StreamWrites.empty()
                .registerStream(ADA, noStream())
                .append(deposited(ADA, 1))
                .append(new Unwritable(ADA, new Secret()));

        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> store.appendEvents(writes))
                .satisfies(failure -> {
                    assertThat(failure.streamId()).isEqualTo(ADA);
                    assertThat(failure).hasStackTraceContaining("Unwritable");
                    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                        assertThat(String.valueOf(cause.getMessage())).doesNotContain("s3cr3t");
                    }
                });
        assertThat(eventsOf(ADA)).isEmpty();
    }

    @Test
    void an_event_of_an_unregistered_class_is_refused_by_its_name() {
        record Unregistered(StreamId streamId) implements Event {}

        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, noStream(), new Unregistered(ADA))))
                .withMessageContaining("Unregistered");
        assertThat(eventsOf(ADA)).isEmpty();
    }

    @Test
    void what_is_larger_than_the_limits_is_refused_with_the_limit() {
        AppendLimits limits = AppendLimits.defaults();
        StreamWrites tooMany = StreamWrites.empty().registerStream(ADA, noStream());
        for (int i = 0; i <= limits.events(); i++) {
            tooMany = tooMany.append(deposited(ADA, i));
        }
        StreamWrites tooLarge = StreamWrites.to(ADA, noStream(), new Opened(ADA, "x".repeat(limits.payloadBytes())));
        StreamWrites tooTalkative = StreamWrites.to(ADA, noStream(), deposited(ADA, 1))
                .withMetadata(EventMetadata.empty().with("note", "x".repeat(limits.metadataBytes())));

        assertLimit(tooMany, limits.events());
        assertLimit(tooLarge, limits.payloadBytes());
        assertLimit(tooTalkative, limits.metadataBytes());
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
    }

    private void assertLimit(StreamWrites writes, int limit) {
        assertThatExceptionOfType(AppendLimitExceededException.class)
                .isThrownBy(() -> store.appendEvents(writes))
                .satisfies(refusal -> {
                    assertThat(refusal.limit()).isEqualTo(limit);
                    assertThat(refusal.actual()).isGreaterThan(limit);
                    assertThat(refusal).hasMessageContaining(Integer.toString(limit));
                });
    }

    @Test
    void a_payload_just_within_the_limit_is_stored() {
        String owner = "x".repeat(AppendLimits.defaults().payloadBytes() - 100);

        store.appendEvents(StreamWrites.to(ADA, noStream(), new Opened(ADA, owner)));

        assertThat(eventsOf(ADA)).containsExactly(new Opened(ADA, owner));
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

    @Test
    void of_many_appends_from_one_version_exactly_one_wins() {
        for (int round = 0; round < 5; round++) {
            int version = round;
            List<Boolean> won = Race.run(
                    RACERS, number -> succeeds(StreamWrites.to(ADA, exactly(version), deposited(ADA, number))));

            assertThat(won).containsOnlyOnce(true);
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(version + 1));
        }
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

    @Test
    void appends_in_any_version_all_succeed_one_after_the_other() {
        Race.run(
                RACERS,
                number -> store.appendEvents(
                        StreamWrites.to(ADA, any(), deposited(ADA, number), deposited(ADA, number))));

        List<RecordedEvent<LedgerEvent>> events =
                store.readStream(ADA, LedgerEvent.class).toList();
        assertThat(events).hasSize(2 * RACERS);
        assertThat(events).extracting(RecordedEvent::position).isSorted();
        for (int i = 0; i < events.size(); i += 2) {
            assertThat(events.get(i).event()).isEqualTo(events.get(i + 1).event());
        }
    }

    @Test
    void two_decisions_that_rest_on_each_others_stream_never_both_succeed() {
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1)));
        store.appendEvents(StreamWrites.to(BOB, noStream(), deposited(BOB, 1)));

        for (int round = 0; round < SKEW_ROUNDS; round++) {
            long ada = store.streamVersion(ADA).value();
            long bob = store.streamVersion(BOB).value();
            List<Boolean> won = Race.run(List.of(
                    () -> succeeds(writeRelyingOn(ADA, ada, BOB, bob)),
                    () -> succeeds(writeRelyingOn(BOB, bob, ADA, ada))));

            assertThat(won).as("round %d", round).isNotEqualTo(List.of(true, true));
        }
    }

    @Test
    void two_decisions_that_rest_on_the_absence_of_each_others_stream_never_both_succeed() {
        for (int round = 0; round < SKEW_ROUNDS; round++) {
            StreamId left = StreamId.of("left-" + round);
            StreamId right = StreamId.of("right-" + round);
            List<Boolean> won = Race.run(List.of(
                    () -> succeeds(writeRelyingOn(left, 0, right, 0)),
                    () -> succeeds(writeRelyingOn(right, 0, left, 0))));

            assertThat(won).as("round %d", round).isNotEqualTo(List.of(true, true));
        }
    }

    @Test
    void appends_that_create_the_same_streams_in_different_orders_do_not_stand_in_each_others_way() {
        for (int round = 0; round < 10; round++) {
            List<StreamId> ids = IntStream.range(0, 6)
                    .mapToObj(i -> i % 2 == 0 ? "\uFFFD-" + i : "\uD83D\uDE00-" + i)
                    .map(StreamId::of)
                    .toList();
            int number = round;
            List<Boolean> won = Race.run(RACERS, racer -> {
                Map<StreamId, Integer> order = new LinkedHashMap<>();
                for (int i = 0; i < ids.size(); i++) {
                    order.put(ids.get((i * (racer % 2 == 0 ? 1 : 5) + racer) % ids.size()), i);
                }
                StreamWrites writes = StreamWrites.empty();
                for (StreamId id : order.keySet()) {
                    writes = writes.registerStream(id, exactly(number)).append(deposited(id, racer));
                }
                return succeeds(writes);
            });

            assertThat(won).containsOnlyOnce(true);
            ids.forEach(id -> assertThat(store.streamVersion(id)).isEqualTo(StreamVersion.of(number + 1)));
        }
    }

    private StreamWrites writeRelyingOn(StreamId written, long version, StreamId guard, long guardVersion) {
        return StreamWrites.empty()
                .registerStream(written, exactly(version))
                .registerStream(guard, exactly(guardVersion))
                .append(deposited(written, 1));
    }

    private boolean succeeds(StreamWrites writes) {
        try {
            store.appendEvents(writes);
            return true;
        } catch (VersionConflictException conflict) {
            return false;
        }
    }

    private void assertConflict(StreamWrites writes, StreamId stream, long actual) {
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(writes))
                .satisfies(conflict -> {
                    assertThat(conflict.streamId()).isEqualTo(stream);
                    assertThat(conflict.expected()).isEqualTo(writes.streams().get(stream));
                    assertThat(conflict.actual()).isEqualTo(StreamVersion.of(actual));
                });
    }

    private void appendMany(StreamId streamId, int count) {
        StreamWrites writes = StreamWrites.empty().registerStream(streamId, noStream());
        for (int i = 1; i <= count; i++) {
            writes = writes.append(deposited(streamId, i));
        }
        store.appendEvents(writes);
    }

    private List<LedgerEvent> eventsOf(StreamId streamId) {
        return store.readStream(streamId, LedgerEvent.class).stream()
                .map(RecordedEvent::event)
                .toList();
    }

    private List<RecordedEvent<LedgerEvent>> readBoth(StreamId one, StreamId other) {
        return store.readStreams(Map.of(one, StreamVersion.NONE, other, StreamVersion.NONE), LedgerEvent.class)
                .toList();
    }

    private static Deposited deposited(StreamId account, long cents) {
        return new Deposited(account, cents);
    }

    private static List<Long> cents(List<RecordedEvent<LedgerEvent>> events) {
        return events.stream().map(event -> cents(event.event())).toList();
    }

    private static long cents(LedgerEvent event) {
        return ((Deposited) event).cents();
    }
}
