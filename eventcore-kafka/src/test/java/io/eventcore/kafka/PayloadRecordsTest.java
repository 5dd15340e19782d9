package io.eventcore.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayloadRecordsTest {
    @ParameterizedTest
    @CsvSource({
        "2024-05-06T07:08:09.123456Z, 2024-05-06T07:08:09.123Z",
        "1970-01-01T00:00:00Z, 1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z, 1970-01-01T00:00:00Z",
        "1000-01-01T00:00:00Z, 1970-01-01T00:00:00Z"
    })
    void an_event_older_than_any_time_of_kafka_is_sent_all_the_same(Instant recordedAt, Instant sent) {
        StoredEvent event = StoredEvent.of(
                StreamId.of("account-ada"),
                StreamVersion.of(1),
                GlobalPosition.of(7),
                new UUID(1, 1),
                recordedAt,
                "ledger.opened",
                "{}".getBytes(StandardCharsets.UTF_8),
                new byte[0],
                new EventDecoder(new JacksonEventSerializer(EventTypes.of())));

        assertThat(new PayloadRecords("events").recordOf(event).timestamp()).isEqualTo(sent.toEpochMilli());
    }
}
