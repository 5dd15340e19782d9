package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.CourseRenamed;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Revised;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Pages of the log by tags: they are as full as their limit allows, and nothing skips them or holds them up. */
abstract class TaggedPagesContract extends TagFixture {
    private static final int WRITERS = 6;
    private static final int APPENDS_PER_WRITER = 40;

    @Test
    void a_filter_may_ask_for_tags_types_and_streams_together() {
        append(opened("c1"), subscribed("ada", "c1"), subscribed("bob", "c2"), renamed("c1"));
        append(subscribed("bob", "c1"));

        assertThat(pages(tagged("course", "c1"), 2))
                .containsExactly(opened("c1"), subscribed("ada", "c1"), renamed("c1"), subscribed("bob", "c1"));
        assertThat(pages(tagged("course", "c1").ofTypes(Subscribed.class), 1))
                .containsExactly(subscribed("ada", "c1"), subscribed("bob", "c1"));
        assertThat(store.internals()
                        .readStored(tagged("course", "c1").ofTypes(Subscribed.class), EventPage.first(10))
                        .events())
                .hasSize(2);
        assertThat(pages(tagged("course", "c1").and("student", "bob"), 1)).containsExactly(subscribed("bob", "c1"));
        assertThat(pages(tagged("student", "ada").and("student", "bob"), 1)).isEmpty();
        assertThat(pages(prefix("course/").and("course", "c1"), 1)).containsExactly(opened("c1"), renamed("c1"));
        assertThat(pages(pattern("*/c?").and("course", "c1").ofTypes(CourseRenamed.class), 1))
                .containsExactly(renamed("c1"));
        assertThat(pages(pattern("student/*").ofTypes(CourseOpened.class).and("course", "c1"), 1))
                .isEmpty();
    }

    @Test
    void a_filter_by_tags_gives_the_same_events_in_the_same_order_whatever_the_size_of_a_page() {
        Random random = new Random(20_261_129);
        List<SchoolEvent> appended = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Set<String> subjects = new HashSet<>();
            for (String subject : List.of("a", "b", "c")) {
                if (random.nextInt(3) == 0) {
                    subjects.add(subject);
                }
            }
            String home = "n" + random.nextInt(3);
            appended.add(random.nextInt(4) == 0 ? new Revised(home, subjects, i) : new Noted(home, subjects, i));
        }
        append(appended.toArray(SchoolEvent[]::new));

