package io.eventcore.jdbc.axon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.GlobalPosition;
import io.eventcore.transfer.TransferRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
                    global_index bigint PRIMARY KEY, event_identifier varchar(255) NOT NULL, type varchar(255),
                    aggregate_identifier varchar(255) NOT NULL, sequence_number bigint NOT NULL,
                    payload_type varchar(255) NOT NULL, payload_revision varchar(255), time_stamp varchar(255) NOT NULL,
                    payload blob NOT NULL, meta_data blob)
                """).update();
        store(1, "good", "Order", TIME, JSON);
    }

    private void store(int index, String aggregate, @Nullable String type, String time, byte[] payload) {
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
}
