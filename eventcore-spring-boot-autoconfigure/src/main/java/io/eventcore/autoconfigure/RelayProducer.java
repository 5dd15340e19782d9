package io.eventcore.autoconfigure;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaOperations;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.support.LoggingProducerListener;

/**
 * The producer of the relay. It takes connections and security from the application's producer, and sets what the
 * relay's guarantees require, whatever the application has set. Not a bean of type {@link ProducerFactory}, so that the
 * application's own stays the only one.
 */
class RelayProducer implements DisposableBean {
    private final DefaultKafkaProducerFactory<String, byte[]> factory;
    private final KafkaTemplate<String, byte[]> template;

    RelayProducer(ProducerFactory<?, ?> application) {
        Map<String, Object> settings = new HashMap<>(application.getConfigurationProperties());
        settings.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        this.factory = new DefaultKafkaProducerFactory<>(settings, StringSerializer::new, ByteArraySerializer::new);
        this.template = new KafkaTemplate<>(factory);
        LoggingProducerListener<String, byte[]> withoutContents = new LoggingProducerListener<>();
        withoutContents.setIncludeContents(false);
        template.setProducerListener(withoutContents);
    }

    KafkaOperations<String, byte[]> operations() {
        return template;
    }

    Map<String, Object> settings() {
        return factory.getConfigurationProperties();
    }

    @Override
    public void destroy() {
        template.destroy();
        factory.destroy();
    }
}
