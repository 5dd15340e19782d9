package io.eventcore.kafka;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.ForwardingSerializer;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.test.contract.SchoolEvent;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.kafka.core.KafkaTemplate;

/** What the relay promises when a broker is slow or refuses, at every single record. */
class KafkaRelayTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final AppendSignal signal = new AppendSignal();
    private final Changing serializer = new Changing();
    private final EventStore events =
            new InMemoryEventStore(serializer, AppendLimits.defaults(), Clock.systemUTC(), signal);
    private final MockProducer<String, byte[]> broker =
            new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer()) {
                /** A template gives its producer back after each record; those of Spring's factories stay open then. */
                @Override
                public void close(Duration timeout) {}
            };
    private final List<ProjectionRunner> runners = new ArrayList<>();

    @AfterEach
    void stopAll() {
        Thread stopper = new Thread(() -> runners.forEach(ProjectionRunner::stop));
        stopper.start();
        Eventually.until("the relay is stopped", () -> {
            broker.errorNext(new TimeoutException("over"));
            return !stopper.isAlive();
        });
    }

    @Test
    void a_record_holds_what_a_consumer_must_know() {
        events.appendEvents(StreamWrites.empty()
                .withMetadata(EventMetadata.empty().withCorrelationId("order-7").withActor("ada"))
                .registerStream(ADA, any())
                .append(new Deposited(ADA, 5)));
        ProjectionRunner runner = start(relay());

        Eventually.until("it is sent", () -> broker.history().size() == 1);
        broker.completeNext();
        assertReached(runner);

        ProducerRecord<String, byte[]> sent = broker.history().get(0);
        RecordedEvent<Event> stored =
                events.readStream(ADA, Event.class).toList().get(0);
        assertThat(sent.topic()).isEqualTo("ledger");
        assertThat(sent.key()).isEqualTo("account-ada");
        assertThat(sent.value()).isEqualTo(serializer.written.get(0));
        assertThat(sent.timestamp()).isEqualTo(stored.recordedAt().toEpochMilli());
        assertThat(headers(sent))
                .isEqualTo(Map.of(
                        "eventcore.id", stored.id().toString(),
                        "eventcore.part", "0",
                        "eventcore.type", "ledger.deposited",
                        "eventcore.position", stored.position().toString(),
                        "eventcore.version", "1",
                        "eventcore.correlationId", "order-7"));
    }

    @Test
    void an_event_that_the_application_cannot_read_any_more_is_sent_as_it_is_stored() {
        events.appendEvents(StreamWrites.to(ADA, any(), new Withdrawn(ADA, 1)));
        deposit(ADA);
        ProjectionRunner runner = start(relay());

        Eventually.until("both are sent", () -> {
            broker.completeNext();
            return broker.history().size() == 2;
        });
        broker.completeNext();
        assertReached(runner);

        assertThat(broker.history()).extracting(ProducerRecord::value).containsExactlyElementsOf(serializer.written);
        assertThat(broker.history())
                .extracting(sent -> headers(sent).get("eventcore.type"))
                .containsExactly("ledger.withdrawn", "ledger.deposited");
    }

    @Test
    void a_relay_by_tags_sends_what_carries_them_and_nothing_else() {
        for (SchoolEvent event : List.of(
                new CourseOpened("c1", 2),
                new CourseOpened("c2", 2),
                new Subscribed("ada", "c2"),
                new Subscribed("bob", "c1"))) {
            events.appendEvents(StreamWrites.to(event.streamId(), any(), event));
        }
        ProjectionRunner runner = start(relay().filter(EventFilter.tagged("course", "c1")));

        Eventually.until("both are sent", () -> {
            broker.completeNext();
            return broker.history().size() == 2;
        });
        broker.completeNext();
        assertReached(runner);

        assertThat(broker.history()).extracting(ProducerRecord::key).containsExactly("course/c1", "student/bob");
    }

    @Test
    void the_checkpoint_waits_for_the_broker() {
        deposit(ADA);
        deposit(BOB);
        ProjectionRunner runner = start(relay());
        Eventually.until("both are under way", () -> broker.history().size() == 2);

        broker.completeNext();

        assertThat(runner.awaitPosition(KafkaRelay.DEFAULT_NAME, GlobalPosition.of(1), Duration.ZERO))
                .isEqualTo(AwaitOutcome.TIMED_OUT);
        broker.completeNext();
        assertReached(runner);
        assertThat(broker.history()).hasSize(2);
    }

    @Test
    void an_event_the_broker_never_takes_stops_the_relay_before_it() {
        deposit(ADA);
        ProjectionRunner runner = start(relay());

        Eventually.until("the relay has stopped", () -> {
            broker.errorNext(new RecordTooLargeException("too large"));
            return status(runner).state() == ProjectionState.FAILED;
        });

        assertThat(status(runner).lastFailure()).contains("RecordTooLargeException");
        assertThat(status(runner).position()).isEqualTo(GlobalPosition.START);
    }

    @Test
    void a_broker_that_does_not_answer_never_stops_the_relay() {
        deposit(ADA);
        ProjectionRunner runner = start(relay());
        AtomicInteger refusals = new AtomicInteger();

        Eventually.until("it was refused often", () -> {
            if (broker.errorNext(new TimeoutException("no answer"))) {
                refusals.incrementAndGet();
            }
            return refusals.get() == 20;
        });
        Eventually.until("it is taken", broker::completeNext);

        assertReached(runner);
    }

    @Test
    void an_event_without_a_record_goes_the_way_of_an_error_and_the_others_are_sent() {
        deposit(ADA);
        deposit(BOB);
        deposit(ADA);
        KafkaRecordFactory<String, byte[]> payloads = KafkaRecordFactory.payloads("ledger");
        ProjectionRunner runner = start(KafkaRelay.builder(new KafkaTemplate<>(() -> broker), event -> {
                    if (event.streamId().equals(BOB)) {
                        throw new IllegalArgumentException("no record for Bob");
                    }
                    return payloads.recordOf(event);
                })
                .onError(failure -> FailureDecision.SKIP));

        Eventually.until("both of Ada's are taken", () -> {
            broker.completeNext();
            return runner.awaitPosition(KafkaRelay.DEFAULT_NAME, events.lastPosition(), Duration.ZERO)
                    == AwaitOutcome.REACHED;
        });

        assertThat(broker.history()).extracting(ProducerRecord::key).containsOnly("account-ada");
        assertThat(status(runner).skippedEvents()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void a_send_that_failed_before_an_error_does_not_hold_up_its_stream(Trouble trouble) {
        deposit(ADA);
        deposit(BOB);
        KafkaRecordFactory<String, byte[]> payloads = KafkaRecordFactory.payloads("ledger");
        AtomicInteger calls = new AtomicInteger();
        ProjectionRunner runner = start(KafkaRelay.builder(new KafkaTemplate<>(() -> broker), event -> {
            if (event.streamId().equals(BOB) && calls.getAndIncrement() < 3) {
                broker.errorNext(new TimeoutException("refused"));
                trouble.occur();
            }
            return payloads.recordOf(event);
        }));

        Eventually.until("both are taken", () -> {
            if (calls.get() > 3) {
                broker.completeNext();
            }
            return runner.awaitPosition(KafkaRelay.DEFAULT_NAME, events.lastPosition(), Duration.ZERO)
                    == AwaitOutcome.REACHED;
        });

        assertThat(broker.history())
                .extracting(ProducerRecord::key)
                .filteredOn("account-ada"::equals)
                .hasSize(4);
        assertThat(status(runner).skippedEvents()).isZero();
    }

    /** What may end a batch between two sends, without a decision about an event. */
    private enum Trouble {
        NO_MEMORY {
            @Override
            void occur() {
                assertThat(new byte[Integer.MAX_VALUE]).isNotEmpty();
            }
        },
        KEYS_NOT_TO_BE_HAD {
            @Override
            void occur() {
                throw new EventStoreUnavailableException("the key store does not answer", null);
            }
        };

        abstract void occur();
    }

    @ParameterizedTest(name = "seed {0}, {1} parts")
    @CsvSource({"1, 1", "2, 1", "3, 1", "4, 4", "5, 4", "6, 4"})
    void whatever_the_broker_refuses_nothing_is_lost_and_no_event_is_met_before_an_earlier_one_of_its_stream(
            long seed, int partitions) {
        Random random = new Random(seed);
        // So many that records are under way behind one that is refused, however quick the relay is.
        for (int i = 0; i < 150; i++) {
            deposit(StreamId.of("account-" + random.nextInt(8)));
        }
        ProjectionRunner runner = start(relay().partitions(partitions));
        List<ProducerRecord<String, byte[]>> taken = new ArrayList<>();
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger left = new AtomicInteger(150);

        Eventually.until("all is taken", () -> {
            if (left.getAndDecrement() > 0) {
                deposit(StreamId.of("account-" + random.nextInt(8)));
            }
            while (answered.get() < broker.history().size() && random.nextInt(10) > 0) {
                if (random.nextInt(5) == 0) {
                    answered.addAndGet(broker.errorNext(new TimeoutException("refused")) ? 1 : 0);
                } else if (broker.completeNext()) {
                    taken.add(broker.history().get(answered.getAndIncrement()));
                }
            }
            return left.get() < 0
                    && runner.awaitPosition(KafkaRelay.DEFAULT_NAME, events.lastPosition(), Duration.ZERO)
                            == AwaitOutcome.REACHED;
        });

        Map<String, Set<Long>> versions = new LinkedHashMap<>();
        taken.forEach(each -> versions.computeIfAbsent(each.key(), key -> new LinkedHashSet<>())
                .add(Long.valueOf(headers(each).get("eventcore.version"))));
        versions.forEach((stream, met) -> {
            assertThat(List.copyOf(met)).as(stream).isSorted();
            assertThat((long) met.size())
                    .isEqualTo(events.streamVersion(StreamId.of(stream)).value());
        });
        assertThat(versions.values().stream().mapToInt(Set::size).sum()).isEqualTo(300);
        assertThat(taken).as("some came again").hasSizeGreaterThan(300);
    }

    private KafkaRelay.Builder<String, byte[]> relay() {
        return KafkaRelay.builder(new KafkaTemplate<>(() -> broker), KafkaRecordFactory.payloads("ledger"));
    }

    private ProjectionRunner start(KafkaRelay.Builder<?, ?> relay) {
        ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .projection(relay.build())
                .batchSize(20)
                .retryPause(Duration.ofNanos(1), Duration.ofMillis(1))
                .wokenBy(signal)
                .build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    private void assertReached(ProjectionRunner runner) {
        assertThat(runner.awaitPosition(KafkaRelay.DEFAULT_NAME, events.lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    private static ProjectionStatus.Partition status(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0);
    }

    private void deposit(StreamId account) {
        events.appendEvents(StreamWrites.to(account, any(), new Deposited(account, 1)));
    }

    /** Encodes an event otherwise each time, as a class does that changes, and has forgotten what a withdrawal is. */
    private static final class Changing extends ForwardingSerializer {
        private final List<byte[]> written = new CopyOnWriteArrayList<>();

        private Changing() {
            super(new JacksonEventSerializer(LedgerEvent.types()));
        }

        @Override
        public SerializedEvent serialize(Event event) {
            SerializedEvent form = super.serialize(event);
            String json = new String(form.payload(), StandardCharsets.UTF_8) + " ".repeat(written.size() % 10 + 1);
            written.add(json.getBytes(StandardCharsets.UTF_8));
            return SerializedEvent.of(form.typeName(), written.get(written.size() - 1));
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            if (stored.typeName().equals("ledger.withdrawn")) {
                throw new IllegalArgumentException("no event class is registered under this name");
            }
            return super.deserialize(stored, origin);
        }
    }

    private static Map<String, String> headers(ProducerRecord<?, ?> sent) {
        Map<String, String> headers = new LinkedHashMap<>();
        sent.headers().forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return headers;
    }
}
