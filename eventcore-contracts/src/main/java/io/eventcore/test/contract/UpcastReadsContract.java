package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.test.contract.ShopEvent.broken;
import static io.eventcore.test.contract.ShopEvent.brokenByAChecked;
import static io.eventcore.test.contract.ShopEvent.brokenByAnError;
import static io.eventcore.test.contract.ShopEvent.brokenByRecursion;
import static io.eventcore.test.contract.ShopEvent.checkedOut;
import static io.eventcore.test.contract.ShopEvent.itemAdded;
import static io.eventcore.test.contract.ShopEvent.viewed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.test.contract.ShopEvent.Closed;
import io.eventcore.test.contract.ShopEvent.ItemAdded;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What reads return of events that were stored in earlier shapes. */
abstract class UpcastReadsContract {
    private static final StreamId ADA = StreamId.of("cart-ada");
    private static final StreamId BOB = StreamId.of("cart-bob");
    private static final StreamId CAT = StreamId.of("cart-cat");

    /** The contract that makes the stores. */
    abstract UpcastingContract contract();

    private EventStore shop() {
        return contract().emptyStore(ShopEvent.serializer(), new AppendSignal());
    }

    private static EventStreamSlice append(EventStore store, Event... events) {
        StreamWrites writes = StreamWrites.empty();
        for (Event event : events) {
            writes = writes.registerStream(event.streamId(), any());
        }
        for (Event event : events) {
            writes = writes.append(event);
        }
        return store.appendEvents(writes);
    }

    private static List<Event> events(Iterable<? extends RecordedEvent<?>> read) {
        List<Event> events = new ArrayList<>();
        read.forEach(recorded -> events.add(recorded.event()));
        return events;
    }

    private static <E extends Event> List<RecordedEvent<E>> log(EventStore store, EventFilter filter, Class<E> type) {
        return log(store, filter, type, 1_000);
    }

    private static <E extends Event> List<RecordedEvent<E>> log(
            EventStore store, EventFilter filter, Class<E> type, int pageSize) {
        List<RecordedEvent<E>> all = new ArrayList<>();
        EventPage page = EventPage.first(pageSize);
        while (true) {
            EventBatch<E> batch = store.readEvents(filter, page, type);
            all.addAll(batch.events());
            if (batch.endReached()) {
                return all;
            }
            assertThat(batch.continueAfter()).isGreaterThan(page.after());
            page = page.next(batch);
        }
    }

    @Test
    void a_stream_is_read_in_todays_shapes_and_keeps_its_versions() {
        EventStore store = shop();
        append(
                store,
                itemAdded(ADA, "pen"),
                viewed(ADA),
                checkedOut(ADA, 5),
                new ItemAdded(ADA, "ink", 2),
                viewed(ADA));

        EventStreamReader<ShopEvent> read = store.readStream(ADA, ShopEvent.class);

        assertThat(events(read))
                .containsExactly(
                        new ItemAdded(ADA, "pen", 1), new Closed(ADA), new Paid(ADA, 5), new ItemAdded(ADA, "ink", 2));
        assertThat(read.toList()).extracting(RecordedEvent::part).containsExactly(0L, 0L, 1L, 0L);
        assertThat(read.toList()).extracting(event -> event.version().value()).containsExactly(1L, 3L, 3L, 4L);
        assertThat(read.toList())
                .extracting(RecordedEvent::typeName)
                .containsExactly("shop.item-added", "shop.checked-out", "shop.checked-out", "shop.item-added@2");
        assertThat(read.version()).isEqualTo(StreamVersion.of(5)).isEqualTo(store.streamVersion(ADA));
        assertThat(events(store.readStreamAfter(ADA, StreamVersion.of(2), ShopEvent.class)))
                .containsExactly(new Closed(ADA), new Paid(ADA, 5), new ItemAdded(ADA, "ink", 2));
        assertThat(events(store.readStreamAfter(ADA, StreamVersion.of(4), ShopEvent.class)))
                .isEmpty();
    }

    @Test
    void the_parts_of_an_event_share_all_but_their_number() {
        EventStore store = shop();
        append(store, checkedOut(ADA, 5));

        List<RecordedEvent<ShopEvent>> parts =
                store.readStream(ADA, ShopEvent.class).toList();

        assertThat(parts).hasSize(2);
        assertThat(parts.get(1).withPart(0).withEvent(parts.get(0).event())).isEqualTo(parts.get(0));
        assertThat(log(store, EventFilter.all(), ShopEvent.class)).isEqualTo(parts);
    }

