package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which events a filter selects. A page is as full as its limit allows, whatever lies between the selected events. */
abstract class LogFiltersContract extends EventReaderFixture {
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

    private List<String> streams(EventFilter filter) {
        return readAll(filter, 3).stream()
                .map(event -> event.streamId().value())
                .toList();
    }

    private List<String> types(EventFilter filter) {
        return readAll(filter, 3).stream().map(RecordedEvent::typeName).toList();
    }
}
