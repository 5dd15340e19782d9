package io.eventcore.autoconfigure;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.kafka.KafkaRecordFactory;
import io.eventcore.kafka.KafkaRelay;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.ShopEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** An application sends its events to a real Kafka, which is killed meanwhile. */
@Tag("kafka")
class KafkaRelayOnARealBrokerTest {
    private static final int PARTITIONS = 3;
    private static final int STREAMS = 12;

    private static KafkaBroker broker;

    private final String topic = "events-" + UUID.randomUUID();
    private final String database = "jdbc:h2:mem:" + topic + ";DB_CLOSE_DELAY=-1";

    @BeforeAll
    static void startBroker(@TempDir Path folder) {
        broker = new KafkaBroker(folder);
        broker.start();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void createTopic() {
        broker.createTopic(topic, PARTITIONS);
    }

    @Test
    void every_event_arrives_once_with_all_that_belongs_to_it_and_a_restart_goes_on() {
        application().run(application -> {
            append(application, 100);
            assertSent(application);
        });
        application().run(application -> {
            append(application, 50);
            assertSent(application);

            List<ConsumerRecord<String, byte[]>> records = records();
            assertThat(records).hasSize(150);
            assertComplete(application, records);
            for (ConsumerRecord<String, byte[]> each : records) {
                assertThat(header(each, KafkaRecordFactory.TYPE)).isEqualTo("ledger.deposited");
                assertThat(new String(each.value(), StandardCharsets.UTF_8))
                        .contains("\"account\":\"" + each.key() + "\"")
                        .contains("cents");
            }
        });
    }

    @Test
    void a_broker_that_is_killed_and_comes_back_has_every_event_and_each_stream_in_order() {
        application()
                .withPropertyValues(
                        // So short that sending fails, as it does when a broker is away for minutes.
                        "spring.kafka.producer.properties[delivery.timeout.ms]=600",
                        "spring.kafka.producer.properties[request.timeout.ms]=300",
                        "spring.kafka.producer.properties[max.block.ms]=300",
                        "spring.kafka.producer.properties[linger.ms]=0")
                .run(application -> {
                    append(application, 100);
                    assertSent(application);
                    broker.kill();
                    append(application, 200);
                    Eventually.until(
                            "sending has failed, and is tried again",
                            () -> status(application).failures() > 2
                                    && status(application).state() == ProjectionState.RETRYING);
                    broker.start();
                    append(application, 100);
                    assertSent(application);

                    assertComplete(application, records());
                });
    }

    @Test
    void an_earlier_shape_arrives_in_todays_and_a_split_event_as_its_parts() {
        StreamId cart = StreamId.of("cart-1");
        application().withBean(EventSerializer.class, ShopEvent::serializer).run(application -> {
            EventStore store = application.getBean(EventStore.class);
            store.appendEvents(StreamWrites.to(cart, any(), ShopEvent.itemAdded(cart, "pen")));
            store.appendEvents(StreamWrites.to(cart, any(), ShopEvent.viewed(cart)));
            store.appendEvents(StreamWrites.to(cart, any(), ShopEvent.checkedOut(cart, 5)));
            assertSent(application);

            assertThat(records())
                    .extracting(each -> header(each, KafkaRecordFactory.TYPE) + " of version "
                            + header(each, KafkaRecordFactory.VERSION) + ", part "
                            + header(each, KafkaRecordFactory.PART))
                    .containsExactly(
                            "shop.item-added@2 of version 1, part 0",
                            "shop.closed of version 3, part 0",
                            "shop.paid of version 3, part 1");
        });
    }

    @Test
    void an_application_makes_records_of_its_own() {
        application().withUserConfiguration(OwnRecords.class).run(application -> {
            append(application, 10);
            assertSent(application);

            assertThat(records()).hasSize(10).allSatisfy(each -> {
                assertThat(each.key()).startsWith("own-");
                assertThat(new String(each.value(), StandardCharsets.UTF_8)).isEqualTo("small");
            });
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnRecords {
        // tag::records[]
        @Bean
        KafkaRecordFactory<String, byte[]> records(@Value("${eventcore.kafka.topic}") String topic) {
            return event ->
                    new ProducerRecord<>(topic, "own-" + event.streamId(), "small".getBytes(StandardCharsets.UTF_8));
        }
        // end::records[]
    }

    private ApplicationContextRunner application() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        EventCoreCommandAutoConfiguration.class,
                        EventCoreJdbcAutoConfiguration.class,
                        EventCoreKafkaAutoConfiguration.class,
                        EventCoreMemoryAutoConfiguration.class,
                        EventCoreProjectionAutoConfiguration.class,
                        EventCoreSerializationAutoConfiguration.class,
                        EventCoreTransactionAutoConfiguration.class,
                        JacksonAutoConfiguration.class,
                        TransactionAutoConfiguration.class,
                        DataSourceAutoConfiguration.class,
                        DataSourceTransactionManagerAutoConfiguration.class,
                        JdbcTemplateAutoConfiguration.class,
                        KafkaAutoConfiguration.class))
                .withPropertyValues(
                        "spring.datasource.url=" + database,
                        "eventcore.projections.max-retry-delay=200ms",
                        "spring.kafka.bootstrap-servers=" + broker.address(),
                        "eventcore.kafka.topic=" + topic)
                .withBean(EventTypes.class, () -> EventTypes.of(LedgerEvent.class));
    }

    private static void append(ApplicationContext application, int events) {
        EventStore store = application.getBean(EventStore.class);
        IntStream.range(0, events).forEach(i -> {
            StreamId account = StreamId.of("account-" + i % STREAMS);
            store.appendEvents(StreamWrites.to(account, any(), new Deposited(account, i)));
        });
    }

    private static void assertSent(ApplicationContext application) {
        assertThat(application
                        .getBean(ProjectionRunner.class)
                        .awaitPosition(
                                KafkaRelay.DEFAULT_NAME,
                                application.getBean(EventStore.class).lastPosition(),
                                Duration.ofSeconds(60)))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    private static ProjectionStatus.Partition status(ApplicationContext application) {
        return application
                .getBean(ProjectionRunner.class)
                .status()
                .get(0)
                .partitions()
                .get(0);
    }

    /** The topic holds the log: every event, and at its first place each stream in order. */
    private static void assertComplete(ApplicationContext application, List<ConsumerRecord<String, byte[]>> records) {
        Map<String, Set<String>> arrived = new LinkedHashMap<>();
        records.forEach(each -> arrived.computeIfAbsent(each.key(), key -> new LinkedHashSet<>())
                .add("%s at %s, %s"
                        .formatted(
                                header(each, KafkaRecordFactory.ID),
                                header(each, KafkaRecordFactory.VERSION),
                                header(each, KafkaRecordFactory.POSITION))));
        Map<String, Set<String>> stored = new LinkedHashMap<>();
        for (RecordedEvent<Event> event : application
                .getBean(EventStore.class)
                .readEvents(EventFilter.all(), EventPage.first(1_000), Event.class)
                .events()) {
            stored.computeIfAbsent(event.streamId().value(), key -> new LinkedHashSet<>())
                    .add("%s at %s, %s".formatted(event.id(), event.version(), event.position()));
        }
        assertThat(arrived).isEqualTo(stored);
        stored.forEach(
                (stream, events) -> assertThat(arrived.get(stream)).as(stream).containsExactlyElementsOf(events));
    }

    private List<ConsumerRecord<String, byte[]>> records() {
        List<TopicPartition> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(number -> new TopicPartition(topic, number))
                .toList();
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.address()),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
            while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    private static String header(ConsumerRecord<?, ?> each, String name) {
        return new String(each.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