    @Test
    void several_streams_and_the_log_are_read_in_todays_shapes_in_one_order() {
        EventStore store = shop();
        append(store, checkedOut(BOB, 5), itemAdded(ADA, "pen"));
        append(store, viewed(ADA), checkedOut(ADA, 0), itemAdded(BOB, "ink"));
        Event[] expected = {
            new Closed(BOB),
            new Paid(BOB, 5),
            new ItemAdded(ADA, "pen", 1),
            new Closed(ADA),
            new ItemAdded(BOB, "ink", 1)
        };

        Map<StreamId, StreamVersion> both = Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE);
        EventStreamReader<ShopEvent> read = store.readStreams(both, ShopEvent.class);

        assertThat(events(read)).containsExactly(expected);
        assertThat(read.version(ADA)).isEqualTo(StreamVersion.of(3));
        assertThat(read.version(BOB)).isEqualTo(StreamVersion.of(2));
        List<Event> walked = new ArrayList<>();
        store.forEachEvent(
                EventFilter.all(), GlobalPosition.START, ShopEvent.class, event -> walked.add(event.event()));
        assertThat(walked).containsExactly(expected);
    }

    @Test
    void a_page_holds_whole_stored_events_and_counts_those() {
        EventStore store = shop();
        append(store, checkedOut(ADA, 5), viewed(ADA), viewed(ADA), itemAdded(ADA, "pen"), viewed(ADA));

        for (int size = 1; size <= 5; size++) {
            assertThat(events(log(store, EventFilter.all(), ShopEvent.class, size)))
                    .as("pages of %s", size)
                    .containsExactly(new Closed(ADA), new Paid(ADA, 5), new ItemAdded(ADA, "pen", 1));
        }
        EventBatch<ShopEvent> first = store.readEvents(EventFilter.all(), EventPage.first(1), ShopEvent.class);
        assertThat(events(first.events())).containsExactly(new Closed(ADA), new Paid(ADA, 5));
        EventBatch<ShopEvent> second =
                store.readEvents(EventFilter.all(), EventPage.first(1).next(first), ShopEvent.class);
        assertThat(second.events()).isEmpty();
        assertThat(second.endReached()).isFalse();
    }

    @Test
    void a_filter_of_types_finds_what_leads_to_them_and_gives_no_other_part() {
        EventStore store = shop();
        append(
                store,
                itemAdded(ADA, "pen"),
                checkedOut(ADA, 5),
                new Paid(BOB, 7),
                checkedOut(BOB, 0),
                viewed(BOB),
                new ItemAdded(BOB, "ink", 2));

        assertThat(events(log(store, EventFilter.all().ofTypes(Paid.class), Paid.class)))
                .containsExactly(new Paid(ADA, 5), new Paid(BOB, 7));
        assertThat(log(store, EventFilter.all().ofTypes(Paid.class), Paid.class))
                .extracting(RecordedEvent::part)
                .containsExactly(1L, 0L);
        assertThat(events(log(store, EventFilter.all().ofTypes(ItemAdded.class), ItemAdded.class)))
                .containsExactly(new ItemAdded(ADA, "pen", 1), new ItemAdded(BOB, "ink", 2));
        assertThat(events(log(store, EventFilter.all().ofTypes(Paid.class, ItemAdded.class), ShopEvent.class, 1)))
                .containsExactly(
                        new ItemAdded(ADA, "pen", 1), new Paid(ADA, 5), new Paid(BOB, 7), new ItemAdded(BOB, "ink", 2));
        assertThat(events(log(
                        store, EventFilter.prefix(StreamPrefix.of("cart-b")).ofTypes(Closed.class), ShopEvent.class)))
                .containsExactly(new Closed(BOB));
        assertThat(events(log(store, EventFilter.all().ofTypes(ShopEvent.class), ShopEvent.class)))
                .isEqualTo(events(log(store, EventFilter.all(), ShopEvent.class)))
                .hasSize(6);
    }

    @Test
    void what_is_dropped_counts_in_versions_and_positions() {
        EventStore store = shop();
        EventStreamSlice views = append(store, viewed(ADA), viewed(ADA));

        assertThat(store.readStream(ADA, ShopEvent.class).toList()).isEmpty();
        assertThat(store.readStream(ADA, ShopEvent.class).version()).isEqualTo(StreamVersion.of(2));
        assertThat(store.lastPosition()).isEqualTo(views.lastPosition());
        EventBatch<ShopEvent> page = store.readEvents(EventFilter.all(), EventPage.first(10), ShopEvent.class);
        assertThat(page.events()).isEmpty();
        assertThat(page.continueAfter()).isEqualTo(views.lastPosition());
        store.appendEvents(StreamWrites.to(ADA, exactly(StreamVersion.of(2)), new Closed(ADA)));
        assertThat(store.readStream(ADA, ShopEvent.class).toList())
                .extracting(event -> event.version().value())
                .containsExactly(3L);
    }

    @Test
    void a_part_of_another_type_than_was_asked_for_is_refused_with_its_place() {
        EventStore store = shop();
        append(store, itemAdded(ADA, "pen"), checkedOut(ADA, 5));

        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> store.readStream(ADA, ItemAdded.class).toList())
                .withMessageContaining(Closed.class.getName())
                .satisfies(refusal -> assertThat(refusal.version()).isEqualTo(StreamVersion.of(2)));
    }

    @Test
    void whatever_an_upcaster_throws_its_event_cannot_be_decoded_and_the_upcaster_is_named() {
        EventStore store = shop();
        append(store, brokenByAChecked(ADA));
        append(store, brokenByAnError(BOB));
        append(store, brokenByRecursion(CAT));

        for (StreamId stream : List.of(ADA, BOB, CAT)) {
            assertThatExceptionOfType(EventDeserializationException.class)
                    .isThrownBy(() -> store.readStream(stream, ShopEvent.class).toList())
                    .withMessageContaining("the upcaster from 'shop.broken'")
                    .satisfies(refusal -> assertThat(textOf(refusal)).doesNotContain("s3cr3t"));
        }
    }

    @Test
    void an_upcaster_that_throws_spoils_nothing_but_its_event_and_quotes_nothing() {
        EventStore store = shop();
        append(store, itemAdded(ADA, "pen"), broken(ADA), itemAdded(ADA, "ink"));

        Iterator<RecordedEvent<ShopEvent>> events =
                store.readStream(ADA, ShopEvent.class).iterator();
        assertThat(events.next().event()).isEqualTo(new ItemAdded(ADA, "pen", 1));
        assertThat(events.hasNext()).as("it is there").isTrue();
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(events::next)
                .withMessageContaining("shop.broken")
                .satisfies(refusal -> {
                    assertThat(refusal.streamId()).isEqualTo(ADA);
                    assertThat(refusal.version()).isEqualTo(StreamVersion.of(2));
                    assertThat(textOf(refusal)).doesNotContain("s3cr3t");
                });
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> store.readEvents(EventFilter.all(), EventPage.first(10), ShopEvent.class))
                .satisfies(refusal -> assertThat(textOf(refusal)).doesNotContain("s3cr3t"));
        assertThat(events(log(store, EventFilter.all().ofTypes(ItemAdded.class), ShopEvent.class)))
                .containsExactly(new ItemAdded(ADA, "pen", 1), new ItemAdded(ADA, "ink", 1));
    }

    private static String textOf(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void whatever_the_history_and_the_chains_a_read_is_that_of_a_migrated_copy() {
        for (int i = 0; i < 12; i++) {
            long seed = System.nanoTime();
            Random random = new Random(seed);
            RandomUpcasters upcasters = RandomUpcasters.of(random);
            EventStore store = contract().emptyStore(upcasters.serializer(), new AppendSignal());
            EventStore copy = contract().emptyStore(upcasters.serializer(), new AppendSignal());
            StreamId[] streams = {ADA, BOB};
            List<Long> numbers = new ArrayList<>();
            for (int append = 0; append < 5; append++) {
                List<Event> stored = new ArrayList<>();
                List<Event> migrated = new ArrayList<>();
                for (int event = random.nextInt(6); event >= 0; event--) {
                    ShopEvent.Old old = upcasters.anyEvent(streams[random.nextInt(2)]);
                    stored.add(old);
                    migrated.addAll(upcasters.migrated(old));
                    numbers.addAll(upcasters.numbers(old));
                }
                append(store, stored.toArray(Event[]::new));
                append(copy, migrated.toArray(Event[]::new));
            }
            assertSameReads(store, copy, numbers, upcasters, random, "seed " + seed + ", " + upcasters);
        }
    }

    private static void assertSameReads(
            EventStore store,
            EventStore copy,
            List<Long> numbers,
            RandomUpcasters upcasters,
            Random random,
            String which) {
        Map<StreamId, StreamVersion> both = Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE);
        List<Event> expected = events(log(copy, EventFilter.all(), Event.class));
        int size = 1 + random.nextInt(5);
        assertThat(events(log(store, EventFilter.all(), Event.class, size)))
                .as(which)
                .isEqualTo(expected);
        assertThat(events(store.readStreams(both, Event.class))).as(which).isEqualTo(expected);
        assertThat(events(store.readStream(ADA, Event.class)))
                .as(which)
                .isEqualTo(events(copy.readStream(ADA, Event.class)));
        EventFilter filter = EventFilter.all().ofTypes(upcasters.someTypes());
        assertThat(events(log(store, filter, Event.class, size)))
                .as(which)
                .isEqualTo(events(log(copy, filter, Event.class)));
        List<RecordedEvent<Event>> read = log(store, EventFilter.all(), Event.class);
        assertThat(read).extracting(RecordedEvent::part).as(which).isEqualTo(numbers);
        assertThat(read).extracting(RecordedEvent::deduplicationId).as(which).doesNotHaveDuplicates();
    }
}
