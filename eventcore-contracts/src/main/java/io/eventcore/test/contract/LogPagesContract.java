package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The log page by page: each event once, in order, to the end and not beyond. */
abstract class LogPagesContract extends EventReaderFixture {
    private static final int LARGE = 900_000;
    private static final int LARGE_EVENTS = 8;

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

    /** After a crash, a server may give these positions out again: nothing durable has ever been there. */
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
}
