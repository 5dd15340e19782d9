package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventTag;
import io.eventcore.NewEvent;
import io.eventcore.QueriedEvents;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TagsIncompleteException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** The one statement that brings how far tags and streams have come and their events, and what becomes of what does not fit it. */
abstract class TagHeadsContract {
    static final EventTag ADA = EventTag.of("student", "ada");
    static final EventTag C1 = EventTag.of("course", "c1");
    static final EventTag NEVER_USED = EventTag.of("course", "never-used");
    static final StreamId HOME = StreamId.of("home");
    private static final StreamId ELSEWHERE = StreamId.of("elsewhere");
    private static final EventQuery EITHER = EventQuery.tagged(ADA).or(EventQuery.tagged(C1));

    /** What the statements hold that bring how far tags have come, and no other. */
    private static final String FIRST = "tag_name";

    final String prefix = database().newTables();
    final WatchedDataSource watched = new WatchedDataSource(database().dataSource());
    private final EventStore writer = database().store(prefix);
    private final EventStore store = TestDatabase.store(watched, prefix);

    abstract TestDatabase database();

    @BeforeEach
    void learnThatTheTablesHoldTags() {
        store.readEvents(EventQuery.tagged(NEVER_USED), Event.class);
    }

    @Test
    void tags_with_few_events_are_read_by_one_statement_also_after_a_boundary() {
        append(event(HOME, ADA), event(ELSEWHERE, C1), event(HOME, ADA, C1), event(ELSEWHERE));
        int before = watched.sent().size();

        QueriedEvents<Event> found = store.readEvents(EITHER, Event.class);

        assertThat(found.toList()).extracting(RecordedEvent::streamId).containsExactly(HOME, ELSEWHERE, HOME);
        assertThat(found.toList()).extracting(RecordedEvent::position).isSorted();
        append(event(ELSEWHERE, C1), event(HOME, ADA));
        assertThat(readAfter(found.boundary(), EITHER)).hasSize(2);
        assertThat(readAfter(store.readEvents(EITHER, Event.class).boundary(), EITHER))
                .isEmpty();
        assertThat(watched.sent().size() - before).isEqualTo(4);
    }

    @Test
    void one_statement_tells_which_event_matches_which_item() {
        append(event(HOME, ADA), event(ELSEWHERE, C1), event(HOME, ADA, C1));
        int before = watched.sent().size();

        StoredMatches read = store.internals().readMatching(EITHER, Event.class, Optional.empty());

        assertThat(read.ofItems())
                .hasSize(2)
                .allSatisfy(ofItem -> assertThat(ofItem).hasSize(2));
        assertThat(watched.sent().size() - before).isEqualTo(1);
    }

    @Test
    void streams_beside_tags_are_read_by_the_same_statement() {
        append(event(HOME, ADA), event(ELSEWHERE, C1), event(HOME), event(HOME, C1), event(ELSEWHERE));
        EventQuery query =
                EventQuery.tagged(C1).or(EventQuery.ofStream(HOME)).or(EventQuery.ofStream(StreamId.of("never-used")));
        int before = watched.sent().size();

        QueriedEvents<Event> found = store.readEvents(query, Event.class);

        assertThat(found.toList()).extracting(RecordedEvent::streamId).containsExactly(HOME, ELSEWHERE, HOME, HOME);
        append(event(ELSEWHERE, C1), event(HOME), event(ELSEWHERE));
        assertThat(readAfter(found.boundary(), query))
                .extracting(StoredEvent::streamId)
                .containsExactly(ELSEWHERE, HOME);
        assertThat(store.readEvents(EventQuery.ofStream(ELSEWHERE), Event.class).toList())
                .hasSize(4);
        assertThat(watched.sent().size() - before).isEqualTo(3);
    }

    @Test
    void whatever_is_committed_between_its_statements_a_boundary_counts_what_is_read() {
        for (int events : new int[] {0, 3, TagHeads.LARGEST - 1, TagHeads.LARGEST}) {
            EventTag one = EventTag.of("one", "of-" + events);
            EventTag other = EventTag.of("other", "of-" + events);
            StreamId home = StreamId.of("home-" + events);
            append(Collections.nCopies(events, home).stream()
                    .map(id -> event(id, one, other))
                    .toArray(NewEvent[]::new));
            EventQuery query =
                    EventQuery.tagged(one).or(EventQuery.tagged(other)).or(EventQuery.ofStream(home));
            watched.beforeEach(sql -> append(event(home, one, other)));

            StoredMatches all = store.internals().readMatching(query, Event.class, Optional.empty());
            List<StoredEvent> read = list(all);
            StoredMatches since = store.internals().readMatching(query, Event.class, Optional.of(all.boundary()));
            List<StoredEvent> readSince = list(since);
            watched.beforeEach(sql -> {});

            assertCounted(all.boundary(), read.size(), read);
            assertCounted(since.boundary(), read.size() + readSince.size(), readSince);
        }
    }

