package io.eventcore.jdbc.axon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.GlobalPosition;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.TransferRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** One event is good, and each test adds one that is not: it is reported, and the run goes on. Axon's own tables are tried beside Axon. */
class AxonDryRunTest {
    private static final byte[] JSON = "{\"seats\":2}".getBytes(StandardCharsets.UTF_8);
    private static final String TIME = "2024-05-06T07:08:09.123Z";
    private static final byte[] NO_METADATA = "{}".getBytes(StandardCharsets.UTF_8);

    private JdbcClient database;
    private DataSource dataSource;

    @BeforeEach
    void begin_with_a_good_event() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        dataSource = h2;
        database = JdbcClient.create(h2);
        database.sql("""
                CREATE TABLE domain_event_entry (
                    global_index bigint NOT NULL, event_identifier varchar(255) NOT NULL, type varchar(255),
                    aggregate_identifier varchar(255) NOT NULL, sequence_number bigint NOT NULL,
                    payload_type varchar(255), payload_revision varchar(255), time_stamp varchar(255),
                    payload blob NOT NULL, meta_data blob)
                """).update();
        store(1, "good", "Order", TIME, JSON);
    }

    private void store(long index, String aggregate, @Nullable String type, String time, byte[] payload) {
        database.sql("INSERT INTO domain_event_entry VALUES (?, ?, ?, ?, 0, 'Placed', NULL, ?, ?, ?)")
                .param(index)
                .param(UUID.randomUUID().toString())
                .param(type)
                .param(aggregate)
                .param(time)
                .param(payload)
                .param(NO_METADATA)
                .update();
    }

    private AxonEvents.Builder mapped() {
        return AxonEvents.ofAxon4(dataSource, "domain_event_entry").type("Placed", "order.placed");
    }

    private void assertReported(AxonEvents.Builder mapping, String problem) {
        AxonEvents events = mapping.build();

        AxonReport report = events.dryRun();

        assertThat(report.events()).isEqualTo(2);
        assertThat(report.refused()).isEqualTo(1);
        assertThat(report.problems()).singleElement().asString().contains("global index 2", problem);
        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> events.read(GlobalPosition.START, GlobalPosition.of(2), 10))
                .withMessageContaining("global index 2")
                .withMessageContaining(problem);
    }

    @Test
    void a_function_that_finds_no_stream() {
        store(2, "bad", null, TIME, JSON);

        assertReported(
                mapped().stream(event -> event.aggregateType().orElseThrow() + event.aggregateIdentifier()),
                "its stream id cannot be converted (java.util.NoSuchElementException)");
    }

    @Test
    @SuppressWarnings("NullAway") // A mapping may be compiled without these checks.
    void functions_that_give_null() {
        store(2, "bad", "Order", TIME, JSON);

        assertReported(
                mapped().stream(event -> event.globalIndex() == 2 ? null : "s"), "its stream id was converted to null");
        assertReported(
                mapped().payload(event -> event.globalIndex() == 2 ? null : event.payload()),
                "its payload was converted to null");
        assertReported(
                mapped().metadata(event -> event.globalIndex() == 2 ? null : Map.of()),
                "its metadata was converted to null");
        assertReported(
                mapped().metadata(event -> {
                    Map<String, String> entries = new HashMap<>();
                    entries.put("a", event.globalIndex() == 2 ? null : "b");
                    return entries;
                }),
                "its metadata was converted to a map that holds null");
    }

    @Test
    void a_time_stamp_that_is_none_and_is_not_quoted() {
        store(2, "bad", "Order", "yesterday", JSON);

        assertReported(mapped(), "its time stamp cannot be converted (java.time.format.DateTimeParseException)");
        assertThat(mapped().build().dryRun().problems().toString()).doesNotContain("yesterday");
    }

    @Test
    void a_payload_in_another_encoding_than_databases_take() {
        store(2, "bad", "Order", TIME, "\uFEFF{}".getBytes(StandardCharsets.UTF_8));
        assertReported(mapped(), "its payload is not JSON in UTF-8");

        database.sql("DELETE FROM domain_event_entry WHERE global_index = 2").update();
        store(2, "bad", "Order", TIME, "{\"a\":1}".getBytes(StandardCharsets.UTF_16LE));
        assertReported(mapped(), "its payload is not JSON in UTF-8");

        database.sql("DELETE FROM domain_event_entry WHERE global_index = 2").update();
        store(2, "bad", "Order", TIME, new byte[] {'"', (byte) 0xC3, '"'});
        assertReported(mapped(), "its payload is not JSON in UTF-8");
    }

    private void setMetadata(String json) {
        database.sql("UPDATE domain_event_entry SET meta_data = ? WHERE global_index = 1")
                .param(json.getBytes(StandardCharsets.UTF_8))
                .update();
    }

    private Map<String, String> metadata() {
        return mapped().build()
                .read(GlobalPosition.START, GlobalPosition.of(1), 10)
                .get(0)
                .metadata()
                .entries();
    }

    @Test
    void metadata_that_is_no_text_becomes_its_json_digit_by_digit() {
        setMetadata("""
                {"a":1.10,"b":1E+400,"c":0.1234567890123456789012345678901234567890,"d":-0,"e":true,\
                "f":{"x":[1.10, 1e400, "\\u00e4\\/"]} , "g":[ ],"h":"text \\u00e4","i":null,"j":12345678901234567890123}
                """);

        assertThat(metadata())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "a", "1.10",
                        "b", "1E+400",
                        "c", "0.1234567890123456789012345678901234567890",
                        "d", "-0",
                        "e", "true",
                        "f", "{\"x\":[1.10, 1e400, \"\\u00e4\\/\"]}",
                        "g", "[ ]",
                        "h", "text \u00e4",
                        "j", "12345678901234567890123"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "\"x\"",
                "7",
                "true",
                "{\"a\":1} {\"b\":2}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1",
                "{\"a\":}",
                "\uFEFF{}",
                "<map/>"
            })
    void metadata_that_is_no_json_object_is_reported_and_not_left_out(String json) {
        store(2, "bad", "Order", TIME, JSON);
        database.sql("UPDATE domain_event_entry SET meta_data = ? WHERE global_index = 2")
                .param(json.getBytes(StandardCharsets.UTF_8))
                .update();

        assertReported(mapped(), "its metadata is not a JSON object");
    }

    @Test
    void no_metadata_is_none() {
        for (String json : List.of("", " ", "null", "{}", "{ }\n")) {
            setMetadata(json);
            assertThat(metadata()).isEmpty();
        }
    }

    @Test
    void two_events_with_one_global_index_wherever_a_page_ends() {
        for (int i = 2; i <= 3; i++) {
            store(i, "good-" + i, "Order", TIME, JSON);
        }
        store(3, "twin", "Order", TIME, JSON);
        store(4, "last", "Order", TIME, JSON);
        AxonEvents events = mapped().build();

        AxonReport report = events.dryRun();

        assertThat(report.isComplete()).isFalse();
        assertThat(report.events()).isEqualTo(5);
        assertThat(report.problems())
                .singleElement()
                .asString()
                .contains("global index 3", "another event has the same global index");
        for (int limit = 1; limit < 6; limit++) {
            int pages = limit;
            assertThatExceptionOfType(TransferRefusedException.class)
                    .as("pages of %d", limit)
                    .isThrownBy(() -> {
                        GlobalPosition after = GlobalPosition.START;
                        while (after.value() < 4) {
                            List<ExportedEvent> page = events.read(after, GlobalPosition.of(4), pages);
                            after = page.get(page.size() - 1).position();
                        }
                    })
                    .withMessageContaining("another event has the same global index");
        }
    }

    @ParameterizedTest
    @CsvSource({"time_stamp, its time stamp is null", "payload_type, its payload type is null"})
    void a_column_that_is_null_and_must_not_be(String column, String problem) {
        store(2, "bad", "Order", TIME, JSON);
        database.sql("UPDATE domain_event_entry SET " + column + " = NULL WHERE global_index = 2")
                .update();

        assertReported(mapped(), problem);
    }

    @Test
    void global_indexes_that_cannot_become_positions() {
        for (String index : List.of(
                String.valueOf(Long.MIN_VALUE), String.valueOf(-Long.MAX_VALUE), String.valueOf(-Long.MAX_VALUE / 2))) {
            database.sql("DELETE FROM domain_event_entry").update();
            store(Long.parseLong(index), "first", "Order", TIME, JSON);
            store(Long.MAX_VALUE - 1, "last", "Order", TIME, JSON);
            AxonEvents events = mapped().build();

            assertThatExceptionOfType(TransferRefusedException.class)
                    .isThrownBy(events::dryRun)
                    .withMessageContaining("global indexes from " + index);
            assertThatExceptionOfType(TransferRefusedException.class).isThrownBy(events::settledEnd);
            assertThatExceptionOfType(TransferRefusedException.class)
                    .isThrownBy(() -> events.read(GlobalPosition.START, GlobalPosition.of(2), 10));
        }
    }

    @Test
    void two_aggregates_whose_stream_would_be_one() {
        store(2, "c", "A-b", TIME, JSON);
        store(3, "b-c", "A", TIME, JSON);
        database.sql("UPDATE domain_event_entry SET sequence_number = 1 WHERE global_index = 3")
                .update();

        AxonReport report = mapped().build().dryRun();

        assertThat(report.isComplete()).isFalse();
        assertThat(report.problems())
                .singleElement()
                .asString()
                .contains("global index 3", "stream 'A-b-c' holds events of another aggregate");
    }

    @Test
    void a_payload_that_would_be_taken_for_sealed_personal_data() {
        store(2, "bad", "Order", TIME, "{\"$personal\":{\"v\":1}}".getBytes(StandardCharsets.UTF_8));

        assertReported(mapped(), "its payload begins with the property \"$personal\"");
    }
}
