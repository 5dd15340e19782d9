package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.AppendLimits;
import io.eventcore.AppendedEvent;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.jdbc.SchemaException.Problem;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.test.contract.Race;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.StoredLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** What a database keeps of tags: their rows, their entries, and who may touch them. */
abstract class TagsContract {
    private static final EventTag ADA = EventTag.of("student", "ada");
    private static final EventTag BOB = EventTag.of("student", "bob");
    private static final EventTag C1 = EventTag.of("course", "c1");
    private static final StreamId HOME = StreamId.of("home");

    String prefix = "";
    JdbcEventStore store;

    abstract TestDatabase database();

    /** New tables, and the prefix of their names. */
    String newTables() {
        return database().newTables();
    }

    @BeforeEach
    void beginWithEmptyTables() {
        prefix = newTables();
        store = database().store(prefix);
    }

    @Test
    void a_tag_counts_its_entries_whatever_is_appended_in_batches_refused_or_rolled_back() {
        List<EventTag> tags =
                Stream.of("a", "b", "c", "d", "e").map(v -> EventTag.of("t", v)).toList();

        int written = Race.run(12, thread -> {
                    Random random = new Random(4711L * thread);
                    int appended = 0;
                    for (int i = 0; i < 60; i++) {
                        EventTag first = tags.get(random.nextInt(tags.size()));
                        EventTag second = tags.get(random.nextInt(tags.size()));
                        StreamId home = StreamId.of("home-" + random.nextInt(20));
                        StreamWrites writes =
                                StreamWrites.empty().registerStream(home, any()).append(event(home, first, second));
                        if (random.nextInt(3) == 0) {
                            writes = writes.append(event(home, second));
                        }
                        if (random.nextInt(2) == 0) {
                            writes = writes.restingOn(
                                    boundary(EventQuery.tagged(first).and(second)));
                        }
                        if (random.nextInt(8) == 0) {
                            appendAndRollBack(writes);
                            continue;
                        }
                        try {
                            appended += store.appendEvents(writes).events().size();
                        } catch (BoundaryConflictException conflict) {
                            assertThat(conflict.tag()).isPresent();
                        }
                    }
                    return appended;
                })
                .stream()
                .mapToInt(Integer::intValue)
                .sum();

        assertVersionsAreEntries();
        assertThat(store.readEvents(EventFilter.all(), EventPage.first(1000), LedgerEvent.class)
                        .events())
                .hasSizeGreaterThanOrEqualTo(Math.min(written, 500));
        assertThat(readTags(tags)).isEqualTo(written);
    }

    private int readTags(List<EventTag> tags) {
        EventQuery query =
                tags.stream().map(EventQuery::tagged).reduce(EventQuery::or).orElseThrow();
        return store.readEvents(query, LedgerEvent.class).toList().size();
    }

    private void appendAndRollBack(StreamWrites writes) {
        new TransactionTemplate(database().transactionManager(database().dataSource())).executeWithoutResult(status -> {
            try {
                store.appendEvents(writes);
            } catch (BoundaryConflictException conflict) {
                assertThat(conflict.tag()).isPresent();
            }
            status.setRollbackOnly();
        });
    }

    /** That the version of a tag is the number of its entries, and that each entry stands at an event. */
    final void assertVersionsAreEntries() {
        JdbcTemplate owner = new JdbcTemplate(database().ownersDataSource());
        assertThat(owner.queryForList(named("""
                        SELECT s.stream_id, s.version, COUNT(t.position)
                        FROM eventcore_stream s
                        LEFT JOIN eventcore_event_tag t ON t.tag_key = s.stream_key
                        WHERE s.stream_id < ' '
                        GROUP BY s.stream_id, s.version
                        HAVING s.version <> COUNT(t.position)
                        """))).isEmpty();
        assertThat(owner.queryForList(named("""
                        SELECT t.position FROM eventcore_event_tag t
                        LEFT JOIN eventcore_event e ON e.position = t.position
                        WHERE e.position IS NULL
                        """))).isEmpty();
    }