    private static void assertCounted(Boundary boundary, int events, List<StoredEvent> lastRead) {
        assertThat(lastRead).isNotEmpty();
        long last = lastRead.get(lastRead.size() - 1).position().value();
        boundary.guards()
                .forEach(guard -> assertThat(guard.seen())
                        .isEqualTo(new Boundary.Seen(events, EventTag.isRow(guard.rowId()) ? last : 0)));
    }

    @Test
    void what_is_found_does_not_depend_on_what_fits() {
        List<Integer> sizes = List.of(1, 16, 17, 128, 129, TagHeads.LARGEST, TagHeads.LARGEST + 1, 700);
        List<EventTag> tags =
                sizes.stream().map(size -> EventTag.of("size", "of-" + size)).toList();
        for (int i = 0; i < sizes.size(); i++) {
            appendMany(sizes.get(i), tags.get(i), ADA);
        }

        for (int i = 0; i < tags.size(); i++) {
            EventQuery one = EventQuery.tagged(tags.get(i));
            QueriedEvents<Event> found = store.readEvents(one, Event.class);
            assertThat(found.toList()).hasSize(sizes.get(i)).isEqualTo(found.toList());
            for (EventTag more : tags) {
                if (!more.equals(tags.get(i))) {
                    int both = sizes.get(i) + sizes.get(tags.indexOf(more));
                    assertFound(one.or(EventQuery.tagged(more)), both);
                }
            }
        }
        assertFound(
                tags.stream().map(EventQuery::tagged).reduce(EventQuery::or).orElseThrow(),
                sizes.stream().mapToInt(Integer::intValue).sum());
    }

    @Test
    void more_tags_than_one_statement_has_room_for_are_read() {
        EventQuery all = EventQuery.tagged(ADA);
        for (int i = 0; i < TagHeads.MAX_KEYS; i++) {
            EventTag tag = EventTag.of("number", "n" + i);
            append(event(HOME, tag, ADA));
            append(event(HOME, tag));
            all = all.or(EventQuery.tagged(tag));
            assertFound(all, 2 * i + 2);
        }
    }

    @Test
    void the_first_statement_brings_a_bounded_number_of_rows() {
        EventQuery all = EventQuery.tagged(NEVER_USED);
        for (int i = 0; i < 7; i++) {
            EventTag tag = EventTag.of("number", "n" + i);
            appendMany(200, tag);
            all = all.or(EventQuery.tagged(tag));
        }
        appendMany(2 * TagHeads.MAX_ROWS, ADA);
        all = all.or(EventQuery.ofStream(ELSEWHERE).ofTypes(Withdrawn.class));
        long before = watched.rows(FIRST);

        assertFound(all, 1_400);
        assertFound(EventQuery.tagged(ADA), 2 * TagHeads.MAX_ROWS);

        assertThat(watched.rows(FIRST) - before).isLessThanOrEqualTo(TagHeads.MAX_ROWS + 10);
    }

    private void assertFound(EventQuery query, int expected) {
        List<RecordedEvent<Event>> found = store.readEvents(query, Event.class).toList();
        assertThat(found).as(query.toString()).hasSize(expected).doesNotHaveDuplicates();
        assertThat(found).extracting(RecordedEvent::position).isSorted();
    }

    @Test
    void events_of_the_types_of_their_item_are_found_each_once() {
        append(
                event(HOME, ADA),
                new NewEvent(UUID.randomUUID(), HOME, new Withdrawn(HOME, 1)).withTags(set(ADA, C1)),
                new NewEvent(UUID.randomUUID(), HOME, new Withdrawn(HOME, 2)).withTags(set(C1)),
                event(ELSEWHERE, C1));
        EventQuery query = EventQuery.tagged(ADA).ofTypes(Withdrawn.class).or(EventQuery.tagged(C1));

        assertThat(store.readEvents(query, Event.class).toList())
                .extracting(RecordedEvent::event)
                .containsExactly(new Withdrawn(HOME, 1), new Withdrawn(HOME, 2), new Deposited(ELSEWHERE, 1));
        assertThat(store.readEvents(EITHER, Withdrawn.class).toList()).hasSize(2);
    }

