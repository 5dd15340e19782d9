package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.SchoolEvent;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.StoredLog;
import io.eventcore.transfer.TransferConflictException;
import io.eventcore.transfer.TransferFileException;
import io.eventcore.transfer.TransferProgress;
import io.eventcore.transfer.TransferProgress.Step;
import io.eventcore.transfer.TransferRefusedException;
import io.eventcore.transfer.TransferResult;
import io.eventcore.transfer.TransferVerificationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What exports and imports of every store keep. */
abstract class TransferContract {
    /** A store as a test sees it. */
    interface Place {
        /** The store, opened anew if it is a database. */
        EventStore store();

        StoredLog log();
    }

    static final Instant LONG_AGO = Instant.parse("2019-05-04T03:02:01.000001Z");

    @TempDir
    Path folder;

    private Path file = Path.of("");

    /** An empty store. */
    abstract Place empty();

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("events.jsonl");
    }

    /** Events of many streams, in positions with gaps, with texts that are easily spoilt. */
    static List<ExportedEvent> hostile() {
        List<String> streams =
                List.of("a", "A", "ä\u0308", "\uD83D\uDE00-1", "b \"quoted\" \\ /", ",\"payload\":{", "x\u2028y");
        List<String> payloads = List.of(
                "{\"a\":1}",
                " {\n  \"indented\" : [1,\r\n2] }\n",
                "{\"nul\":\"\\u0000\",\"single\":\"\\ud800\",\"line\":\"\u2028\u2029\u0085\"}",
                "\"text\"",
                "1e400",
                "-0.00000000000000000000000000000000000000001",
                "[]",
                "null",
                "{\"payload\":{\"hash\":\"\"},\"a\":1,\"a\":2}",
                "{\"deep\":" + "[".repeat(500) + "]".repeat(500) + "}",
                "{\"emoji\":\"\uD83D\uDE00\",\"slash\":\"\\/\"}");
        List<EventMetadata> metadata = List.of(
                EventMetadata.empty(),
                EventMetadata.empty().with("payload", "},\"payload\":{").with("b", "\"\\\n\u0000\uD83D\uDE00"),
                EventMetadata.empty().withActor("it's me").withCorrelationId("c-1"));
        List<ExportedEvent> events = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            events.add(ExportedEvent.of(
                    GlobalPosition.of(3 + i + 7L * (i / 10)),
                    StreamId.of(streams.get(i % streams.size())),
                    StreamVersion.of(1 + i / streams.size()),
                    new UUID(i, 7),
                    i % 3 == 0 ? "ledger.opened" : "never.heard-of \uD83D\uDE00",
                    LONG_AGO.plusNanos(1_000L * i * i * 1001),
                    metadata.get(i % metadata.size()),
                    payloads.get(i % payloads.size()).getBytes(StandardCharsets.UTF_8)));
        }
        return events;
    }

    /** Events of the application in a number of streams. */
    static List<ExportedEvent> plain(int count) {
        List<ExportedEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String stream = "account-" + i % 50;
            events.add(ExportedEvent.of(
                    GlobalPosition.of(1 + i),
                    StreamId.of(stream),
                    StreamVersion.of(1 + i / 50),
                    new UUID(i, 1),
                    "ledger.deposited",
                    LONG_AGO.plusSeconds(i),
                    EventMetadata.empty().withCorrelationId("c-" + i),
                    "{\"account\":\"%s\",\"cents\":%d}".formatted(stream, i).getBytes(StandardCharsets.UTF_8)));
        }
        return events;
    }

    private TransferResult export(List<ExportedEvent> events) {
        return EventExport.from(new GivenEvents(events)).toFile(file);
    }

    private byte[] exported(Place place) {
        Path again = folder.resolve(UUID.randomUUID() + ".jsonl");
        EventExport.from(place.log()).toFile(again);
        try {
            return Files.readAllBytes(again);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<ExportedEvent> all(Place place) {
        return place.log().read(GlobalPosition.START, GlobalPosition.of(Long.MAX_VALUE), 100_000);
    }

    private static GlobalPosition append(Place place, String stream) {
        StreamId id = StreamId.of(stream);
        return place.store()
                .appendEvents(StreamWrites.to(id, any(), new Deposited(id, 5)))
                .lastPosition();
    }

    @Test
    void what_is_restored_and_exported_again_is_the_same_file() throws IOException {
        List<ExportedEvent> events = hostile();
        export(events);
        Place place = empty();

        TransferResult result = EventImport.into(place.log()).restore(file);

        assertThat(result.events()).isEqualTo(60);
        assertThat(result.written()).isEqualTo(60);
        assertThat(all(place)).isEqualTo(events);
        assertThat(exported(place)).isEqualTo(Files.readAllBytes(file));
    }

    /** Also those that the calendar of {@code java.sql.Timestamp} does not have, or counts otherwise. */
    private static List<ExportedEvent> ofAllTimes() {
        List<Instant> times = List.of(
                Instant.parse("1000-01-01T00:00:00Z"),
                Instant.parse("1500-03-01T00:00:00.000001Z"),
                Instant.parse("1582-10-04T23:59:59.999999Z"),
                Instant.parse("1582-10-05T00:00:00Z"),
                Instant.parse("1582-10-10T12:00:00.123456Z"),
                Instant.parse("1582-10-14T23:59:59.999999Z"),
                Instant.parse("1582-10-15T00:00:00Z"),
                Instant.parse("1582-10-25T00:00:00Z"),
                Instant.parse("1799-12-31T23:59:59.999999Z"),
                Instant.parse("1893-03-31T23:06:32Z"),
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                Instant.parse("9999-12-31T23:59:59.999999Z"));
        List<ExportedEvent> events = new ArrayList<>();
        for (Instant time : times) {
            int number = events.size() + 1;
            events.add(ExportedEvent.of(
                    GlobalPosition.of(number),
                    StreamId.of("account-1"),
                    StreamVersion.of(number),
                    new UUID(number, 1),
                    "ledger.deposited",
                    time,
                    EventMetadata.empty(),
                    "{\"account\":\"account-1\",\"cents\":5}".getBytes(StandardCharsets.UTF_8)));
        }
        return events;
    }

    @Test
    void the_times_of_events_are_kept_through_all_years() {
        List<ExportedEvent> events = ofAllTimes();
        List<Instant> times = events.stream().map(ExportedEvent::recordedAt).toList();
        export(events);
        for (boolean restores : List.of(true, false)) {
            Place place = empty();
            EventImport importing = EventImport.into(place.log());

            assertThat((restores ? importing.restore(file) : importing.append(file)).written())
                    .isEqualTo(events.size());

            // A driver gets the answer to a statement that it has sent several times in another form.
            EventStore store = place.store();
            for (int i = 0; i < 7; i++) {
                assertThat(all(place)).extracting(ExportedEvent::recordedAt).isEqualTo(times);
                assertThat(store.readStream(StreamId.of("account-1"), Deposited.class).stream())
                        .extracting(RecordedEvent::recordedAt)
                        .isEqualTo(times);
                assertThat(store.readEvents(EventFilter.all(), EventPage.first(100), Deposited.class)
                                .events())
                        .extracting(RecordedEvent::recordedAt)
                        .isEqualTo(times);
            }
        }
    }

    /** Events of a school as they are stored: each with its tags, in a file that may tell them. */
    private static List<ExportedEvent> school(int count, boolean tagged) {
        EventSerializer serializer = new JacksonEventSerializer(LedgerEvent.types());
        List<ExportedEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // One student after the other: in the order of the log tags come in any order.
            Subscribed subscribed = new Subscribed("s" + i % 7, i % 3 == 0 ? "\uFF21:\uD83D\uDE00" : "c" + i % 11);
            SerializedEvent stored = serializer.serialize(subscribed);
            ExportedEvent event = ExportedEvent.of(
                    GlobalPosition.of(2 + 3L * i),
                    subscribed.streamId(),
                    StreamVersion.of(1 + i / 7),
                    new UUID(i, 3),
                    stored.typeName(),
                    LONG_AGO.plusSeconds(i),
                    EventMetadata.empty(),
                    stored.payload());
            events.add(tagged ? event.withTags(subscribed.eventTags()) : event);
        }
        return events;
    }

    private static long found(Place place, String name, String value) {
        return place.store().readEvents(EventQuery.tagged(name, value), SchoolEvent.class).stream()
                .count();
    }

    private static long carrying(List<ExportedEvent> events, String name, String value) {
        return events.stream()
                .filter(event -> event.tags().contains(EventTag.of(name, value)))
                .count();
    }

    private static void assertFoundByTags(Place place, List<ExportedEvent> events) {
        for (String student : List.of("s0", "s3", "s6")) {
            assertThat(found(place, "student", student)).isEqualTo(carrying(events, "student", student));
        }
        assertThat(found(place, "course", "\uFF21:\uD83D\uDE00"))
                .isEqualTo(carrying(events, "course", "\uFF21:\uD83D\uDE00"));
        assertThat(found(place, "course", "c1")).isPositive().isEqualTo(carrying(events, "course", "c1"));
    }

    @Test
    void tags_are_restored_and_what_comes_after_them_is_seen_by_those_who_decide_on_them() throws IOException {
        List<ExportedEvent> events = school(2_300, true);
        export(events);
        Place place = empty();

        EventImport.into(place.log()).restore(file);

        assertFoundByTags(place, events);
        assertThat(all(place)).isEqualTo(events);
        assertThat(exported(place)).isEqualTo(Files.readAllBytes(file));
        assertThat(EventImport.into(place.log()).restore(file).written()).isZero();
        assertDecidesOnTags(place);
    }

    /** Whoever decided before one more joined is refused, and one who reads again is not. */
    private static void assertDecidesOnTags(Place place) {
        EventQuery course = EventQuery.tagged("course", "c1");
        EventStore store = place.store();
        Boundary before = store.readEvents(course, SchoolEvent.class).boundary();
        Subscribed late = new Subscribed("late", "c1");
        Subscribed later = new Subscribed("later", "c1");
        store.appendEvents(StreamWrites.to(late.streamId(), any(), late));
        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(() -> store.appendEvents(
                        StreamWrites.to(later.streamId(), any(), later).restingOn(before)));
        Boundary again = store.readEvents(course, SchoolEvent.class).boundary();
        store.appendEvents(StreamWrites.to(later.streamId(), any(), later).restingOn(again));
    }

    @Test
    void tags_are_appended_to_those_of_a_store_in_use_and_once_only() {
        Place place = empty();
        Subscribed own = new Subscribed("own", "c1");
        place.store().appendEvents(StreamWrites.to(own.streamId(), any(), own));
        List<ExportedEvent> events = school(1_200, true);
        export(events);

        assertThat(EventImport.into(place.log()).append(file).written()).isEqualTo(1_200);
        assertThat(EventImport.into(place.log()).append(file).written()).isZero();

        assertThat(found(place, "course", "c1")).isEqualTo(1 + carrying(events, "course", "c1"));
        assertThat(found(place, "student", "s3")).isEqualTo(carrying(events, "student", "s3"));
        assertThat(place.store()
                        .readEvents(EventFilter.tagged("student", "s3"), EventPage.first(1_000), Event.class)
                        .events())
                .hasSize((int) carrying(events, "student", "s3"));
        assertDecidesOnTags(place);
    }

    @Test
    void what_a_file_tells_of_tags_is_compared() {
        Place place = empty();
        export(school(20, true));
        EventImport.into(place.log()).append(file);
        Path other = folder.resolve("other.jsonl");
        List<ExportedEvent> events = new ArrayList<>(school(20, true));
        events.set(11, events.get(11).withTags(Set.of(EventTag.of("student", "somebody-else"))));
        EventExport.from(new GivenEvents(events)).toFile(other);

        assertThatExceptionOfType(TransferVerificationException.class)
                .isThrownBy(() -> EventImport.into(place.log()).append(other))
                .withMessageContaining("tags");
    }

    @Test
    void a_file_without_tags_is_restored_as_it_is_and_not_appended_where_tags_are_used() {
        EventExport.from(new GivenEvents(school(50, false), false)).toFile(file);
        Place place = empty();

        EventImport.into(place.log()).restore(file);

        assertThat(found(place, "student", "s3")).isZero();
        Subscribed own = new Subscribed("own", "c1");
        place.store().appendEvents(StreamWrites.to(own.streamId(), any(), own));
        Path more = folder.resolve("more.jsonl");
        EventExport.from(new GivenEvents(plain(10), false)).toFile(more);
        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place.log()).append(more))
                .withMessageContaining("tagging");
        EventSerializer serializer = new JacksonEventSerializer(LedgerEvent.types());
        assertThat(EventImport.into(place.log())
                        .tagging(serializer)
                        .append(more)
                        .written())
                .isEqualTo(10);
    }

    @Test
    void events_of_a_file_without_tags_are_given_those_that_they_say() {
        EventExport.from(new GivenEvents(school(300, false), false)).toFile(file);
        EventSerializer serializer = new JacksonEventSerializer(LedgerEvent.types());

        for (boolean restores : List.of(true, false)) {
            Place place = empty();
            EventImport importing = EventImport.into(place.log()).tagging(serializer);
            TransferResult result = restores ? importing.restore(file) : importing.append(file);

            assertThat(result.written()).isEqualTo(300);
            assertFoundByTags(place, school(300, true));
            assertDecidesOnTags(place);
        }
    }

    @Test
    void an_event_that_does_not_say_its_tags_ends_the_import_before_anything_is_stored() {
        List<ExportedEvent> events = new ArrayList<>(school(5, false));
        events.addAll(hostile().stream()
                .map(event -> ExportedEvent.of(
                        GlobalPosition.of(100 + event.position().value()),
                        event.streamId(),
                        event.version(),
                        event.id(),
                        event.typeName(),
                        event.recordedAt(),
                        event.metadata(),
                        event.payload()))
                .toList());
        EventExport.from(new GivenEvents(events, false)).toFile(file);
        Place place = empty();

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place.log())
                        .tagging(new JacksonEventSerializer(LedgerEvent.types()))
                        .restore(file))
                .withMessageContaining("cannot be determined");
        assertThat(place.store().lastPosition()).isEqualTo(GlobalPosition.START);
    }

    @Test
    void an_empty_log_is_restored_and_the_store_goes_on() {
        export(List.of());
        Place place = empty();

        EventImport.into(place.log()).restore(file);

        GlobalPosition first = append(place, "account-1");
        assertThat(first.value()).isPositive();
        assertThat(place.store().lastPosition()).isEqualTo(first);
    }

    @Test
    void what_is_appended_to_a_restored_store_continues_after_the_last_position() {
        List<ExportedEvent> events = plain(2_500);
        export(events);
        Place place = empty();

        EventImport.into(place.log()).restore(file);

        assertThat(place.store().lastPosition()).isEqualTo(GlobalPosition.of(2_500));
        GlobalPosition next = append(place, "account-7");
        assertThat(next).isEqualTo(GlobalPosition.of(2_501));
        List<Long> positions = new ArrayList<>();
        place.store()
                .forEachEvent(
                        EventFilter.all(),
                        GlobalPosition.START,
                        Event.class,
                        event -> positions.add(event.position().value()));
        assertThat(positions).hasSize(2_501).isSorted().endsWith(2_501L);
        assertThat(place.store().streamVersion(StreamId.of("account-7"))).isEqualTo(StreamVersion.of(51));
    }

    @Test
    void the_events_of_a_restored_store_are_read_as_they_were() {
        export(plain(120));
        Place place = empty();

        EventImport.into(place.log()).restore(file);

        List<RecordedEvent<Deposited>> stream =
                place.store().readStream(StreamId.of("account-3"), Deposited.class).stream()
                        .toList();
        assertThat(stream).hasSize(3);
        assertThat(stream.get(1).event().cents()).isEqualTo(53);
        assertThat(stream.get(1).recordedAt()).isEqualTo(LONG_AGO.plusSeconds(53));
        assertThat(stream.get(1).id()).isEqualTo(new UUID(53, 1));
        assertThat(stream.get(1).metadata().correlationId()).contains("c-53");
        assertThat(stream.get(1).position()).isEqualTo(GlobalPosition.of(54));
    }

    @Test
    void a_store_that_holds_something_else_is_not_restored() {
        export(plain(10));
        Place place = empty();
        append(place, "other");

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place.log()).restore(file))
                .withMessageContaining("not empty");

        assertThat(all(place)).hasSize(1);
        assertThat(append(place, "other").value()).isPositive();
    }

    @Test
    void nor_is_one_that_holds_as_much_of_something_else() {
        export(plain(10));
        Place place = empty();
        for (int i = 0; i < 20; i++) {
            append(place, "other");
        }

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place.log()).restore(file))
                .withMessageContaining("not empty");

        assertThat(all(place)).hasSize(20);
        assertThat(append(place, "other").value()).isPositive();
    }

    @Test
    void a_restore_that_is_repeated_changes_nothing_also_when_the_application_has_gone_on() {
        export(plain(10));
        Place place = empty();
        EventImport.into(place.log()).restore(file);
        append(place, "account-1");

        TransferResult again = EventImport.into(place.log()).restore(file);

        assertThat(again.written()).isZero();
        assertThat(all(place)).hasSize(11);
    }

    @Test
    void a_restore_that_is_interrupted_three_times_is_complete_in_the_end_and_each_event_there_once() {
        List<ExportedEvent> events = plain(4_500);
        export(events);
        Place place = empty();
        AtomicBoolean interrupted = new AtomicBoolean();

        for (int i = 1; i <= 3; i++) {
            long at = 1_000L * i;
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> EventImport.into(place.log()).restore(file, progress -> interrupt(progress, at)));
            interrupted.set(true);
        }
        TransferResult result = EventImport.into(place.log()).restore(file);

        assertThat(interrupted).isTrue();
        assertThat(result.written()).isEqualTo(1_500);
        assertThat(all(place)).isEqualTo(events);
    }

    private static void interrupt(TransferProgress progress, long at) {
        if (progress.step() == Step.IMPORT && progress.events() == at) {
            throw new IllegalStateException("interrupted");
        }
    }

    @Test
    void a_restore_does_not_go_on_with_another_file() {
        Place place = empty();
        export(plain(2_000));
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> EventImport.into(place.log()).restore(file, progress -> interrupt(progress, 1_000)));
        Path other = folder.resolve("other.jsonl");
        EventExport.from(new GivenEvents(hostile())).toFile(other);

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place.log()).restore(other))
                .withMessageContaining("the same file");

        EventImport.into(place.log()).restore(file);
        assertThat(all(place)).isEqualTo(plain(2_000));
    }

    @Test
    void nor_with_one_that_has_another_event_in_the_last_position_that_was_filled() {
        Place place = empty();
        export(plain(2_000));
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> EventImport.into(place.log()).restore(file, progress -> interrupt(progress, 1_000)));
        List<ExportedEvent> alike = plain(3_000).stream()
                .map(event -> ExportedEvent.of(
                        event.position(),
                        event.streamId(),
                        event.version(),
                        new UUID(event.position().value(), 99),
                        event.typeName(),
                        event.recordedAt(),
                        event.metadata(),
                        event.payload()))
                .toList();
        Path other = folder.resolve("other.jsonl");
        EventExport.from(new GivenEvents(alike)).toFile(other);

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> EventImport.into(place.log()).restore(other))
                .withMessageContaining("the same file");

        EventImport.into(place.log()).restore(file);
        assertThat(all(place)).isEqualTo(plain(2_000));
    }

    @Test
    void what_is_appended_keeps_all_but_its_position_and_its_order() {
        List<ExportedEvent> events = hostile();
        export(events);
        Place place = empty();
        GlobalPosition before = append(place, "other");

        TransferResult result = EventImport.into(place.log()).append(file);

        assertThat(result.written()).isEqualTo(60);
        List<ExportedEvent> stored = all(place);
        assertThat(stored).hasSize(61);
        for (int i = 0; i < events.size(); i++) {
            assertThat(stored.get(i + 1).equalsButPosition(events.get(i)))
                    .as(events.get(i).toString())
                    .isTrue();
            assertThat(stored.get(i + 1).position()).isGreaterThan(before);
        }
        append(place, "other");
        assertThat(place.store().streamVersion(StreamId.of("A"))).isEqualTo(StreamVersion.of(9));
    }

    @Test
    void an_append_that_is_interrupted_while_others_append_is_complete_in_the_end_and_each_event_there_once() {
        List<ExportedEvent> events = plain(3_500);
        export(events);
        Place place = empty();

        for (int i = 1; i <= 3; i++) {
            long at = 1_000L * i;
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> EventImport.into(place.log()).append(file, progress -> interrupt(progress, at)));
            append(place, "other-" + i);
        }
        TransferResult result = EventImport.into(place.log()).append(file);

        assertThat(result.written()).isEqualTo(500);
        assertThat(all(place).stream()
                        .filter(event -> event.streamId().value().startsWith("account-"))
                        .map(ExportedEvent::id))
                .isEqualTo(events.stream().map(ExportedEvent::id).toList());
        assertThat(all(place)).hasSize(3_503);
        assertThat(EventImport.into(place.log()).append(file).written()).isZero();
    }

    @Test
    void events_that_are_there_in_another_order_are_passed_over_and_the_rest_is_appended_in_order() {
        List<ExportedEvent> all = plain(60);
        List<ExportedEvent> byStream = all.subList(0, 40).stream()
                .sorted(Comparator.comparing(
                                (ExportedEvent event) -> event.streamId().value())
                        .thenComparing(ExportedEvent::version))
                .toList();
        List<ExportedEvent> there = new ArrayList<>();
        for (ExportedEvent event : byStream) {
            there.add(ExportedEvent.of(
                    GlobalPosition.of(there.size() + 1),
                    event.streamId(),
                    event.version(),
                    event.id(),
                    event.typeName(),
                    event.recordedAt(),
                    event.metadata(),
                    event.payload()));
        }
        Path turned = folder.resolve("turned.jsonl");
        EventExport.from(new GivenEvents(there)).toFile(turned);
        EventExport.from(new GivenEvents(all)).toFile(file);
        Place place = empty();
        EventImport.into(place.log()).append(turned);
        append(place, "other");

        assertThat(EventImport.into(place.log()).append(file).written()).isEqualTo(20);
        assertThat(EventImport.into(place.log()).append(file).written()).isZero();
    }

    @Test
    void a_stream_with_other_events_is_a_conflict_that_names_it_and_nothing_of_its_chunk_is_stored() {
        export(plain(100));
        Place place = empty();
        append(place, "account-9");

        assertThatExceptionOfType(TransferConflictException.class)
                .isThrownBy(() -> EventImport.into(place.log()).append(file))
                .satisfies(conflict -> {
                    assertThat(conflict.streamId()).isEqualTo(StreamId.of("account-9"));
                    assertThat(conflict.version()).isEqualTo(StreamVersion.of(1));
                });

        assertThat(all(place)).hasSize(1);
        append(place, "account-9");
    }

    @Test
    void an_event_that_is_there_under_its_id_with_other_content_is_refused_before_its_chunk_is_stored() {
        List<ExportedEvent> events = plain(120);
        Place place = empty();
        export(events.subList(0, 60));
        EventImport.into(place.log()).append(file);
        ExportedEvent e = events.get(40);
        List<ExportedEvent> others = List.of(
                changed(e, new UUID(40, 2), e.typeName(), LONG_AGO, e.metadata(), e.payload()),
                changed(e, e.id(), "ledger.opened", e.recordedAt(), e.metadata(), e.payload()),
                changed(e, e.id(), e.typeName(), e.recordedAt().plusNanos(1_000), e.metadata(), e.payload()),
                changed(e, e.id(), e.typeName(), e.recordedAt(), EventMetadata.empty(), e.payload()),
                changed(e, e.id(), e.typeName(), e.recordedAt(), e.metadata(), utf8("{\"account\":\"x\"}")),
                changed(e, e.id(), e.typeName(), e.recordedAt(), e.metadata(), sameLength(e.payload())));
        List<String> differences = List.of("id, recordedAt", "type", "recordedAt", "metadata", "payload", "payload");

        for (int i = 0; i < others.size(); i++) {
            List<ExportedEvent> altered = new ArrayList<>(events);
            altered.set(40, others.get(i));
            Path other = folder.resolve("altered-" + i + ".jsonl");
            EventExport.from(new GivenEvents(altered)).toFile(other);
            String difference = "differs from the file in " + differences.get(i);

            assertThatExceptionOfType(TransferConflictException.class)
                    .isThrownBy(() -> EventImport.into(place.log()).append(other))
                    .withMessageStartingWith("Line 42: Stream 'account-40', version 1:")
                    .withMessageEndingWith(difference)
                    .satisfies(conflict -> assertThat(conflict.line()).isEqualTo(42));
            assertThat(all(place)).as(difference).hasSize(60);
        }

        Path whole = folder.resolve("whole.jsonl");
        EventExport.from(new GivenEvents(events)).toFile(whole);
        assertThat(EventImport.into(place.log()).append(whole).written()).isEqualTo(60);
    }

    private static ExportedEvent changed(
            ExportedEvent event, UUID id, String type, Instant recordedAt, EventMetadata metadata, byte[] payload) {
        return ExportedEvent.of(
                event.position(), event.streamId(), event.version(), id, type, recordedAt, metadata, payload);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] sameLength(byte[] payload) {
        return utf8(new String(payload, StandardCharsets.UTF_8).replace("account", "akkount"));
    }

    @Test
    void hostile_events_that_are_there_are_recognised_byte_by_byte() {
        Place place = empty();
        export(hostile());

        assertThat(EventImport.into(place.log()).append(file).written()).isEqualTo(60);
        assertThat(EventImport.into(place.log()).append(file).written()).isZero();
    }

    @Test
    void a_stream_with_a_gap_is_refused_before_anything_is_stored_and_the_store_stays_open() {
        List<ExportedEvent> hole = new ArrayList<>(plain(180));
        hole.remove(53);
        List<ExportedEvent> twice = new ArrayList<>(plain(180));
        twice.set(103, at(twice.get(53), 104));
        List<ExportedEvent> late = new ArrayList<>(plain(180));
        late.remove(3);
        assertGap("hole", hole, 104, "stream 'account-3' continues with version 3 after version 1", true);
        assertGap("twice", twice, 105, "stream 'account-3' continues with version 2 after version 2", true);
        assertGap("late", late, 54, "stream 'account-3' begins with version 2", false);
    }

    private void assertGap(String name, List<ExportedEvent> events, long line, String why, boolean alsoAppended) {
        Path gap = folder.resolve(name + ".jsonl");
        EventExport.from(new GivenEvents(events)).toFile(gap);
        Place place = empty();
        assertThatExceptionOfType(TransferFileException.class)
                .isThrownBy(() -> EventImport.into(place.log()).restore(gap))
                .withMessageContaining(why)
                .withMessageContaining("Export the log again")
                .satisfies(refused -> assertThat(refused.line()).isEqualTo(line));
        if (alsoAppended) {
            assertThatExceptionOfType(TransferFileException.class)
                    .isThrownBy(() -> EventImport.into(place.log()).append(gap))
                    .withMessageContaining(why);
        }
        assertThat(all(place)).isEmpty();
        append(place, "open");
    }

    @Test
    void a_file_may_go_on_with_a_stream_of_the_store_and_only_where_that_ends() {
        List<ExportedEvent> rest = plain(180).subList(50, 180);
        export(rest);
        Place place = empty();

        assertThatExceptionOfType(TransferConflictException.class)
                .isThrownBy(() -> EventImport.into(place.log()).append(file))
                .withMessageContaining("version 0, which this event does not continue")
                .satisfies(conflict -> assertThat(conflict.version()).isEqualTo(StreamVersion.of(2)));

        Path begin = folder.resolve("begin.jsonl");
        EventExport.from(new GivenEvents(plain(50))).toFile(begin);
        EventImport.into(place.log()).append(begin);
        assertThat(EventImport.into(place.log()).append(file).written()).isEqualTo(130);
    }

    /** Whether the store keeps payloads that are no JSON, or nested very deeply. */
    boolean keepsAnyText() {
        return true;
    }

    @Test
    void a_payload_that_is_no_json_is_kept_byte_by_byte_or_refused_before_anything_is_stored() throws IOException {
        List<String> payloads = List.of(
                "plain text",
                "{",
                "{\"a\":1} x",
                "\uFEFF{\"a\":1}",
                "{\"a\":\"\u0001\"}",
                "'a'",
                "[".repeat(200_000) + "]".repeat(200_000));
        for (int i = 0; i < payloads.size(); i++) {
            List<ExportedEvent> events = new ArrayList<>(plain(1_200));
            ExportedEvent e = events.get(1_100);
            events.set(1_100, changed(e, e.id(), e.typeName(), e.recordedAt(), e.metadata(), utf8(payloads.get(i))));
            Path text = folder.resolve("text-" + i + ".jsonl");
            EventExport.from(new GivenEvents(events)).toFile(text);
            Place place = empty();
            if (keepsAnyText()) {
                EventImport.into(place.log()).restore(text);
                assertThat(exported(place)).isEqualTo(Files.readAllBytes(text));
            } else {
                assertThatExceptionOfType(TransferFileException.class)
                        .as(text.toString())
                        .isThrownBy(() -> EventImport.into(place.log()).restore(text))
                        .withMessageContaining("stream 'account-0', version 23 cannot be stored")
                        .satisfies(refused -> assertThat(refused.line()).isEqualTo(1_102));
                assertThatExceptionOfType(TransferFileException.class)
                        .isThrownBy(() -> EventImport.into(place.log()).append(text));
                assertThat(all(place)).isEmpty();
                append(place, "open");
            }
        }
    }

    @Test
    void one_id_in_two_streams_is_moved_as_it_is_where_ids_are_not_kept_unique() throws IOException {
        List<ExportedEvent> events = new ArrayList<>(plain(20));
        for (int i = 10; i < 20; i++) {
            ExportedEvent e = events.get(i);
            events.set(i, changed(e, events.get(19 - i).id(), e.typeName(), e.recordedAt(), e.metadata(), e.payload()));
        }
        export(events);
        Place restored = empty();
        EventImport.into(restored.log()).restore(file);
        assertThat(exported(restored)).isEqualTo(Files.readAllBytes(file));

        // In the store the id of the second event comes next, in another stream.
        List<ExportedEvent> before = List.of(events.get(9), at(events.get(11), 11));
        Path there = folder.resolve("there.jsonl");
        EventExport.from(new GivenEvents(before)).toFile(there);
        Place place = empty();
        EventImport.into(place.log()).append(there);
        List<ExportedEvent> second =
                List.of(at(events.get(9), 1), at(events.get(8), 2), at(events.get(10), 3), at(events.get(19), 4));
        Path more = folder.resolve("more.jsonl");
        EventExport.from(new GivenEvents(second)).toFile(more);
        assertThat(EventImport.into(place.log()).append(more).written()).isEqualTo(3);
        assertThat(EventImport.into(place.log()).append(more).written()).isZero();
    }

    /** Whether the store takes an event of 66 megabytes as it is set up. */
    boolean takesAnySize() {
        return true;
    }

    @Test
    @Tag("faults") // Not one, but as heavy.
    void an_event_above_64_megabytes_is_moved_or_refused_before_anything_is_stored() throws IOException {
        byte[] payload = utf8("{\"text\":\"" + "x".repeat(66 * 1024 * 1024) + "\"}");
        ExportedEvent e = plain(1).get(0);
        export(List.of(changed(e, e.id(), e.typeName(), e.recordedAt(), e.metadata(), payload)));
        Place place = empty();
        if (takesAnySize()) {
            EventImport.into(place.log()).restore(file);
            Path again = folder.resolve("again.jsonl");
            EventExport.from(place.log()).toFile(again);
            assertThat(Files.mismatch(file, again)).isEqualTo(-1);
        } else {
            assertThatExceptionOfType(TransferFileException.class)
                    .isThrownBy(() -> EventImport.into(place.log()).restore(file))
                    .withMessageContaining("max_allowed_packet")
                    .satisfies(refused -> assertThat(refused.line()).isEqualTo(2));
            append(place, "open");
        }
    }

    @Test
    void an_event_of_eight_megabytes_is_moved() throws IOException {
        byte[] payload = ("{\"text\":\"" + "\u00e4".repeat(4 * 1024 * 1024) + "\"}").getBytes(StandardCharsets.UTF_8);
        List<ExportedEvent> events = List.of(
                ExportedEvent.of(
                        GlobalPosition.of(1),
                        StreamId.of("large"),
                        StreamVersion.of(1),
                        new UUID(1, 1),
                        "large",
                        LONG_AGO,
                        EventMetadata.empty(),
                        payload),
                plain(1).get(0).position().value() == 1 ? at(plain(1).get(0), 2) : plain(1).get(0));
        export(events);
        Place place = empty();

        EventImport.into(place.log()).restore(file);

        assertThat(exported(place)).isEqualTo(Files.readAllBytes(file));
    }

    private static ExportedEvent at(ExportedEvent event, long position) {
        return ExportedEvent.of(
                GlobalPosition.of(position),
                event.streamId(),
                event.version(),
                event.id(),
                event.typeName(),
                event.recordedAt(),
                event.metadata(),
                event.payload());
    }

    @Test
    void an_export_under_appends_lacks_nothing_up_to_where_it_ends_and_each_stream_is_whole() throws Exception {
        Place place = empty();
        CountDownLatch enough = new CountDownLatch(200);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<?>> writers = new ArrayList<>();
        EventStore store = place.store();
        for (int t = 0; t < 4; t++) {
            StreamId own = StreamId.of("writer-" + t);
            writers.add(threads.submit(() -> {
                while (!done.get()) {
                    store.appendEvents(StreamWrites.empty()
                            .registerStream(own, any())
                            .registerStream(StreamId.of("shared"), any())
                            .append(own, new Deposited(own, 1))
                            .append(StreamId.of("shared"), new Deposited(own, 2)));
                    enough.countDown();
                }
            }));
        }
        enough.await();

        TransferResult result;
        try {
            result = EventExport.from(place.log()).toFile(file);
        } finally {
            done.set(true);
            for (Future<?> writer : writers) {
                writer.get();
            }
            threads.shutdown();
        }

        assertThat(result.events()).isGreaterThanOrEqualTo(400);
        List<ExportedEvent> upToThere = place.log().read(GlobalPosition.START, result.lastPosition(), 1_000_000);
        assertThat((long) upToThere.size()).isEqualTo(result.events());
        Place copy = empty();
        EventImport.into(copy.log()).restore(file);
        assertThat(all(copy)).isEqualTo(upToThere);
    }
}
