package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.kafka.KafkaRecordFactory;
import io.eventcore.kafka.KafkaRelay;
import io.eventcore.projection.ProjectionRunner;
import java.util.Map;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;

/** How the relay to Kafka comes into being; what it does is tested against a broker. */
class KafkaRelayConfigurationTest {
    private static final String TOPIC = "eventcore.kafka.topic=events";

    private static ApplicationContextRunner application() {
        return Applications.withH2()
                .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class))
                .withPropertyValues("eventcore.projections.enabled=false");
    }

    @Test
    void a_topic_is_all_it_takes() {
        application().withPropertyValues(TOPIC).run(application -> {
            assertThat(application).hasNotFailed();
            assertThat(application.getBean(ProjectionRunner.class).names()).containsExactly(KafkaRelay.DEFAULT_NAME);
        });
    }

    @Test
    void without_a_topic_there_is_no_relay() {
        application().run(application -> assertThat(application).doesNotHaveBean(KafkaRelay.class));
    }

    @Test
    void the_producer_is_as_careful_as_it_must_be_whatever_the_application_has_set() {
        application()
                .withPropertyValues(
                        TOPIC,
                        "spring.kafka.bootstrap-servers=broker-of-the-application:9092",
                        "spring.kafka.producer.acks=0",
                        "spring.kafka.producer.transaction-id-prefix=tx-",
                        "spring.kafka.producer.properties[enable.idempotence]=false")
                .run(application -> {
                    Map<String, Object> settings =
                            application.getBean(RelayProducer.class).settings();
                    assertThat(settings)
                            .containsEntry(ProducerConfig.ACKS_CONFIG, "all")
                            .containsEntry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true)
                            .doesNotContainKey(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
                    assertThat(settings.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG))
                            .asString()
                            .contains("broker-of-the-application:9092");
                    assertThat(application).hasSingleBean(ProducerFactory.class);
                });
    }

    @Test
    void to_a_relay_of_the_application_ours_gives_way() {
        KafkaRelay<String, byte[]> own = KafkaRelay.builder(
                        new KafkaTemplate<String, byte[]>(() ->
                                new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer())),
                        (KafkaRecordFactory<String, byte[]>) event ->
                                new ProducerRecord<>("own", event.streamId().value(), new byte[0]))
                .name("own")
                .build();

        application()
                .withPropertyValues(TOPIC)
                .withBean("own", KafkaRelay.class, () -> own)
                .run(application -> {
                    assertThat(names(application)).containsExactly("own");
                    assertThat(application).doesNotHaveBean(RelayProducer.class);
                });
    }

    private static Iterable<String> names(ApplicationContext application) {
        return application.getBean(ProjectionRunner.class).names();
    }

    @Test
    void a_topic_without_kafka_stops_the_start_and_says_what_is_missing() {
        Applications.withH2()
                .withPropertyValues(TOPIC)
                .withClassLoader(new FilteredClassLoader("org.springframework.kafka", "org.apache.kafka"))
                .run(application -> assertThat(application)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("eventcore.kafka.topic")
                        .hasMessageContaining("spring-boot-starter-kafka"));
    }

    @Test
    void without_kafka_everything_else_works() {
        Applications.withH2()
                .withClassLoader(new FilteredClassLoader(
                        "org.springframework.kafka", "org.apache.kafka", "org.springframework.boot.kafka"))
                .run(Applications::assertWorks);
    }
}
