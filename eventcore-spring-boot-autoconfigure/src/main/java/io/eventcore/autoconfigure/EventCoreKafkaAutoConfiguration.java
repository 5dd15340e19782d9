package io.eventcore.autoconfigure;

import io.eventcore.kafka.KafkaRecordFactory;
import io.eventcore.kafka.KafkaRelay;
import io.eventcore.projection.ProjectionStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaOperations;
import org.springframework.kafka.core.ProducerFactory;

/**
 * Auto-configuration of the relay that sends committed events to a topic of Kafka.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = {EventCoreJdbcAutoConfiguration.class, EventCoreMemoryAutoConfiguration.class},
        afterName = "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration")
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnProperty("eventcore.kafka.topic")
public final class EventCoreKafkaAutoConfiguration {
    EventCoreKafkaAutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({KafkaRelay.class, KafkaOperations.class})
    @ConditionalOnBean(ProjectionStore.class)
    static class Relay {
        @Bean
        @ConditionalOnMissingBean(KafkaRelay.class)
        RelayProducer kafkaRelayProducer(ProducerFactory<?, ?> producers) {
            return new RelayProducer(producers);
        }

        @Bean
        @ConditionalOnMissingBean(KafkaRelay.class)
        KafkaRelay<String, byte[]> kafkaRelay(
                EventCoreProperties properties,
                RelayProducer producer,
                ObjectProvider<KafkaRecordFactory<String, byte[]>> records) {
            String topic = properties.kafka().topic();
            return KafkaRelay.builder(
                            producer.operations(), records.getIfAvailable(() -> KafkaRecordFactory.payloads(topic)))
                    .since(properties.kafka().since())
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("io.eventcore.kafka.KafkaRelay")
    static class WithoutRelay {
        WithoutRelay(EventCoreProperties properties) {
            throw missing(properties, "eventcore-kafka");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("org.springframework.kafka.core.KafkaOperations")
    static class WithoutKafka {
        WithoutKafka(EventCoreProperties properties) {
            throw missing(properties, "spring-boot-starter-kafka");
        }
    }

    /** An application that names a topic wants its events to be sent there. To ignore the setting would lose them. */
    private static RuntimeException missing(EventCoreProperties properties, String artifact) {
        return new InvalidConfigurationPropertyValueException(
                "eventcore.kafka.topic",
                properties.kafka().topic(),
                "needs " + artifact + ": add it to the dependencies of the application");
    }
}
