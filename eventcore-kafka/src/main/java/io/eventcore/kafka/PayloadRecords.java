package io.eventcore.kafka;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/** Records that hold the payload as it is stored. */
class PayloadRecords implements KafkaRecordFactory<String, byte[]> {
    private final String topic;
    private final EventSerializer serializer;

    PayloadRecords(String topic, EventSerializer serializer) {
        this.topic = topic;
        this.serializer = Objects.requireNonNull(serializer, "serializer");
    }

    @Override
    public ProducerRecord<String, byte[]> recordOf(RecordedEvent<Event> event) {
        SerializedEvent stored = serializer.serialize(event.event());
        ProducerRecord<String, byte[]> sent = new ProducerRecord<>(
                topic, null, event.recordedAt().toEpochMilli(), event.streamId().value(), stored.payload());
        Headers headers = sent.headers();
        headers.add(ID, utf8(event.id().toString()));
        headers.add(TYPE, utf8(stored.typeName()));
        headers.add(POSITION, utf8(Long.toString(event.position().value())));
        headers.add(VERSION, utf8(Long.toString(event.version().value())));
        event.metadata().correlationId().ifPresent(id -> headers.add(CORRELATION_ID, utf8(id)));
        event.metadata().causationId().ifPresent(id -> headers.add(CAUSATION_ID, utf8(id)));
        return sent;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
