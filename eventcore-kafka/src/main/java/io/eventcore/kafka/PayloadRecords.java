package io.eventcore.kafka;

import io.eventcore.EventMetadata;
import io.eventcore.StoredEvent;
import io.eventcore.serialization.internal.MetadataJson;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/** Records that hold the payload byte for byte. */
class PayloadRecords implements KafkaRecordFactory<String, byte[]> {
    private final String topic;

    PayloadRecords(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<String, byte[]> recordOf(StoredEvent event) {
        // Kafka refuses a time before 1970; an event imported from an older system may have one.
        long time = Math.max(0, event.recordedAt().toEpochMilli());
        ProducerRecord<String, byte[]> sent =
                new ProducerRecord<>(topic, null, time, event.streamId().value(), event.payload());
        Headers headers = sent.headers();
        headers.add(ID, utf8(event.id().toString()));
        headers.add(PART, utf8(Long.toString(event.part())));
        headers.add(TYPE, utf8(event.typeName()));
        headers.add(POSITION, utf8(Long.toString(event.position().value())));
        headers.add(VERSION, utf8(Long.toString(event.version().value())));
        EventMetadata metadata = MetadataJson.read(event.metadata());
        metadata.correlationId().ifPresent(id -> headers.add(CORRELATION_ID, utf8(id)));
        metadata.causationId().ifPresent(id -> headers.add(CAUSATION_ID, utf8(id)));
        return sent;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
