package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What appends and pages of tags look at is bounded by what they write and return, however much is stored: by the server's own
 * count of rows, with plans made for the first calls and with those that it keeps.
 */
class PostgreSqlTagPlansTest {
    private static final EventTag LARGE = EventTag.of("tag", "large");
    private static final EventTag HALF = EventTag.of("tag", "half");
    private static final EventTag RARE = EventTag.of("tag", "rare");
    private static final StreamId HOME = StreamId.of("home");
    private static final int EVENTS = 12_000;
    private static final int PAGE = 1_000;

    /** More than the calls after which the driver prepares and the server keeps a plan. */
    private static final int CALLS = 14;

    private final PostgreSqlDatabase database = PostgreSqlDatabase.INSTANCE;
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final TransactionTemplate transaction =
            new TransactionTemplate(new JdbcTransactionManager(database.dataSource()));
    private final String prefix = database.newTables();
    private final JdbcEventStore store = database.store(prefix);

    @BeforeEach
    void fill() {
        for (int first = 0; first < EVENTS; first += 1_000) {
            StreamWrites writes = StreamWrites.empty().registerStream(HOME, any());
            for (int i = first; i < first + 1_000; i++) {
                Set<EventTag> tags = new HashSet<>(List.of(LARGE, EventTag.of("tag", "of-" + i % 500)));
                if (i % 2 == 0) {
                    tags.add(HALF);
                }
                if (i % 1_000 == 0) {
                    tags.add(RARE);
                }
                writes = writes.append(new NewEvent(UUID.randomUUID(), HOME, new Deposited(HOME, i)).withTags(tags));
            }
            store.appendEvents(writes);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_page_of_a_large_tag_looks_at_a_page(boolean analyzed) {
        assertThat(ofAPage(EventQuery.tagged(LARGE), analyzed)).isLessThanOrEqualTo(2_010);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_page_of_two_large_tags_looks_at_both_lists_up_to_its_end(boolean analyzed) {
        assertThat(ofAPage(EventQuery.tagged(LARGE).and(HALF), analyzed)).isLessThanOrEqualTo(4_020);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_page_of_a_rare_and_a_large_tag_looks_at_the_rare_one(boolean analyzed) {
        assertThat(ofAPage(EventQuery.tagged(LARGE).and(RARE), analyzed)).isLessThanOrEqualTo(50);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_page_of_one_of_two_small_tags_looks_at_them(boolean analyzed) {
        EventQuery query = EventQuery.tagged("tag", "of-1").or(EventQuery.tagged("tag", "of-2"));

        assertThat(ofAPage(query, analyzed)).isLessThanOrEqualTo(2 * 2 * EVENTS / 500 + 10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_page_of_many_small_tags_looks_at_them(boolean analyzed) {
        EventQuery query = EventQuery.tagged(RARE);
        for (int i = 0; i < 40; i++) {
            query = query.or(EventQuery.tagged("tag", "of-" + i));
        }

        assertThat(ofAPage(query, analyzed)).isLessThanOrEqualTo(41 * 2 * EVENTS / 500 + 50);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_places_of_a_large_tag_and_stream_are_found_without_their_events(boolean analyzed) {
        analyze(analyzed);
        EventQuery tags = EventQuery.tagged(LARGE).or(EventQuery.tagged(RARE));

        for (EventQuery query : List.of(tags, tags.or(EventQuery.ofStream(HOME)))) {
            assertThat(rowsOfLast(number -> store.readEvents(query, LedgerEvent.class)))
                    .isLessThanOrEqualTo(2 * EVENTS / 1_000 + 10);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_page_of_the_log_by_tags_looks_at_entries_and_at_a_page_of_events(boolean analyzed) {
        analyze(analyzed);
        EventFilter both = EventFilter.tagged(LARGE).and(HALF);

        assertThat(ofALogPage(EventFilter.tagged(LARGE))).isLessThanOrEqualTo(2 * PAGE + 10);
        assertThat(ofALogPage(EventFilter.tagged(LARGE).ofTypes(Deposited.class, Withdrawn.class)))
                .isLessThanOrEqualTo(3 * PAGE + 10);
        assertThat(ofALogPage(both)).isLessThanOrEqualTo(4 * PAGE + 10);
        assertThat(ofALogPage(both.ofTypes(Deposited.class))).isLessThanOrEqualTo(5 * PAGE + 10);
        assertThat(ofALogPage(EventFilter.tagged(LARGE).and(RARE))).isLessThanOrEqualTo(50);
    }

    /** From the middle: a plan that begins at the first event or entry would look at as many again. */
    private long ofALogPage(EventFilter filter) {
        EventPage page = EventPage.after(GlobalPosition.of(EVENTS / 2), PAGE);
        return rowsOfLast(number -> assertThat(
                        store.readEvents(filter, page, LedgerEvent.class).events())
                .isNotEmpty());
    }

    @Test
    void an_append_of_one_event_looks_at_its_rows() {
        String call =
                named("SELECT eventcore_append_tagged_event(?, ?, ?, 'ledger.deposited', '{}', NULL, ?, ?, true)");
        String[] tags = {
            LARGE.rowId(),
            EventTag.of("tag", "of-1").rowId(),
            EventTag.of("tag", "of-2").rowId()
        };
        jdbc.execute(named("ANALYZE eventcore_stream"));

        long looked = rowsOfLast(number -> jdbc.queryForList(
                call, "home-" + number % 2, -1L, UUID.randomUUID().toString(), tags, new Long[] {-1L, -1L, -1L}));

        assertThat(looked).isLessThanOrEqualTo(20);
    }

    private void analyze(boolean analyzed) {
        if (analyzed) {
            for (String table : List.of("event", "event_tag", "stream")) {
                jdbc.execute(named("ANALYZE eventcore_" + table));
            }
        }
    }

    private long ofAPage(EventQuery query, boolean analyzed) {
        analyze(analyzed);
        long ofAllTypes = rowsOfLast(number -> readPage(query, LedgerEvent.class));
        long ofTypes =
                rowsOfLast(number -> readPage(query.ofTypes(Deposited.class, Withdrawn.class), LedgerEvent.class));
        return Math.max(ofAllTypes, ofTypes);
    }

    private void readPage(EventQuery query, Class<LedgerEvent> type) {
        Iterator<RecordedEvent<LedgerEvent>> events =
                store.readEvents(query, type).iterator();
        assertThat(events.hasNext()).isTrue();
    }

    /** What is done with the number of the call. */
    @FunctionalInterface
    private interface Call {
        void run(int number);
    }

    /** How many rows and entries of indexes of tags and events the last call looks at. Fails at a scan of a whole table. */
    private long rowsOfLast(Call call) {
        return Objects.requireNonNull(transaction.execute(status -> {
            long before = 0;
            for (int i = 0; i < CALLS; i++) {
                before = looked();
                call.run(i);
            }
            assertThat(jdbc.queryForObject(named("""
                            SELECT sum(pg_stat_get_xact_numscans(c.oid)) FROM pg_class c
                            WHERE c.oid IN ('eventcore_event'::regclass, 'eventcore_event_tag'::regclass,
                                            'eventcore_stream'::regclass)
                            """), Long.class))
                    .as("scans of whole tables")
                    .isZero();
            return looked() - before;
        }));
    }

    private long looked() {
        return Objects.requireNonNull(jdbc.queryForObject(named("""
                SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid)) FROM pg_index i
                WHERE i.indrelid IN ('eventcore_event'::regclass, 'eventcore_event_tag'::regclass)
                """), Long.class));
    }

    private String named(String sql) {
        return new TableNames("", prefix).in(sql);
    }
}