        for (int size : List.of(1, 2, 7, 100)) {
            assertPages(size, tagged("subject", "a"), appended, event -> carries(event, "a"));
            assertPages(
                    size,
                    tagged("subject", "a").and("subject", "b").and("subject", "c"),
                    appended,
                    event -> carries(event, "a") && carries(event, "b") && carries(event, "c"));
            assertPages(
                    size,
                    tagged("subject", "b").ofTypes(Revised.class),
                    appended,
                    event -> carries(event, "b") && event instanceof Revised);
            assertPages(
                    size,
                    pattern("*2").and("subject", "b").ofTypes(Noted.class),
                    appended,
                    event -> carries(event, "b")
                            && event instanceof Noted noted
                            && noted.home().equals("n2"));
        }
    }

    private static boolean carries(SchoolEvent event, String subject) {
        return event.eventTags().contains(EventTag.of("subject", subject));
    }

    private void assertPages(int size, EventFilter filter, List<SchoolEvent> appended, Predicate<SchoolEvent> wanted) {
        assertThat(pages(filter, size))
                .as("%s by pages of %d", filter, size)
                .isNotEmpty()
                .containsExactlyElementsOf(appended.stream().filter(wanted).toList());
    }

    @Test
    void events_with_a_tag_far_apart_fill_a_page_and_where_none_follow_it_ends_the_log() {
        List<Long> rare = List.of(1L, 2L, 40L, 900L, 901L, 2_500L);
        List<SchoolEvent> all = new ArrayList<>();
        for (long i = 1; i < 3_000; i++) {
            all.add(new Noted("n", Set.of(rare.contains(i) ? "rare" : "other", "all"), i));
            if (i % 500 == 0 || i == 2_999) {
                append(all.toArray(SchoolEvent[]::new));
                all.clear();
            }
        }
        GlobalPosition last = store.lastPosition();

        for (EventFilter filter : List.of(
                tagged("subject", "rare"),
                tagged("subject", "all").and("subject", "rare"),
                tagged("subject", "rare").ofTypes(Noted.class),
                prefix("notes/").and("subject", "rare"))) {
            EventBatch<Event> full = read(filter, EventPage.first(rare.size()));
            assertThat(numbers(full)).as("%s", filter).containsExactlyElementsOf(rare);
            assertThat(numbers(read(filter, EventPage.first(4))))
                    .as("%s", filter)
                    .containsExactly(1L, 2L, 40L, 900L);
            EventBatch<Event> rest = read(filter, EventPage.first(rare.size()).next(full));
            assertThat(rest.events()).isEmpty();
            assertThat(rest.endReached()).isTrue();
            assertThat(rest.continueAfter()).isGreaterThanOrEqualTo(last);
        }
    }

    @Test
    void a_page_by_tags_of_large_events_ends_early_and_says_that_more_follow() {
        String large = "x".repeat(900_000);
        List<SchoolEvent> appended = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            SchoolEvent renamed = new CourseRenamed("c1", i + large);
            append(renamed, subscribed("ada", "c2"));
            appended.add(renamed);
        }

        EventBatch<Event> first = read(tagged("course", "c1"), EventPage.first(100));

        assertThat(first.events()).isNotEmpty().hasSizeLessThan(8);
        assertThat(first.endReached()).isFalse();
        assertThat(pages(tagged("course", "c1"), 100)).isEqualTo(appended);
    }

    @Test
    void no_page_by_tags_continues_beyond_the_last_committed_event() {
        append(opened("c1"));
        GlobalPosition committed = append(subscribed("ada", "c2")).lastPosition();
        transaction.executeWithoutResult(status -> {
            for (int i = 0; i < 50; i++) {
                append(subscribed("bob", "c1"));
            }
            status.setRollbackOnly();
        });

        for (EventFilter filter : everyKindOfFilter()) {
            for (int size : List.of(1, 10)) {
                for (GlobalPosition after : List.of(GlobalPosition.START, committed)) {
                    EventBatch<Event> page = read(filter, EventPage.after(after, size));
                    EventBatch<Event> rest = read(filter, EventPage.after(page.continueAfter(), size));
                    assertThat(page.continueAfter()).as("%s", filter).isLessThanOrEqualTo(committed);
                    assertThat(rest.continueAfter()).as("%s", filter).isEqualTo(committed);
                    assertThat(rest.endReached()).as("%s", filter).isTrue();
                }
            }
        }
        GlobalPosition next = append(subscribed("bob", "c3")).lastPosition();
        for (EventFilter filter : everyKindOfFilter()) {
            assertThat(read(filter, EventPage.after(committed, 10)).continueAfter())
                    .as("%s", filter)
                    .isEqualTo(next);
        }
    }

    @Test
    void a_reader_by_tags_that_has_been_further_than_the_log_reaches_is_told() {
        GlobalPosition last = append(opened("c1")).lastPosition();

        for (EventFilter filter : everyKindOfFilter()) {
            for (long beyond : List.of(last.value() + 1, last.value() + 1_000, Long.MAX_VALUE)) {
                assertThatExceptionOfType(EventStoreUnavailableException.class)
                        .as("%s after %d", filter, beyond)
                        .isThrownBy(() -> read(filter, EventPage.after(GlobalPosition.of(beyond), 10)))
                        .withMessageContaining("set back");
            }
            assertThat(read(filter, EventPage.after(last, 10)).endReached()).isTrue();
        }
    }

    private static List<EventFilter> everyKindOfFilter() {
        return List.of(
                tagged("course", "c1"),
                tagged("course", "never-used"),
                tagged("course", "c1").and("student", "bob"),
                tagged("course", "c1").ofTypes(CourseOpened.class),
                prefix("course/").and("course", "c1"));
    }

    @Test
    void an_event_with_a_tag_that_is_committed_late_is_delivered_in_its_place() throws InterruptedException {
        FollowedLog known = new FollowedLog(store, tagged("student", "ada"), 50);
        FollowedLog first = new FollowedLog(store, tagged("course", "late"), 50);
        append(subscribed("ada", "c1"));
        known.poll();
        first.poll();
        // No other command waits for it: the tag of another student, and a course that was never used before.
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Thread late = new Thread(() -> transaction.executeWithoutResult(status -> {
            append(subscribed("bob", "late"));
            appended.countDown();
            await(end);
        }));
        late.start();
        await(appended);
        Thread fast = new Thread(() -> append(subscribed("ada", "c2")));
        fast.start();
        // Some stores let the fast append commit first, others make it wait; the reader must not care.
        for (int i = 0; i < 100 && found(course("c2")).isEmpty(); i++) {
            known.poll();
            first.poll();
        }
        first.poll();
        assertThat(first.events()).isEmpty();
        end.countDown();
        late.join();
        fast.join();

        known.poll();
        first.poll();
        assertThat(events(known)).containsExactly(subscribed("ada", "c1"), subscribed("ada", "c2"));
        assertThat(events(first)).containsExactly(subscribed("bob", "late"));
    }

    @Test
    void a_page_by_tags_does_not_show_what_the_readers_own_transaction_has_not_committed() {
        append(opened("c1"));

        List<SchoolEvent> seen = transaction.execute(status -> {
            append(renamed("c1"));
            return pages(tagged("course", "c1"), 10);
        });

        assertThat(seen).containsExactly(opened("c1"));
        assertThat(pages(tagged("course", "c1"), 10)).containsExactly(opened("c1"), renamed("c1"));
    }

    @Test
    void under_load_with_rollbacks_every_event_of_a_tag_is_delivered_once_and_in_order() {
        FollowedLog one = new FollowedLog(store, tagged("subject", "s0"), 20);
        FollowedLog both = new FollowedLog(store, tagged("subject", "s0").and("subject", "t1"), 3);
        AtomicInteger ofOne = new AtomicInteger();
        AtomicInteger ofBoth = new AtomicInteger();
        CountDownLatch writing = new CountDownLatch(WRITERS);
        List<Callable<Void>> all = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            Random random = new Random(writer);
            String home = "w" + writer;
            all.add(() -> {
                try {
                    for (int i = 0; i < APPENDS_PER_WRITER; i++) {
                        int s = random.nextInt(3);
                        int t = random.nextInt(3);
                        if (appendSomehow(random, noted(home, "s" + s, "t" + t)) && s == 0) {
                            ofOne.incrementAndGet();
                            ofBoth.addAndGet(t == 1 ? 1 : 0);
                        }
                    }
                } finally {
                    writing.countDown();
                }
                return null;
            });
        }
        all.add(() -> {
            while (writing.getCount() > 0) {
                one.poll();
                both.poll();
            }
            return null;
        });
        Race.run(all);
        one.poll();
        both.poll();

        assertThat(one.positions()).isSorted().doesNotHaveDuplicates().hasSize(ofOne.get());
        assertThat(both.positions()).isSorted().doesNotHaveDuplicates().hasSize(ofBoth.get());
    }

    private boolean appendSomehow(Random random, SchoolEvent event) {
        int choice = random.nextInt(10);
        if (choice < 6) {
            append(event);
            return true;
        }
        transaction.executeWithoutResult(status -> {
            append(event);
            if (choice == 9) {
                status.setRollbackOnly();
            }
        });
        return choice != 9;
    }

    @Test
    void whether_an_event_that_was_read_carries_a_tag_is_not_told_by_the_event() {
        assertThatIllegalArgumentException().isThrownBy(() -> store.internals().matching(tagged("course", "c1")));
    }

    @Test
    void a_projection_by_tags_is_given_old_and_new_events_of_them_and_no_others() {
        append(opened("c1"), opened("c2"), subscribed("ada", "c1"));
        AppendSignal signal = new AppendSignal();
        List<SchoolEvent> applied = new CopyOnWriteArrayList<>();
        List<SchoolEvent> everything = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = ProjectionRunner.builder(store, new InMemoryProjectionStore())
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .wokenBy(signal)
                .projection(Projection.named("course", SchoolEvent.class)
                        .filter(tagged("course", "c1"))
                        .atLeastOnce()
                        .on(SchoolEvent.class, event -> applied.add(event.event()))
                        .build())
                .projection(Projection.named("all", SchoolEvent.class)
                        .atLeastOnce()
                        .on(SchoolEvent.class, event -> everything.add(event.event()))
                        .build())
                .build();
        try {
            runner.start();
            Eventually.until("what was there is applied", () -> applied.size() >= 2 && everything.size() >= 3);
            append(subscribed("ada", "c2"), subscribed("bob", "c1"));
            Eventually.until("the news are applied", () -> applied.size() >= 3 && everything.size() >= 5);
            append(renamed("c2"));
            append(renamed("c1"));
            Eventually.until("what came last is applied", () -> applied.size() >= 4 && everything.size() >= 7);
        } finally {
            runner.stop();
        }

        assertThat(applied)
                .containsExactly(opened("c1"), subscribed("ada", "c1"), subscribed("bob", "c1"), renamed("c1"));
    }

    @Test
    void a_stream_that_a_projection_by_tags_has_parked_goes_on_with_events_of_them_alone() {
        InMemoryProjectionStore checkpoints = new InMemoryProjectionStore();
        AtomicBoolean broken = new AtomicBoolean(true);
        List<SchoolEvent> applied = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = ProjectionRunner.builder(store, checkpoints)
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .projection(Projection.named("a", SchoolEvent.class)
                        .filter(tagged("subject", "a"))
                        .atLeastOnce()
                        .onError(failure -> FailureDecision.PARK)
                        .on(SchoolEvent.class, event -> {
                            if (broken.get()) {
                                throw new IllegalStateException("broken");
                            }
                            applied.add(event.event());
                        })
                        .build())
                .build();
        try {
            runner.start();
            append(noted("home", "a"), noted("home", "b"), noted("home", "a", "b"), noted("home", "c"));
            Eventually.until(
                    "the stream is parked",
                    () -> checkpoints.parkedStreams("a").stream().anyMatch(stream -> stream.waiting() >= 2));
            broken.set(false);
            assertThat(runner.retryParked("a", StreamId.of("notes/home"))).isTrue();
            Eventually.until(
                    "the stream goes on", () -> checkpoints.parkedStreams("a").isEmpty());
        } finally {
            runner.stop();
        }

        assertThat(applied).containsExactly(noted("home", "a"), noted("home", "a", "b"));
    }

    private static EventFilter tagged(String name, String value) {
        return EventFilter.tagged(name, value);
    }

    private static EventFilter prefix(String text) {
        return EventFilter.prefix(StreamPrefix.of(text));
    }

    private static EventFilter pattern(String text) {
        return EventFilter.pattern(StreamPattern.of(text));
    }

    private EventBatch<Event> read(EventFilter filter, EventPage page) {
        return store.readEvents(filter, page, Event.class);
    }

    private List<SchoolEvent> pages(EventFilter filter, int size) {
        FollowedLog log = new FollowedLog(store, filter, size);
        log.poll();
        return events(log);
    }

    private static List<SchoolEvent> events(FollowedLog log) {
        return log.events().stream().map(event -> (SchoolEvent) event.event()).toList();
    }

    private static List<Long> numbers(EventBatch<Event> batch) {
        return batch.events().stream()
                .map(RecordedEvent::event)
                .map(event -> ((Noted) event).number())
                .toList();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