    @Test
    void entries_are_immutable_for_their_owner() {
        append(HOME, ADA);

        for (String change : List.of(
                "UPDATE eventcore_event_tag SET position = 7",
                "DELETE FROM eventcore_event_tag",
                database() instanceof PostgreSqlDatabase
                        ? "TRUNCATE eventcore_event_tag"
                        : "TRUNCATE TABLE eventcore_event_tag")) {
            // Fails if it is not refused.
            TestDatabase.refusalOf(database().ownersDataSource(), named(change));
        }
        assertThat(store.readEvents(EventQuery.tagged(ADA), LedgerEvent.class).toList())
                .hasSize(1);
    }

    @Test
    void a_store_without_tags_works_with_tables_of_version_1_and_takes_tags_once_the_script_has_run()
            throws IOException {
        prefix = database().newPrefix();
        runAsOwner(scripts().get(0));
        runAsOwner(JdbcSchema.in(database().ownersDataSource(), "", prefix)
                .rolesScript(TestDatabase.APP, TestDatabase.READER));
        JdbcEventStore old = database().store(prefix);
        old.appendEvents(StreamWrites.to(HOME, any(), new Deposited(HOME, 1)));
        assertThat(old.schemaVersion()).isEqualTo(1);

        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> append(old, HOME, ADA))
                .satisfies(missing -> {
                    assertThat(missing.problem()).isEqualTo(Problem.TOO_OLD);
                    assertThat(missing.script()).contains("002-tags-");
                })
                .withMessageContaining("002-tags-");
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> old.readEvents(EventQuery.tagged(ADA), LedgerEvent.class));
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> old.readEvents(EventFilter.tagged(ADA), EventPage.first(1), LedgerEvent.class))
                .withMessageContaining("002-tags-");
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> TestDatabase.builder(database().dataSource(), prefix)
                        .checkTags()
                        .build());

        StoredLog oldLog =
                TestDatabase.jdbc(database().ownersDataSource(), prefix).storedLog();
        assertThat(oldLog.read(GlobalPosition.START, old.lastPosition(), 10)).hasSize(1);
        assertThat(oldLog.tellsTags()).isFalse();
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(oldLog::requireTags)
                .withMessageContaining("002-tags-");

        runAsOwner(scripts().get(1));
        runAsOwner(scripts().get(1));
        runAsOwner(JdbcSchema.in(database().ownersDataSource(), "", prefix)
                .rolesScript(TestDatabase.APP, TestDatabase.READER));

        append(old, HOME, ADA);
        assertThat(old.schemaVersion()).isEqualTo(2);
        assertThat(old.readEvents(EventQuery.tagged(ADA), LedgerEvent.class).toList())
                .hasSize(1);
        TestDatabase.builder(database().dataSource(), prefix).checkTags().build();
    }

    private List<String> scripts() throws IOException {
        List<String> texts = new ArrayList<>();
        for (String script : engine().scripts().schema()) {
            texts.add(new TableNames("", prefix)
                    .in(new ClassPathResource("io/eventcore/jdbc/" + script)
                            .getContentAsString(StandardCharsets.UTF_8)));
        }
        return texts;
    }

    private Engine engine() {
        try (Connection connection = database().dataSource().getConnection()) {
            return Engine.of(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void runAsOwner(String script) {
        database().runScript(script);
    }

    @Test
    void an_export_of_more_tags_than_are_held_at_once_has_them_all() throws SQLException {
        for (int i = 0; i < 40; i++) {
            switch (i % 4) {
                case 0 -> append(HOME, ADA, C1);
                case 1 -> append(HOME);
                case 2 -> append(HOME, BOB, ADA, C1);
                default -> append(HOME, C1);
            }
        }
        JdbcDatabase opened = TestDatabase.jdbc(database().dataSource(), prefix);
        List<ExportedEvent> all = opened.storedLog().read(GlobalPosition.START, store.lastPosition(), 100);
        assertThat(all)
                .extracting(event -> event.tags().size())
                .startsWith(2, 0, 3, 1, 2)
                .hasSize(40);
        List<ExportedEvent> untagged =
                all.stream().map(event -> event.withTags(Set.of())).toList();

        for (int held : List.of(20, 23, 1_000)) {
            for (int page : List.of(1, 7, 40)) {
                ExportedTags tags = new ExportedTags(opened.dialect(), held);
                List<ExportedEvent> tagged = new ArrayList<>();
                int loads = 0;
                for (int from = 0; from < 40; from += page) {
                    List<ExportedEvent> part = untagged.subList(from, Math.min(40, from + page));
                    long after =
                            from == 0 ? 0 : untagged.get(from - 1).position().value();
                    long last = part.get(part.size() - 1).position().value();
                    try (Connection connection = database().dataSource().getConnection()) {
                        if (!tags.cover(after, last)) {
                            loads++;
                            tags.load(
                                    connection,
                                    after,
                                    last,
                                    store.lastPosition().value());
                        }
                        tagged.addAll(tags.of(connection, after, part));
                    }
                }
                assertThat(tagged).as("%d held, pages of %d", held, page).isEqualTo(all);
                assertThat(loads).as("%d held, pages of %d", held, page).isLessThanOrEqualTo(held == 1_000 ? 1 : 7);
            }
        }
    }

    @Test
    void tags_are_not_exported_while_old_events_are_being_given_them() {
        append(HOME, ADA);
        TestDatabase.execute(
                database().ownersDataSource(),
                named("INSERT INTO eventcore_tag_name (name, complete) VALUES ('student', FALSE)"));

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> TestDatabase.jdbc(database().dataSource(), prefix)
                        .storedLog()
                        .read(GlobalPosition.START, store.lastPosition(), 100))
                .withMessageContaining("'student'");
    }

    @Test
    void nothing_is_decided_on_a_tag_that_old_events_are_being_given() {
        append(HOME, ADA);
        TestDatabase.execute(
                database().ownersDataSource(),
                named("INSERT INTO eventcore_tag_name (name, complete) VALUES ('student', FALSE)"));

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> boundary(EventQuery.tagged(ADA)))
                .withMessageContaining("'student'");
        boundary(EventQuery.tagged(C1));
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store.readEvents(EventFilter.tagged(ADA), EventPage.first(1), LedgerEvent.class))
                .withMessageContaining("'student'");
        assertThat(store.readEvents(EventFilter.tagged(C1), EventPage.first(1), LedgerEvent.class)
                        .events())
                .isEmpty();

        TestDatabase.execute(database().ownersDataSource(), named("UPDATE eventcore_tag_name SET complete = TRUE"));

        assertThat(boundary(EventQuery.tagged(ADA)).seen(ADA.rowId()).version()).isEqualTo(1);
    }

    /** An entry below what a reader saw: only that the version has grown by more than what lies beyond tells of it. */
    @Test
    void an_event_that_was_given_a_tag_below_a_boundary_is_a_conflict() {
        long below = store.appendEvents(StreamWrites.to(HOME, any(), new Deposited(HOME, 1)))
                .events()
                .get(0)
                .position()
                .value();
        append(HOME, ADA);
        EventQuery deposits = EventQuery.tagged(ADA).ofTypes(Deposited.class);
        Boundary boundary = boundary(deposits);
        JdbcTemplate owner = new JdbcTemplate(database().ownersDataSource());
        owner.update(
                named("INSERT INTO eventcore_event_tag (tag_key, position)" + " SELECT stream_key, " + below
                        + " FROM eventcore_stream WHERE stream_id = ?"),
                ADA.rowId());
        owner.update(named("UPDATE eventcore_stream SET version = version + 1 WHERE stream_id = ?"), ADA.rowId());
        store.appendEvents(StreamWrites.empty()
                .registerStream(HOME, any())
                .append(new NewEvent(UUID.randomUUID(), HOME, new Withdrawn(HOME, 1)).withTags(Set.of(ADA))));

        assertConflict(HOME, boundary);
        appendResting(HOME, boundary(deposits));
    }

    @Test
    void streams_are_listed_without_tags() {
        append(HOME, ADA, C1);

        assertThat(store.streamIds(StreamPrefix.of("h"), StreamIdPage.first(10)))
                .containsExactly(HOME);
        assertThat(store.streamIds(StreamPrefix.of("student"), StreamIdPage.first(10)))
                .isEmpty();
    }

    @Test
    void a_conflict_leaves_no_version_behind_also_in_a_transaction_and_after_a_savepoint() {
        append(HOME, ADA, C1);
        Boundary stale = boundary(EventQuery.tagged(ADA));
        append(HOME, ADA);
        StreamWrites refused = StreamWrites.empty()
                .registerStream(StreamId.of("a"), any())
                .registerStream(HOME, any())
                .append(event(StreamId.of("a"), C1, ADA, BOB))
                .append(event(HOME, C1))
                .restingOn(stale);
        StreamWrites atTheStream =
                StreamWrites.empty().registerStream(HOME, exactly(1)).append(event(HOME, C1, ADA, BOB));

        assertThatExceptionOfType(BoundaryConflictException.class).isThrownBy(() -> store.appendEvents(refused));
        TransactionTemplate transaction =
                new TransactionTemplate(database().transactionManager(database().dataSource()));
        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(BoundaryConflictException.class).isThrownBy(() -> store.appendEvents(refused));
            assertThatExceptionOfType(VersionConflictException.class).isThrownBy(() -> store.appendEvents(atTheStream));
            Object savepoint = status.createSavepoint();
            append(HOME, BOB);
            status.rollbackToSavepoint(savepoint);
            append(HOME, C1);
        });

        assertVersionsAreEntries();
        assertThat(boundary(EventQuery.tagged(C1)).seen(C1.rowId()).version()).isEqualTo(2);
        assertThat(boundary(EventQuery.tagged(BOB)).seen(BOB.rowId()).version()).isZero();
        assertThat(store.streamVersion(StreamId.of("a")).value()).isZero();
        assertThat(store.streamVersion(HOME).value()).isEqualTo(3);
    }

    @Test
    void one_event_is_refused_whichever_of_its_tags_has_moved_and_leaves_no_version_behind() {
        EventTag[] all = {C1, EventTag.of("room", "r1"), ADA, BOB, EventTag.of("student", "cid")};
        append(HOME, all);
        for (EventTag moved : all) {
            EventTag[] others = Stream.of(all).filter(tag -> !tag.equals(moved)).toArray(EventTag[]::new);
            Boundary seen = boundary(EventQuery.tagged(moved));
            append(StreamId.of("elsewhere"), moved);

            assertThatExceptionOfType(BoundaryConflictException.class)
                    .as(moved.toString())
                    .isThrownBy(() -> store.appendEvents(writes(HOME, all).restingOn(seen)));
            assertThatExceptionOfType(BoundaryConflictException.class)
                    .as(moved.toString())
                    .isThrownBy(() -> store.appendEvents(
                            writes(HOME, all).restingOn(seen).restingOn(boundary(EventQuery.tagged(others[0])))));
        }
        EventTag fresh = EventTag.of("student", "new");
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.empty()
                        .registerStream(HOME, exactly(7))
                        .append(event(HOME, C1, ADA, BOB, fresh))));
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.empty()
                        .registerStream(HOME, ExpectedVersion.noStream())
                        .append(event(HOME, C1, fresh))));
        assertVersionsAreEntries();

        for (EventTag tag : all) {
            AppendedEvent written = store.appendEvents(writes(HOME, all).restingOn(boundary(EventQuery.tagged(tag))))
                    .events()
                    .get(0);

            assertThat(written.version()).isEqualTo(store.streamVersion(HOME));
            assertThat(boundary(EventQuery.tagged(C1)).seen(C1.rowId()).lastPosition())
                    .isEqualTo(written.position().value());
        }
        assertVersionsAreEntries();
    }

    @Test
    void in_a_batch_what_is_refused_is_not_counted_for_a_tag_that_is_shared() {
        append(HOME, ADA);
        Boundary stale = boundary(EventQuery.tagged(ADA));
        append(HOME, ADA);

        List<AppendResult> outcomes = batch(List.of(
                writes(StreamId.of("a"), C1, BOB),
                writes(StreamId.of("b"), C1).restingOn(stale),
                writes(StreamId.of("c"), C1, BOB),
                StreamWrites.to(StreamId.of("d"), any(), new Deposited(StreamId.of("d"), 1))));

        assertThat(outcomes)
                .hasExactlyElementsOfTypes(
                        AppendResult.Written.class,
                        AppendResult.Conflict.class,
                        AppendResult.Written.class,
                        AppendResult.Written.class);
        assertVersionsAreEntries();
        assertThat(boundary(EventQuery.tagged(C1)).seen(C1.rowId()).version()).isEqualTo(2);
        assertThat(store.readEvents(EventQuery.tagged(C1).and(BOB), LedgerEvent.class)
                        .toList())
                .extracting(RecordedEvent::streamId)
                .containsExactly(StreamId.of("a"), StreamId.of("c"));
    }

    @Test
    void in_a_batch_several_rest_on_one_tag_and_a_guard_that_moved_is_looked_at() {
        append(HOME, ADA);
        Boundary typed = boundary(EventQuery.tagged(ADA).ofTypes(Withdrawn.class));
        Boundary both = boundary(EventQuery.tagged(ADA).and(BOB));
        Boundary absent = boundary(EventQuery.tagged("student", "nobody"));
        append(HOME, ADA);

        List<AppendResult> outcomes = batch(List.of(
                writes(StreamId.of("a"), C1).restingOn(typed),
                writes(StreamId.of("b"), C1).restingOn(both),
                writes(StreamId.of("c"), C1).restingOn(absent),
                writes(StreamId.of("d")).restingOn(absent).restingOn(typed)));

        assertThat(outcomes).hasOnlyElementsOfType(AppendResult.Written.class);
        assertVersionsAreEntries();
    }

    @Test
    void a_shared_tag_that_another_transaction_has_locked_makes_those_busy_that_carry_it() throws SQLException {
        append(HOME, C1, ADA);
        List<AppendResult> outcomes;
        try (Connection foreign = database().dataSource().getConnection()) {
            foreign.setAutoCommit(false);
            Dialect.of(foreign, new TableNames("", prefix)).appends().lockRow(foreign, C1.rowId());
            outcomes = Race.elsewhere(() -> batch(List.of(
                    writes(StreamId.of("a"), BOB), writes(StreamId.of("b"), C1, BOB), writes(StreamId.of("c"), C1))));
            foreign.rollback();
            foreign.setAutoCommit(true);
        }

        assertThat(outcomes)
                .hasExactlyElementsOfTypes(
                        AppendResult.Written.class, AppendResult.Busy.class, AppendResult.Busy.class);
        assertThat(outcomes.get(1)).isEqualTo(new AppendResult.Busy(C1.rowId()));
        assertVersionsAreEntries();
    }

    @Test
    void a_tag_that_another_transaction_may_be_writing_makes_those_busy_that_rest_on_it() throws SQLException {
        append(HOME, C1);
        Boundary read = boundary(EventQuery.tagged(C1));
        List<AppendResult> outcomes;
        try (Connection foreign = database().dataSource().getConnection()) {
            foreign.setAutoCommit(false);
            Dialect.of(foreign, new TableNames("", prefix)).appends().lockRow(foreign, C1.rowId());
            outcomes = Race.elsewhere(() -> batch(List.of(
                    writes(StreamId.of("a"), BOB), writes(StreamId.of("b"), ADA).restingOn(read))));
            foreign.rollback();
            foreign.setAutoCommit(true);
        }

        assertThat(outcomes).hasExactlyElementsOfTypes(AppendResult.Written.class, AppendResult.Busy.class);
        assertVersionsAreEntries();
    }

    private List<AppendResult> batch(List<StreamWrites> all) {
        List<SerializedAppend> appends = all.stream()
                .map(writes -> SerializedAppend.of(
                        writes, new JacksonEventSerializer(LedgerEvent.types()), AppendLimits.defaults()))
                .toList();
        try (Connection connection = database().dataSource().getConnection()) {
            return Dialect.of(connection, new TableNames("", prefix)).appends().appendBatch(connection, appends);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void a_decision_that_is_sent_twice_is_found_by_its_event_ids() {
        append(HOME, ADA);
        StreamWrites writes = StreamWrites.empty()
                .registerStream(HOME, any())
                .append(event(HOME, ADA, C1))
                .append(event(HOME, C1))
                .restingOn(boundary(EventQuery.tagged(ADA)));
        EventStreamSlice first = store.appendEvents(writes);
        append(HOME, ADA);

        assertThat(store.appendEvents(writes)).isEqualTo(first);
        assertThat(batch(List.of(writes(StreamId.of("b"), BOB), writes)).get(1))
                .isEqualTo(new AppendResult.Found(first));
        assertVersionsAreEntries();
    }

    @Test
    void a_thousand_events_are_looked_through_and_one_more_is_a_conflict() {
        EventQuery withdrawals = EventQuery.tagged(ADA).ofTypes(Withdrawn.class);
        append(HOME, ADA);
        Boundary boundary = boundary(withdrawals);
        StreamWrites many = StreamWrites.empty().registerStream(HOME, any());
        for (int i = 0; i < 1_000; i++) {
            many = many.append(event(HOME, ADA));
        }
        store.appendEvents(many);
        appendResting(StreamId.of("a"), boundary);

        append(HOME, ADA);

        assertConflict(StreamId.of("b"), boundary);
    }

    @Test
    void a_read_ends_at_its_cut_page_by_page_and_gives_each_event_once() {
        StreamWrites many = StreamWrites.empty().registerStream(HOME, any());
        for (int i = 0; i < 2_500; i++) {
            many = many.append(i % 3 == 0 ? event(HOME, ADA, C1) : i % 3 == 1 ? event(HOME, ADA) : event(HOME));
        }
        List<Long> positions = new ArrayList<>();
        store.appendEvents(many)
                .events()
                .forEach(event -> positions.add(event.position().value()));
        JdbcEventStore frugal = TestDatabase.builder(database().dataSource(), prefix)
                .readBytes(20_000)
                .build();
        EventQuery query = EventQuery.tagged(ADA).or(EventQuery.tagged(C1)).or(EventQuery.ofStream(HOME));
        List<Long> read = new ArrayList<>();

        for (RecordedEvent<LedgerEvent> event : frugal.readEvents(query, LedgerEvent.class)) {
            if (read.isEmpty()) {
                append(HOME, ADA, C1);
            }
            read.add(event.position().value());
        }

        assertThat(read).isEqualTo(positions);
        assertThat(store.readEvents(EventQuery.tagged(ADA).and(C1), LedgerEvent.class)
                        .toList())
                .hasSize(835);
        assertThat(store.readEvents(EventQuery.tagged(ADA), LedgerEvent.class).toList())
                .hasSize(1_668);
    }

    /** New tags and old ones, in all orders, guarded and written, by a store that sends them together and one that does not. */
    @Test
    void events_of_a_rare_type_or_of_a_rare_and_a_common_tag_are_found_page_by_page() {
        StreamWrites many = StreamWrites.empty().registerStream(HOME, any());
        Set<Integer> rare = Set.of(0, 998, 999, 1_000, 1_001, 2_400);
        for (int i = 0; i < 2_500; i++) {
            EventTag[] tags = i % 250 == 0 ? new EventTag[] {ADA, BOB, C1} : new EventTag[] {ADA, C1};
            many = many.append(
                    rare.contains(i)
                            ? new NewEvent(UUID.randomUUID(), HOME, new Withdrawn(HOME, i))
                                    .withTags(new HashSet<>(List.of(tags)))
                            : event(HOME, tags));
        }
        List<AppendedEvent> stored = store.appendEvents(many).events();
        List<Long> withdrawn = rare.stream()
                .sorted()
                .map(i -> stored.get(i).position().value())
                .toList();
        JdbcEventStore frugal = TestDatabase.builder(database().dataSource(), prefix)
                .readBytes(20_000)
                .build();

        for (JdbcEventStore reader : List.of(store, frugal)) {
            for (EventQuery query : List.of(
                    EventQuery.tagged(ADA).ofTypes(Withdrawn.class),
                    EventQuery.tagged(ADA).and(C1).ofTypes(Withdrawn.class),
                    EventQuery.tagged(ADA)
                            .ofTypes(Withdrawn.class)
                            .or(EventQuery.tagged(C1).ofTypes(Withdrawn.class)),
                    EventQuery.tagged(ADA)
                            .ofTypes(Withdrawn.class)
                            .or(EventQuery.ofStream(HOME).ofTypes(Withdrawn.class)))) {
                assertThat(reader.readEvents(query, Withdrawn.class).toList())
                        .as(query.toString())
                        .extracting(event -> event.position().value())
                        .isEqualTo(withdrawn);
            }
            assertThat(reader.readEvents(EventQuery.tagged(ADA).and(BOB), LedgerEvent.class)
                            .toList())
                    .hasSize(10);
            assertThat(reader.readEvents(EventQuery.tagged(ADA).and(BOB).ofTypes(Withdrawn.class), Withdrawn.class)
                            .toList())
                    .hasSize(2);
        }
    }

    @Test
    void appends_with_tags_in_every_order_never_deadlock() {
        WatchedDataSource watched = new WatchedDataSource(database().dataSource());
        List<JdbcEventStore> stores = List.of(
                TestDatabase.store(watched, prefix),
                TestDatabase.builder(watched, prefix)
                        .groupCommit(GroupCommitSettings.off())
                        .build());

        Race.run(12, thread -> {
            Random random = new Random(thread);
            JdbcEventStore own = stores.get(thread % 2);
            for (int i = 0; i < 50; i++) {
                StreamWrites writes = writes(home(random), tag(random), tag(random), tag(random));
                writes = writes.registerStream(StreamId.of("z"), any())
                        .append(event(
                                StreamId.of("z"), tag(random), EventTag.of("new", random.nextInt(50) + "-" + i / 5)))
                        .restingOn(Boundary.nothing(EventQuery.tagged("none", "n" + random.nextInt(3))));
                own.appendEvents(writes);
            }
            return thread;
        });

        assertThat(watched.deadlocks()).isZero();
        assertVersionsAreEntries();
    }

    private static StreamId home(Random random) {
        return StreamId.of("home-" + random.nextInt(4));
    }

    private static EventTag tag(Random random) {
        return EventTag.of("t", "v" + random.nextInt(7));
    }

    final Boundary boundary(EventQuery query) {
        return store.readEvents(query, LedgerEvent.class).boundary();
    }

    final void appendResting(StreamId home, Boundary boundary) {
        store.appendEvents(writes(home).restingOn(boundary));
    }

    final void assertConflict(StreamId home, Boundary boundary) {
        assertThatExceptionOfType(BoundaryConflictException.class).isThrownBy(() -> appendResting(home, boundary));
    }

    static StreamWrites writes(StreamId home, EventTag... tags) {
        return StreamWrites.empty().registerStream(home, any()).append(event(home, tags));
    }

    static NewEvent event(StreamId home, EventTag... tags) {
        return new NewEvent(UUID.randomUUID(), home, new Deposited(home, 1)).withTags(new HashSet<>(List.of(tags)));
    }

    final void append(StreamId home, EventTag... tags) {
        append(store, home, tags);
    }

    private static void append(JdbcEventStore store, StreamId home, EventTag... tags) {
        store.appendEvents(writes(home, tags));
    }

    final String named(String sql) {
        return new TableNames("", prefix).in(sql);
    }
}
