package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Boundary;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.QueriedEvents;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which events a query finds, and in which order. */
abstract class TaggedReadsContract extends TagFixture {
    /** More events than any store reads in one page. */
    private static final int LONG = 5_300;

    @Test
    void events_of_one_tag_are_found_in_all_streams_in_the_order_of_the_log() {
        append(opened("c1"));
        append(subscribed("ada", "c1"), subscribed("bob", "c2"));
        append(subscribed("bob", "c1"));

        QueriedEvents<SchoolEvent> found = store.readEvents(course("c1"), SchoolEvent.class);

        assertThat(found.stream().map(RecordedEvent::event))
                .containsExactly(opened("c1"), subscribed("ada", "c1"), subscribed("bob", "c1"));
        assertThat(found.toList()).extracting(RecordedEvent::position).isSorted();
        assertThat(found.toList())
                .extracting(RecordedEvent::streamId)
                .containsExactly(StreamId.of("course/c1"), StreamId.of("student/ada"), StreamId.of("student/bob"));
        assertThat(found.fold(0, (sum, event) -> sum + 1)).isEqualTo(3);
    }

    @Test
    void an_event_is_read_by_its_tags_as_it_is_read_by_its_stream() {
        append(opened("c1"), subscribed("ada", "c1"));

        assertThat(store.readEvents(student("ada"), SchoolEvent.class).toList())
                .isEqualTo(store.readStream(StreamId.of("student/ada"), SchoolEvent.class)
                        .toList());
    }

    @Test
    void tags_named_together_must_all_be_carried() {
        append(subscribed("ada", "c1"), subscribed("ada", "c2"), subscribed("bob", "c1"));

        assertThat(found(course("c1").and("student", "ada"))).containsExactly(subscribed("ada", "c1"));
        assertThat(found(course("c2").and("student", "bob"))).isEmpty();
        assertThat(found(course("c3").and("student", "ada"))).isEmpty();
    }

    @Test
    void of_several_items_any_is_enough_and_an_event_that_matches_two_comes_once() {
        append(subscribed("ada", "c1"), subscribed("bob", "c1"), subscribed("bob", "c2"), opened("c2"));

        assertThat(found(course("c1").or(student("bob"))))
                .containsExactly(subscribed("ada", "c1"), subscribed("bob", "c1"), subscribed("bob", "c2"));
        assertThat(found(course("c2").or(course("c2").and("student", "bob")).or(student("bob"))))
                .containsExactly(subscribed("bob", "c1"), subscribed("bob", "c2"), opened("c2"));
    }

    @Test
    void an_item_that_names_types_finds_only_these() {
        append(opened("c1"), renamed("c1"), subscribed("ada", "c1"), renamed("c2"));

        assertThat(found(course("c1").ofTypes(CourseOpened.class, Subscribed.class)))
                .containsExactly(opened("c1"), subscribed("ada", "c1"));
        assertThat(found(course("c1").ofTypes(CourseOpened.class).or(course("c2"))))
                .containsExactly(opened("c1"), renamed("c2"));
    }

    @Test
    void a_stream_is_read_in_the_same_cut_as_tags() {
        append(opened("c1"), subscribed("ada", "c1"), subscribed("ada", "c2"), subscribed("bob", "c2"));
        StreamId ada = StreamId.of("student/ada");

        assertThat(found(EventQuery.ofStream(ada).or(course("c1"))))
                .containsExactly(opened("c1"), subscribed("ada", "c1"), subscribed("ada", "c2"));
        assertThat(found(EventQuery.ofStream(StreamId.of("course/c1"))
                        .ofTypes(CourseOpened.class)
                        .or(course("c2"))))
                .containsExactly(opened("c1"), subscribed("ada", "c2"), subscribed("bob", "c2"));
        assertThat(boundary(EventQuery.ofStream(ada)).seen("student/ada").version())
                .isEqualTo(2);
    }

    @Test
    void the_type_read_as_leaves_out_what_is_of_another_type() {
        append(opened("c1"), subscribed("ada", "c1"));
        StreamId audits = StreamId.of("audits");
        store.appendEvents(StreamWrites.empty()
                .registerStream(audits, ExpectedVersion.any())
                .append(new NewEvent(UUID.randomUUID(), audits, new Audited("looked at"))
                        .withTags(Set.of(EventTag.of("course", "c1")))));

        assertThat(store.readEvents(course("c1"), SchoolEvent.class).toList()).hasSize(2);
        assertThat(store.readEvents(course("c1"), Subscribed.class).toList()).hasSize(1);
        assertThat(store.readEvents(course("c1"), Event.class).toList()).hasSize(3);
    }

