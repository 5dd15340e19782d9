package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What a store promises about reading the log: everything, once, in order, however late it is committed.
 *
 * @since 0.1
 */
public abstract class EventReaderContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final List<String> ID_PARTS = List.of(
            "a",
            "b",
            "A",
            "0",
            "-",
            "/",
            ".",
            "\\",
            "^",
            "$",
            "&",
            "|",
            "{",
            "(",
            "+",
            "_",
            "%",
            "'",
            "\u00E9",
            "\uD83D\uDE00");
    private static final List<String> PATTERN_PARTS = List.of(
            "a",
            "b",
            "/",
            ".",
            "\\",
            "^",
            "+",
            "_",
            "%",
            "'",
            "\u00E9",
            "*",
            "*",
            "*",
            "?",
            "?",
            "[a-c]",
            "[!a-c]",
            "[-a]",
            "[^&\\]",
            "[!0-9]",
            "[.-/]",
            "[\u00E9-\uFFFD]",
            "[\uD83D\uDE00]");
    private static final int LARGE = 900_000;
    private static final int LARGE_EVENTS = 8;
    private static final int WRITERS = 6;
    private static final int APPENDS_PER_WRITER = 60;

    private EventStore store;
    private TransactionTemplate transaction;

    /** For subclasses. */
    protected EventReaderContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
        transaction = new TransactionTemplate(transactionManager());
    }

    @Test
    void an_empty_log_has_no_events_and_has_been_read_to_its_end() {
        EventBatch<Event> batch = read(EventFilter.all(), EventPage.first(10));

        assertThat(batch.events()).isEmpty();
        assertThat(batch.endReached()).isTrue();
        assertThat(read(EventFilter.prefix(StreamPrefix.of("a")), EventPage.first(10))
                        .events())
                .isEmpty();
    }

    @Test
    void events_of_all_streams_come_in_the_order_they_were_appended_in() {
        append(deposit(ADA, 1));
        append(deposit(BOB, 2));
        append(deposit(ADA, 3));

        EventBatch<Event> batch = read(EventFilter.all(), EventPage.first(10));

        assertThat(cents(batch)).containsExactly(1L, 2L, 3L);
        assertThat(batch.events()).extracting(RecordedEvent::position).isSorted();
        assertThat(batch.events()).extracting(RecordedEvent::streamId).containsExactly(ADA, BOB, ADA);
        assertThat(batch.events()).extracting(event -> event.version().value()).containsExactly(1L, 1L, 2L);
        assertThat(batch.endReached()).isTrue();
    }

    @Test
    void reading_resumes_after_a_position() {
        List<GlobalPosition> positions = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            positions.add(append(deposit(ADA, i)).lastPosition());
        }

        EventBatch<Event> rest = read(EventFilter.all(), EventPage.after(positions.get(2), 10));

        assertThat(cents(rest)).containsExactly(4L, 5L);
        EventBatch<Event> beyond = read(EventFilter.all(), EventPage.after(positions.get(4), 10));
        assertThat(beyond.events()).isEmpty();
        assertThat(beyond.continueAfter()).isGreaterThanOrEqualTo(positions.get(4));
        assertThat(beyond.endReached()).isTrue();
    }

    @Test
    void a_page_holds_no_more_than_its_limit_and_pages_follow_without_overlap() {
        for (int i = 1; i <= 20; i++) {
            append(deposit(ADA, i));
        }

        EventBatch<Event> first = read(EventFilter.all(), EventPage.first(8));
        assertThat(cents(first)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        assertThat(first.endReached()).isFalse();
        assertThat(cents(readAll(EventFilter.all(), 8))).hasSize(20).isSorted().doesNotHaveDuplicates();
        assertThat(cents(readAll(EventFilter.all(), 1))).hasSize(20).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void a_page_of_large_events_ends_early_and_says_that_more_follow() {
        List<StreamId> appended = new ArrayList<>();
        for (int i = 0; i < LARGE_EVENTS; i++) {
            StreamId account = StreamId.of("account-" + i);
            append(StreamWrites.to(account, any(), new Opened(account, "x".repeat(LARGE)), new Deposited(account, i)));
            appended.add(account);
            appended.add(account);
        }

        for (EventFilter filter : List.of(EventFilter.all(), pattern("account-*"))) {
            EventBatch<Event> first = read(filter, EventPage.first(100));
            assertThat(first.events()).as("%s", filter).isNotEmpty().hasSizeLessThan(LARGE_EVENTS * 2);
            assertThat(first.endReached()).as("%s", filter).isFalse();
            assertThat(readAll(filter, 100))
                    .as("%s", filter)
                    .extracting(RecordedEvent::streamId)
                    .containsExactlyElementsOf(appended);
        }
        assertThat(readAll(EventFilter.all().ofTypes(Deposited.class), 100)).hasSize(LARGE_EVENTS);
    }

    @Test
    void a_prefix_selects_streams_by_how_they_begin() {
        for (String id : List.of("account-1", "account-2", "my-account-3", "accounting", "Account-4", "account_5")) {
            append(deposit(StreamId.of(id), 1));
        }

        assertThat(streams(EventFilter.prefix(StreamPrefix.of("account-")))).containsExactly("account-1", "account-2");
        assertThat(streams(EventFilter.prefix(StreamPrefix.of("account_")))).containsExactly("account_5");
        assertThat(streams(EventFilter.prefix(StreamPrefix.of("Acc")))).containsExactly("Account-4");
    }

    @Test
    void a_pattern_selects_streams_by_their_whole_id() {
        for (String id :
                List.of("a/1", "a/2/x", "b/1", "a/\uD83D\uDE00", "a.1", "a/10", "x-a/1", "a/-", "a/^", "a/\\", "a+1")) {
            append(deposit(StreamId.of(id), 1));
        }

        assertThat(streams(pattern("a/*")))
                .containsExactly("a/1", "a/2/x", "a/\uD83D\uDE00", "a/10", "a/-", "a/^", "a/\\");
        assertThat(streams(pattern("a/?"))).containsExactly("a/1", "a/\uD83D\uDE00", "a/-", "a/^", "a/\\");
        assertThat(streams(pattern("[ab]/1"))).containsExactly("a/1", "b/1");
        assertThat(streams(pattern("a/[0-9]*"))).containsExactly("a/1", "a/2/x", "a/10");
        assertThat(streams(pattern("a/[!0-9]"))).containsExactly("a/\uD83D\uDE00", "a/-", "a/^", "a/\\");
        assertThat(streams(pattern("a/[\\^-]"))).containsExactly("a/-", "a/^", "a/\\");
        assertThat(streams(pattern("a?1"))).containsExactly("a/1", "a.1", "a+1");
        assertThat(streams(pattern("*1"))).containsExactly("a/1", "b/1", "a.1", "x-a/1", "a+1");
        assertThat(streams(pattern("a.1"))).containsExactly("a.1");
        assertThat(streams(pattern("A/1"))).isEmpty();
    }

    @Test
    void a_pattern_means_the_same_to_the_store_as_everywhere() {
        Random random = new Random(20_260_101);
        List<StreamId> ids = Stream.generate(() -> StreamId.of(randomText(random, ID_PARTS)))
                .distinct()
                .limit(80)
                .toList();
        ids.forEach(id -> append(deposit(id, 1)));

        for (int i = 0; i < 150; i++) {
            StreamPattern pattern = StreamPattern.of(randomText(random, PATTERN_PARTS));
            List<String> expected =
                    ids.stream().filter(pattern::matches).map(StreamId::value).toList();

            assertThat(read(EventFilter.pattern(pattern), EventPage.first(100)).events())
                    .as("%s", pattern)
                    .extracting(event -> event.streamId().value())
                    .containsExactlyElementsOf(expected);
        }
    }

    private static String randomText(Random random, List<String> parts) {
        StringBuilder text = new StringBuilder();
        for (int length = 1 + random.nextInt(4); length > 0; length--) {
            text.append(parts.get(random.nextInt(parts.size())));
        }
        return text.toString();
    }

    @Test
    void a_filter_is_applied_before_the_limit() {
        for (int i = 0; i < 50; i++) {
            append(deposit(StreamId.of("noise-" + i), i));
        }
        append(deposit(ADA, 1));
        append(deposit(BOB, 2));

        EventBatch<Event> batch = read(pattern("account-*"), EventPage.first(10));

        assertThat(cents(batch)).containsExactly(1L, 2L);
    }

    @Test
    void matches_far_apart_in_a_long_log_fill_a_page_and_where_none_follow_it_ends_the_log() {
        List<Long> rare = List.of(1L, 2L, 40L, 900L, 901L, 2_500L);
        StreamWrites writes = StreamWrites.empty().registerStream(ADA, any()).registerStream(BOB, any());
        for (long i = 1; i < 3_000; i++) {
            writes = writes.append(rare.contains(i) ? new Deposited(ADA, i) : new Withdrawn(BOB, i));
        }
        GlobalPosition last = append(writes.append(new Opened(BOB, "Bob"))).lastPosition();

        for (EventFilter filter : List.of(
                EventFilter.all().ofTypes(Deposited.class),
                EventFilter.prefix(StreamPrefix.of("account-a")),
                pattern("*-ada"))) {
            EventBatch<Event> full = read(filter, EventPage.first(rare.size()));
            assertThat(cents(full)).as("%s", filter).containsExactlyElementsOf(rare);
            assertThat(cents(read(filter, EventPage.first(4)))).as("%s", filter).containsExactly(1L, 2L, 40L, 900L);
            EventBatch<Event> rest = read(filter, EventPage.first(rare.size()).next(full));
            assertThat(rest.events()).isEmpty();
            assertThat(rest.endReached()).isTrue();
            assertThat(rest.continueAfter()).isGreaterThanOrEqualTo(last);
        }
        EventBatch<Event> atTheEnd = read(EventFilter.all().ofTypes(Opened.class), EventPage.first(1));
        assertThat(atTheEnd.events()).extracting(RecordedEvent::position).containsExactly(last);
        EventBatch<Event> nothing = read(EventFilter.all().ofTypes(Audited.class), EventPage.first(1));
        assertThat(nothing.events()).isEmpty();
        assertThat(nothing.endReached()).isTrue();
        assertThat(nothing.continueAfter()).isGreaterThanOrEqualTo(last);
    }

    @Test
    void a_filter_gives_the_same_events_in_the_same_order_whatever_the_size_of_a_page() {
        Random random = new Random(20_260_102);
        StreamWrites writes = StreamWrites.empty().registerStream(ADA, any()).registerStream(BOB, any());
        for (int i = 0; i < 300; i++) {
            StreamId account = random.nextInt(5) == 0 ? ADA : BOB;
            writes = writes.append(random.nextInt(8) == 0 ? new Opened(account, "" + i) : new Deposited(account, i));
        }
        List<Event> appended = writes.events().stream().map(NewEvent::event).toList();
        append(writes);

        for (int size : List.of(1, 2, 7, 100)) {
            assertPages(size, EventFilter.all(), appended, event -> true);
            assertPages(size, EventFilter.all().ofTypes(Opened.class), appended, Opened.class::isInstance);
            assertPages(
                    size, pattern("*-ada"), appended, event -> event.streamId().equals(ADA));
            assertPages(
                    size,
                    EventFilter.prefix(StreamPrefix.of("account-b")).ofTypes(Deposited.class),
                    appended,
                    event -> event instanceof Deposited && event.streamId().equals(BOB));
        }
    }

    private void assertPages(int size, EventFilter filter, List<Event> appended, Predicate<Event> wanted) {
        assertThat(readAll(filter, size))
                .as("%s by pages of %d", filter, size)
                .extracting(RecordedEvent::event)
                .containsExactlyElementsOf(appended.stream().filter(wanted).toList());
    }

    @Test
    void a_filter_may_ask_for_event_types() {
        append(StreamWrites.to(ADA, any(), new Opened(ADA, "Ada"), new Deposited(ADA, 1), new Withdrawn(ADA, 2)));
        append(StreamWrites.to(BOB, any(), new Audited("note"), new Deposited(BOB, 3)));

        assertThat(types(EventFilter.all().ofTypes(Deposited.class)))
                .containsExactly("ledger.deposited", "ledger.deposited");
        assertThat(types(EventFilter.all().ofTypes(Opened.class, Audited.class)))
                .containsExactly("ledger.opened", "audit.audited");
        assertThat(types(EventFilter.all().ofTypes(LedgerEvent.class)))
                .containsExactly("ledger.opened", "ledger.deposited", "ledger.withdrawn", "ledger.deposited");
        assertThat(types(pattern("*bob").ofTypes(LedgerEvent.class))).containsExactly("ledger.deposited");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> types(EventFilter.all().ofTypes(Unknown.class)));
    }

    private interface Unknown extends Event {}

    @Test
    void a_reader_gets_past_events_that_do_not_match() {
        append(deposit(ADA, 1));
        GlobalPosition last = append(deposit(BOB, 2)).lastPosition();

        EventBatch<Event> batch = read(pattern("nobody-*"), EventPage.first(10));

        assertThat(batch.events()).isEmpty();
        assertThat(batch.endReached()).isTrue();
        assertThat(batch.continueAfter()).isGreaterThanOrEqualTo(last);
    }

    @Test
    void the_type_is_a_check_and_not_a_filter() {
        append(deposit(ADA, 1));
        EventStreamSlice audited = append(StreamWrites.to(BOB, noStream(), new Audited("note")));

        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> store.readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class))
                .satisfies(failure -> {
                    assertThat(failure.position()).isEqualTo(audited.lastPosition());
                    assertThat(failure.typeName()).isEqualTo("audit.audited");
                });
        assertThat(store.readEvents(
                                EventFilter.all().ofTypes(LedgerEvent.class), EventPage.first(10), LedgerEvent.class)
                        .events())
                .hasSize(1);
    }

    @Test
    void a_page_that_is_not_decoded_tells_the_same_as_a_decoded_one() {
        append(deposit(ADA, 1));
        append(StreamWrites.to(BOB, noStream(), new Audited("note")));
        append(deposit(ADA, 2));
        EventPage page = EventPage.first(2);

        StoredPage undecoded = store.internals().readStored(EventFilter.all(), page);
        EventBatch<Event> decoded = store.readEvents(EventFilter.all(), page, Event.class);

        assertThat(undecoded.continueAfter()).isEqualTo(decoded.continueAfter());
        assertThat(undecoded.endReached()).isEqualTo(decoded.endReached());
        assertThat(undecoded.events()).hasSize(2).zipSatisfy(decoded.events(), (one, other) -> {
            assertThat(one.position()).isEqualTo(other.position());
            assertThat(one.streamId()).isEqualTo(other.streamId());
            assertThat(one.version()).isEqualTo(other.version());
            assertThat(one.typeName()).isEqualTo(other.typeName());
            assertThat(one.id()).isEqualTo(other.id());
            assertThat(one.recordedAt()).isEqualTo(other.recordedAt());
            assertThat(one.decode(Event.class)).isEqualTo(List.of(other));
        });
    }

    @Test
    void a_filter_matches_what_is_not_decoded_as_it_does_in_a_read() {
        append(deposit(ADA, 1));
        append(StreamWrites.to(BOB, noStream(), new Audited("note")));
        append(deposit(BOB, 2));
        List<StoredEvent> all = store.internals()
                .readStored(EventFilter.all(), EventPage.first(10))
                .events();

        for (EventFilter filter : List.of(
                EventFilter.all(),
                EventFilter.prefix(StreamPrefix.of("account-a")),
                EventFilter.all().ofTypes(LedgerEvent.class),
                EventFilter.prefix(StreamPrefix.of(BOB.value())).ofTypes(Audited.class))) {
            assertThat(all.stream()
                            .filter(store.internals().matching(filter))
                            .flatMap(event -> event.decode(Event.class).stream()))
                    .as(filter.toString())
                    .isEqualTo(store.readEvents(filter, EventPage.first(10), Event.class)
                            .events());
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.internals().matching(EventFilter.all().ofTypes(Unregistered.class)));
    }

    @EventType("event-reader-contract.unregistered")
    private record Unregistered(StreamId streamId) implements Event {}

    @Test
    void no_committed_event_is_beyond_the_last_position() {
        GlobalPosition before = store.lastPosition();

        GlobalPosition appended = append(deposit(BOB, 1)).lastPosition();
        transaction.executeWithoutResult(status -> {
            append(deposit(ADA, 2));
            status.setRollbackOnly();
        });
        GlobalPosition reached = store.readEvents(EventFilter.all(), EventPage.first(10), Event.class)
                .continueAfter();

        assertThat(store.lastPosition())
                .isGreaterThan(before)
                .isGreaterThanOrEqualTo(appended)
                .isGreaterThanOrEqualTo(reached);
    }

    @Test
    void an_event_that_is_committed_late_is_delivered_in_its_place() throws InterruptedException {
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);
        FollowedLog filtered = new FollowedLog(store, EventFilter.prefix(StreamPrefix.of("account-")), 50);
        append(deposit(BOB, 1));
        log.poll();

        OpenTransaction late = new OpenTransaction(() -> append(deposit(ADA, 2)));
        Thread fast = new Thread(() -> append(deposit(BOB, 3)));
        fast.start();
        // Some stores let the fast append commit first, others make it wait; the reader must not care.
        for (int i = 0; i < 100 && store.streamVersion(BOB).value() == 1; i++) {
            log.poll();
        }
        log.poll();
        filtered.poll();
        assertThat(cents(log.events())).doesNotContain(2L);
        late.commit();
        fast.join();

        log.poll();
        filtered.poll();
        assertThat(cents(log.events())).containsExactlyInAnyOrder(1L, 2L, 3L);
        assertThat(cents(filtered.events())).isEqualTo(cents(log.events()));
        assertThat(log.positions()).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void what_is_committed_late_does_not_slip_into_a_read_that_began_before() throws InterruptedException {
        append(deposits(BOB, 300));
        OpenTransaction late = new OpenTransaction(() -> append(deposit(ADA, 1)));
        Thread more = new Thread(() -> append(deposits(BOB, 900)));
        more.start();
        for (int i = 0; i < 100 && store.streamVersion(BOB).value() == 300; i++) {
            Thread.onSpinWait();
        }
        EventStreamReader<Event> reader =
                store.readStreams(Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE), Event.class);
        Iterator<RecordedEvent<Event>> events = reader.iterator();
        List<RecordedEvent<Event>> read = new ArrayList<>(List.of(events.next()));
        late.commit();
        more.join();
        events.forEachRemaining(read::add);

        assertThat(reader.version(ADA)).isEqualTo(StreamVersion.NONE);
        assertThat(read).extracting(RecordedEvent::streamId).containsOnly(BOB);
        assertThat(read)
                .extracting(event -> event.version().value())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, reader.version(BOB).value())
                                .boxed()
                                .toList());
    }

    @Test
    void what_was_rolled_back_delays_nobody() {
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);
        append(deposit(ADA, 1));
        for (int i = 0; i < 50; i++) {
            transaction.executeWithoutResult(status -> {
                append(deposit(BOB, 2));
                status.setRollbackOnly();
            });
        }
        append(deposit(ADA, 3));

        log.poll();

        assertThat(cents(log.events())).containsExactly(1L, 3L);
    }

    @Test
    void a_reader_gets_past_more_lost_positions_than_a_page_has_events() {
        append(deposits(ADA, 10));
        transaction.executeWithoutResult(status -> {
            append(deposits(BOB, 500));
            status.setRollbackOnly();
        });
        append(deposits(BOB, 3));

        for (int size : List.of(1, 2, 7, 100)) {
            for (EventFilter filter :
                    List.of(EventFilter.all(), EventFilter.all().ofTypes(Deposited.class), pattern("account-*"))) {
                assertThat(cents(readAll(filter, size)))
                        .as("%s by pages of %d", filter, size)
                        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 1L, 2L, 3L);
            }
        }
    }

    /** What a server gives out again after a crash: nothing durable has ever stood there. */
    @Test
    void no_page_continues_beyond_the_last_committed_event() {
        assertThat(store.lastPosition()).isEqualTo(GlobalPosition.START);
        GlobalPosition committed = append(deposit(ADA, 1)).lastPosition();
        transaction.executeWithoutResult(status -> {
            append(deposits(BOB, 50));
            status.setRollbackOnly();
        });

        assertThat(store.lastPosition()).isEqualTo(committed);
        for (int size : List.of(1, 10)) {
            for (EventFilter filter : everyKindOfFilter()) {
                for (GlobalPosition after : List.of(GlobalPosition.START, committed)) {
                    EventBatch<Event> page = read(filter, EventPage.after(after, size));
                    EventBatch<Event> rest = read(filter, EventPage.after(page.continueAfter(), size));
                    assertThat(page.continueAfter()).as("%s", filter).isEqualTo(committed);
                    assertThat(rest.continueAfter()).as("%s", filter).isEqualTo(committed);
                    assertThat(rest.endReached()).as("%s", filter).isTrue();
                }
            }
        }
        GlobalPosition next = append(deposit(BOB, 2)).lastPosition();
        for (EventFilter filter : everyKindOfFilter()) {
            assertThat(read(filter, EventPage.after(committed, 10)).continueAfter())
                    .as("%s", filter)
                    .isEqualTo(next);
        }
    }

    @Test
    void a_reader_that_has_been_further_than_the_log_reaches_is_told() {
        GlobalPosition last = append(deposit(ADA, 1)).lastPosition();

        for (EventFilter filter : everyKindOfFilter()) {
            for (long beyond : List.of(last.value() + 1, last.value() + 1_000, Long.MAX_VALUE)) {
                assertThatExceptionOfType(EventStoreUnavailableException.class)
                        .as("%s after %d", filter, beyond)
                        .isThrownBy(() -> read(filter, EventPage.after(GlobalPosition.of(beyond), 10)))
                        .withMessageContaining("set back")
                        .withMessageContaining("ends at position " + last)
                        .withMessageContaining("after " + beyond);
            }
            assertThat(read(filter, EventPage.after(last, 10)).endReached()).isTrue();
        }
    }

    private static List<EventFilter> everyKindOfFilter() {
        return List.of(
                EventFilter.all(),
                EventFilter.prefix(StreamPrefix.of("account-")),
                EventFilter.prefix(StreamPrefix.of("nothing")),
                EventFilter.pattern(StreamPattern.of("*-ada")),
                EventFilter.all().ofTypes(Deposited.class),
                EventFilter.all().ofTypes(Audited.class));
    }

    @Test
    void a_transaction_that_has_appended_nothing_delays_nobody() throws InterruptedException {
        append(deposit(ADA, 1));
        OpenTransaction idle = new OpenTransaction(() -> store.streamVersion(ADA));
        append(deposit(ADA, 2));
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);

        log.poll();

        assertThat(cents(log.events())).containsExactly(1L, 2L);
        idle.commit();
    }

    @Test
    void the_log_does_not_show_what_the_readers_own_transaction_has_not_committed() {
        append(deposit(ADA, 1));

        List<Long> seen = transaction.execute(status -> {
            append(deposit(ADA, 2));
            return cents(read(EventFilter.all(), EventPage.first(10)));
        });

        assertThat(seen).containsExactly(1L);
        assertThat(cents(read(EventFilter.all(), EventPage.first(10)))).containsExactly(1L, 2L);
    }

    @Test
    void under_load_with_rollbacks_every_event_is_delivered_once_and_in_order() {
        FollowedLog log = new FollowedLog(store, EventFilter.all(), 50);
        AtomicInteger acknowledged = new AtomicInteger();
        CountDownLatch writing = new CountDownLatch(WRITERS);
        List<Callable<Void>> all = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            Random random = new Random(writer);
            all.add(() -> {
                try {
                    for (int i = 0; i < APPENDS_PER_WRITER; i++) {
                        acknowledged.addAndGet(appendSomehow(random));
                    }
                } finally {
                    writing.countDown();
                }
                return null;
            });
        }
        all.add(() -> {
            while (writing.getCount() > 0) {
                log.poll();
            }
            return null;
        });
        Race.run(all);
        log.poll();

        assertThat(log.positions()).isSorted().doesNotHaveDuplicates().hasSize(acknowledged.get());
        Map<StreamId, Long> versions = new HashMap<>();
        log.events().forEach(event -> {
            long next = versions.merge(event.streamId(), 1L, Long::sum);
            assertThat(event.version()).isEqualTo(StreamVersion.of(next));
        });
        versions.forEach(
                (stream, version) -> assertThat(store.streamVersion(stream)).isEqualTo(StreamVersion.of(version)));
    }

    /** One append to one or two streams, with or without a transaction around it, rolled back now and then. */
    private int appendSomehow(Random random) {
        StreamId one = StreamId.of("stream-" + random.nextInt(WRITERS));
        StreamId other = StreamId.of("stream-" + random.nextInt(WRITERS));
        StreamWrites writes = StreamWrites.empty()
                .registerStream(one, any())
                .registerStream(other, any())
                .append(new Deposited(one, 1))
                .append(new Deposited(other, 2));
        int choice = random.nextInt(20);
        try {
            if (choice < 12) {
                store.appendEvents(writes);
                return 2;
            }
            return transaction.execute(status -> {
                store.appendEvents(writes);
                if (choice == 19) {
                    status.setRollbackOnly();
                    return 0;
                }
                return 2;
            });
        } catch (VersionConflictException lostAtCommit) {
            return 0;
        }
    }

    private EventStreamSlice append(StreamWrites writes) {
        return store.appendEvents(writes);
    }

    private static StreamWrites deposit(StreamId account, long cents) {
        return StreamWrites.to(account, any(), new Deposited(account, cents));
    }

    private static StreamWrites deposits(StreamId account, int count) {
        StreamWrites writes = StreamWrites.empty().registerStream(account, any());
        for (int i = 1; i <= count; i++) {
            writes = writes.append(new Deposited(account, i));
        }
        return writes;
    }

    private static EventFilter pattern(String text) {
        return EventFilter.pattern(StreamPattern.of(text));
    }

    private EventBatch<Event> read(EventFilter filter, EventPage page) {
        return store.readEvents(filter, page, Event.class);
    }

    private List<RecordedEvent<Event>> readAll(EventFilter filter, int pageSize) {
        List<RecordedEvent<Event>> all = new ArrayList<>();
        EventPage page = EventPage.first(pageSize);
        EventBatch<Event> batch;
        do {
            batch = read(filter, page);
            all.addAll(batch.events());
            page = page.next(batch);
        } while (!batch.endReached());
        return all;
    }

    private List<String> streams(EventFilter filter) {
        return readAll(filter, 3).stream()
                .map(event -> event.streamId().value())
                .toList();
    }

    private List<String> types(EventFilter filter) {
        return readAll(filter, 3).stream().map(RecordedEvent::typeName).toList();
    }

    private static List<Long> cents(EventBatch<Event> batch) {
        return cents(batch.events());
    }

    private static List<Long> cents(List<RecordedEvent<Event>> events) {
        return events.stream().map(event -> ((Deposited) event.event()).cents()).toList();
    }

    /** A transaction on another thread that has done something and stays open until it is told to commit. */
    private final class OpenTransaction {
        private final CountDownLatch done = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);
        private final Thread thread;

        private OpenTransaction(Runnable action) throws InterruptedException {
            thread = new Thread(() -> transaction.executeWithoutResult(status -> {
                action.run();
                done.countDown();
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            thread.start();
            done.await();
        }

        void commit() throws InterruptedException {
            end.countDown();
            thread.join();
        }
    }
}