    @Test
    void events_that_are_too_large_for_the_first_statement_are_found() {
        EventStore frugal =
                TestDatabase.builder(watched, prefix).readBytes(10_000).build();
        for (int i = 0; i < 5; i++) {
            append(new NewEvent(UUID.randomUUID(), HOME, new Opened(HOME, ("" + i).repeat(i * 3_000)))
                    .withTags(set(ADA, C1)));
        }

        assertThat(frugal.readEvents(EITHER, Opened.class).toList())
                .extracting(event -> event.event().owner().length())
                .containsExactly(0, 3_000, 6_000, 9_000, 12_000);
    }

    @Test
    void nothing_is_read_after_a_boundary_below_which_an_event_was_given_the_tag() {
        append(event(HOME, C1));
        append(event(HOME, ADA));
        Boundary before = store.readEvents(EITHER, Event.class).boundary();
        long untagged = before.seen(C1.rowId()).lastPosition();
        append(event(HOME, ADA));
        assertThat(readAfter(before, EITHER)).hasSize(1);

        giveEntry(ADA, untagged);

        assertThatExceptionOfType(BoundaryConflictException.class).isThrownBy(() -> readAfter(before, EITHER));
        assertThat(readAfter(store.readEvents(EITHER, Event.class).boundary(), EITHER))
                .isEmpty();
    }

    private void giveEntry(EventTag tag, long position) {
        owner().update(
                        named("INSERT INTO eventcore_event_tag (tag_key, position)"
                                + " SELECT stream_key, ? FROM eventcore_stream WHERE stream_id = ?"),
                        position,
                        tag.rowId());
        owner().update(named("UPDATE eventcore_stream SET version = version + 1 WHERE stream_id = ?"), tag.rowId());
    }

    @Test
    void a_tag_that_does_not_count_its_events_is_told() {
        appendMany(3, ADA);
        appendMany(TagHeads.LARGEST + 1, C1);
        for (EventTag tag : List.of(ADA, C1)) {
            owner().update(named("UPDATE eventcore_stream SET version = version - 1 WHERE stream_id = ?"), tag.rowId());

            assertThatExceptionOfType(EventStoreException.class)
                    .as(tag.toString())
                    .isThrownBy(() -> store.readEvents(EventQuery.tagged(tag), Event.class)
                            .toList())
                    .havingCause()
                    .withMessageContaining("counts");
        }
    }

    @Test
    void an_event_whose_stream_is_missing_is_not_skipped() {
        append(event(HOME, ADA));
        append(event(ELSEWHERE, ADA));
        owner().update(named("DELETE FROM eventcore_stream WHERE stream_id = ?"), ELSEWHERE.value());

        assertThatExceptionOfType(EventStoreException.class)
                .isThrownBy(() ->
                        store.readEvents(EventQuery.tagged(ADA), Event.class).toList())
                .havingCause()
                .withMessageContaining("which is not there");
    }

    @Test
    void a_name_that_old_events_are_being_given_is_refused_also_for_a_tag_that_nobody_has_used() {
        append(event(HOME, ADA, C1));
        owner().update(named("INSERT INTO eventcore_tag_name (name, complete) VALUES ('course', FALSE)"));

        for (EventQuery query : List.of(EITHER, EventQuery.tagged(NEVER_USED))) {
            assertThatExceptionOfType(TagsIncompleteException.class)
                    .isThrownBy(() -> store.readEvents(query, Event.class))
                    .withMessageContaining("'course'");
        }
        assertFound(EventQuery.tagged(ADA), 1);
    }

    private List<StoredEvent> readAfter(Boundary boundary, EventQuery query) {
        return list(store.internals().readMatching(query, Event.class, Optional.of(boundary)));
    }

    private static List<StoredEvent> list(StoredMatches matches) {
        List<StoredEvent> events = new ArrayList<>();
        matches.events().forEach(events::add);
        return events;
    }

    private void appendMany(int events, EventTag... tags) {
        for (int from = 0; from < events; from += 500) {
            NewEvent[] some = new NewEvent[Math.min(500, events - from)];
            for (int i = 0; i < some.length; i++) {
                some[i] = event(i % 2 == 0 ? HOME : ELSEWHERE, tags);
            }
            append(some);
        }
    }

    final void append(NewEvent... events) {
        StreamWrites writes = StreamWrites.empty();
        for (NewEvent event : events) {
            writes = writes.registerStream(event.streamId(), any()).append(event);
        }
        writer.appendEvents(writes);
    }

    static NewEvent event(StreamId home, EventTag... tags) {
        return TagsContract.event(home, tags);
    }

    private static Set<EventTag> set(EventTag... tags) {
        return new HashSet<>(List.of(tags));
    }

    final JdbcTemplate owner() {
        return new JdbcTemplate(database().ownersDataSource());
    }

    final String named(String sql) {
        return new TableNames("", prefix).in(sql);
    }
}