    @Test
    void a_type_that_is_not_registered_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.readEvents(course("c1").ofTypes(Unregistered.class), Event.class));
        assertThatIllegalArgumentException().isThrownBy(() -> store.readEvents(course("c1"), Unregistered.class));
    }

    @Test
    void tags_are_told_apart_by_every_character() {
        List<String> subjects = List.of(
                "a",
                "A",
                "a:b",
                "a b",
                "\u00E4",
                "a\u0308",
                "!",
                "~",
                "\uFFFD",
                "\uD83D\uDE00",
                "1",
                "10",
                "%",
                "_",
                "\\");
        for (String subject : subjects) {
            append(noted("n", subject));
        }

        for (String subject : subjects) {
            assertThat(found(subject(subject))).as(subject).containsExactly(noted("n", subject));
        }
        assertThat(found(EventQuery.tagged("subjects", "a"))).isEmpty();
        assertThat(found(EventQuery.tagged(EventTag.of("subject")))).isEmpty();
    }

    @Test
    void a_tag_of_the_greatest_length_and_an_event_with_the_most_tags_are_found() {
        String longest = "\uD83D\uDE00".repeat(254 - "subject:".length());
        Set<String> many = new HashSet<>();
        for (int i = 0; i < EventTag.MAX_PER_EVENT; i++) {
            many.add("many-" + i);
        }
        append(noted("n", longest), new Noted("n", many, 7));

        assertThat(found(subject(longest))).hasSize(1);
        for (String one : many) {
            assertThat(found(subject(one))).containsExactly(new Noted("n", many, 7));
        }
        EventQuery all = many.stream()
                .map(TagFixture::subject)
                .reduce((query, one) -> query.and(one.items().get(0).tags().get(0)))
                .orElseThrow();
        assertThat(found(all)).hasSize(1);
    }

    @Test
    void nothing_is_found_where_nothing_is() {
        QueriedEvents<SchoolEvent> found = store.readEvents(course("c1").or(student("ada")), SchoolEvent.class);

        assertThat(found.toList()).isEmpty();
        assertThat(found.boundary().guards())
                .allSatisfy(guard -> assertThat(guard.seen()).isEqualTo(Boundary.Seen.NOTHING));
    }

    @Test
    void a_tag_is_no_stream_and_no_event() {
        append(opened("c1"), subscribed("ada", "c1"));
        assertThat(succeeds(store, StreamWrites.empty().restingOn(boundary(course("never-used")))))
                .isTrue();

        assertThat(store.streamIds(StreamPrefix.of("course"), StreamIdPage.first(100)))
                .containsExactly(StreamId.of("course/c1"));
        assertThat(store.streamVersion(StreamId.of("course:c1"))).isEqualTo(StreamVersion.NONE);
        assertThat(store.readEvents(EventFilter.all(), EventPage.first(10), Event.class)
                        .events())
                .hasSize(2);
    }

    @Test
    void a_long_read_comes_in_pages_and_ends_where_it_was_when_it_began() {
        for (int i = 0; i < LONG; i += 100) {
            StreamWrites writes = StreamWrites.empty();
            for (int j = i; j < i + 100; j++) {
                Noted note = new Noted("n" + j % 3, Set.of("long", "n" + j % 2), j);
                writes = writes.registerStream(note.streamId(), ExpectedVersion.any())
                        .append(note);
            }
            store.appendEvents(writes);
        }
        QueriedEvents<Noted> read = store.readEvents(subject("long").or(subject("n1")), Noted.class);
        Iterator<RecordedEvent<Noted>> events = read.iterator();
        List<Long> numbers = new ArrayList<>();
        numbers.add(events.next().event().number());
        append(noted("late", "long"), noted("late", "n1"));
        events.forEachRemaining(event -> numbers.add(event.event().number()));

        assertThat(numbers).hasSize(LONG);
        for (int i = 0; i < LONG; i++) {
            assertThat(numbers.get(i)).isEqualTo(i);
        }
        assertThat(read.toList()).hasSize(LONG);
        assertThat(found(subject("long").and("subject", "n1"))).hasSize(LONG / 2);
    }

    @Test
    void a_read_after_a_boundary_finds_what_was_committed_since() {
        append(opened("c1"), subscribed("ada", "c1"), subscribed("ada", "c2"));
        EventQuery query = course("c1").or(course("c2").and("student", "ada"));
        StoredMatches before = store.internals().readMatching(query, SchoolEvent.class, Optional.empty());
        append(renamed("c1"), subscribed("bob", "c1"), subscribed("bob", "c2"));
        append(subscribed("ada", "c2"));

        StoredMatches since = store.internals().readMatching(query, SchoolEvent.class, Optional.of(before.boundary()));

        assertThat(names(since)).containsExactly("school.course-renamed", "school.subscribed", "school.subscribed");
        assertThat(since.boundary().guardRows()).isEqualTo(before.boundary().guardRows());
        StoredMatches none = store.internals().readMatching(query, SchoolEvent.class, Optional.of(since.boundary()));
        assertThat(names(none)).isEmpty();
        assertThat(none.boundary()).isEqualTo(since.boundary());
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        store.internals().readMatching(course("c1"), SchoolEvent.class, Optional.of(since.boundary())));
    }

    /** A store may leave it open which event matches which item. */
    @Test
    void what_matches_an_item_is_told_as_if_it_were_read_alone() {
        append(opened("c1"), subscribed("ada", "c1"), renamed("c1"), subscribed("ada", "c2"));
        append(subscribed("bob", "c1"));
        EventQuery query = course("c1")
                .ofTypes(Subscribed.class)
                .or(student("ada"))
                .or(student("nobody"))
                .or(EventQuery.ofStream(StreamId.of("course/c1")));

        assertToldApart(query, store.internals().readMatching(query, Event.class, Optional.empty()));
    }

    private void assertToldApart(EventQuery query, StoredMatches read) {
        for (int i = 0; i < read.ofItems().size(); i++) {
            EventQuery alone = new EventQuery(List.of(query.items().get(i)));
            Iterable<StoredEvent> told = read.ofItems().get(i);
            assertThat(ids(told))
                    .as("events of %s", alone)
                    .isEqualTo(ids(store.internals()
                            .readMatching(alone, Event.class, Optional.empty())
                            .events()))
                    .as("read once more")
                    .isEqualTo(ids(told));
        }
    }

    @Test
    void a_read_goes_on_from_a_place_of_its_own_for_each_tag_and_stream() {
        append(opened("c1"), subscribed("ada", "c1"), subscribed("bob", "c1"), subscribed("ada", "c2"));
        EventQuery query = student("ada")
                .or(course("c1").ofTypes(Subscribed.class))
                .or(EventQuery.ofStream(StreamId.of("student/bob")));
        Boundary seen = store.readEvents(query, Event.class).boundary();
        Map<String, Boundary.Seen> beforeLast = new HashMap<>();
        for (String row : List.of(EventTag.of("course", "c1").rowId(), "student/bob")) {
            Boundary.Seen last = seen.seen(row);
            beforeLast.put(row, new Boundary.Seen(last.version() - 1, Math.max(0, last.lastPosition() - 1)));
        }

        StoredMatches read =
                store.internals().readMatching(query, Event.class, Optional.of(Boundary.after(query, beforeLast)));

        assertThat(read.ofItems().stream().map(ofItem -> ids(ofItem).size()).toList())
                .isIn(List.of(), List.of(2, 1, 1));
        assertThat(names(read)).containsOnly("school.subscribed").hasSize(3);
        assertThat(read.boundary()).isEqualTo(seen);
    }

    private static List<UUID> ids(Iterable<StoredEvent> events) {
        List<UUID> ids = new ArrayList<>();
        for (StoredEvent event : events) {
            ids.add(event.id());
        }
        return ids;
    }

    private static List<String> names(StoredMatches matches) {
        List<String> names = new ArrayList<>();
        for (StoredEvent event : matches.events()) {
            names.add(event.typeName());
        }
        return names;
    }

    @Test
    void the_tags_of_the_append_count_whatever_the_event_says_later() {
        StreamId home = StreamId.of("notes/n");
        EventStreamSlice slice = store.appendEvents(StreamWrites.empty()
                .registerStream(home, ExpectedVersion.any())
                .append(new NewEvent(UUID.randomUUID(), home, noted("n", "said"))
                        .withTags(Set.of(EventTag.of("subject", "given")))));

        assertThat(found(subject("said"))).isEmpty();
        assertThat(store.readEvents(subject("given"), SchoolEvent.class).toList())
                .extracting(RecordedEvent::position)
                .containsExactly(slice.lastPosition());
    }

    @EventType("school.unregistered")
    private record Unregistered(StreamId streamId) implements Event {}
}
