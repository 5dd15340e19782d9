package io.eventcore.kafka;

import io.eventcore.StoredEvent;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Makes the Kafka record of a stored event. Safe for any number of threads.
 *
 * @param <K> the type of the key
 * @param <V> the type of the value
 * @since 0.1
 */
@FunctionalInterface
public interface KafkaRecordFactory<K, V> {
    /** Header with the id of the event. Together with {@link #PART} it lets consumers recognise a repeated event. */
    String ID = "eventcore.id";

    /** Header with the number of the part, a decimal number: see {@link io.eventcore.RecordedEvent#part()}. */
    String PART = "eventcore.part";

    /** Header with the stored name of the event's type. */
    String TYPE = "eventcore.type";

    /** Header with the position of the event in the log, a decimal number. */
    String POSITION = "eventcore.position";

    /** Header with the version of the event in its stream, a decimal number. */
    String VERSION = "eventcore.version";

    /** Header with the id of the conversation, if there is one. */
    String CORRELATION_ID = "eventcore.correlationId";

    /** Header with the id of the cause, if there is one. */
    String CAUSATION_ID = "eventcore.causationId";

    /**
     * The record of an event. All events of a stream must have the same key, or Kafka does not keep their order.
     *
     * @param event the event as it is stored, or as upcasters would store it today; {@link StoredEvent#decode} returns
     *     the application's event
     * @throws RuntimeException if the event has no record; the relay's {@code onError} decides what happens then
     */
    ProducerRecord<K, V> recordOf(StoredEvent event);

    /**
     * Records of one topic: the stream id as the key, the payload as the value, byte for byte, the headers named here, and
     * the time at which the event was recorded. Decodes nothing.
     */
    static KafkaRecordFactory<String, byte[]> payloads(String topic) {
        return new PayloadRecords(Objects.requireNonNull(topic, "topic"));
    }
}
