package io.eventcore.kafka;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.OldEvent;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.UnknownTypes;
import io.eventcore.serialization.Upcaster;
import io.eventcore.serialization.internal.ForwardingSerializer;
import io.eventcore.test.contract.ShopEvent;
import io.eventcore.test.contract.ShopEvent.Closed;
import io.eventcore.test.contract.ShopEvent.ItemAdded;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.kafka.core.KafkaTemplate;
import tools.jackson.databind.node.ObjectNode;

/** What the relay sends of events that were stored in earlier shapes. */
class UpcastRelayTest {
    private static final StreamId CART = StreamId.of("cart-1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final MockProducer<String, byte[]> broker =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer()) {
                /** A template gives its producer back after each record; those of Spring's factories stay open then. */
                @Override
                public void close(Duration timeout) {}
            };

    @Test
    void an_earlier_shape_is_sent_as_it_would_be_stored_today_and_everything_else_as_it_is_stored() {
        EventStore events = storeOf(ShopEvent.serializer());
        append(events, ShopEvent.itemAdded(CART, "pen"));
        append(events, ShopEvent.viewed(CART));
        append(events, ShopEvent.checkedOut(CART, 5));
        append(events, new ShopEvent.Old(CART, "shop.closed", "{ \"cart\" : \"cart-1\" , \"by\" : \"ada\" }"));

        relay(events, EventFilter.all());

        assertThat(broker.history())
                .extracting(UpcastRelayTest::shown)
                .containsExactly(
                        "shop.item-added@2 version 1 part 0 " + today(new ItemAdded(CART, "pen", 1)),
                        "shop.closed version 3 part 0 " + today(new Closed(CART)),
                        "shop.paid version 3 part 1 " + today(new Paid(CART, 5)),
                        "shop.closed version 4 part 0 { \"cart\" : \"cart-1\" , \"by\" : \"ada\" }");
        assertThat(broker.history())
                .extracting(sent -> header(sent, KafkaRecordFactory.ID) + header(sent, KafkaRecordFactory.PART))
                .doesNotHaveDuplicates();
    }

    @Test
    void of_a_split_event_only_the_parts_that_the_filter_wants_are_sent() {
        EventStore events = storeOf(ShopEvent.serializer());
        append(events, ShopEvent.checkedOut(CART, 5));
        append(events, new Paid(CART, 6));

        relay(events, EventFilter.all().ofTypes(Paid.class));

        assertThat(broker.history())
                .extracting(UpcastRelayTest::shown)
                .containsExactly(
                        "shop.paid version 1 part 1 " + today(new Paid(CART, 5)),
                        "shop.paid version 2 part 0 " + today(new Paid(CART, 6)));
    }

    @Test
    void an_event_that_an_upcaster_fails_at_goes_the_way_of_an_error() {
        EventStore events = storeOf(ShopEvent.serializer());
        append(events, ShopEvent.broken(CART));
        append(events, new Closed(CART));

        relay(events, EventFilter.all());

        assertThat(broker.history())
                .extracting(UpcastRelayTest::shown)
                .containsExactly("shop.closed version 2 part 0 " + today(new Closed(CART)));
    }

    @ParameterizedTest
    @EnumSource
    void an_event_of_an_unknown_type_is_sent_as_it_is_stored(UnknownTypes unknown) {
        List<String> skipped = new CopyOnWriteArrayList<>();
        EventStore events = storeOf(ShopEvent.serializer(unknown, skipped::add));
        append(events, new ShopEvent.Old(CART, "shop.returned", "{ \"cart\" : \"cart-1\" }"));

        relay(events, EventFilter.all());

        assertThat(broker.history())
                .extracting(UpcastRelayTest::shown)
                .containsExactly("shop.returned version 1 part 0 { \"cart\" : \"cart-1\" }");
        assertThat(skipped).isEmpty();
    }

    @Test
    void of_an_upcast_event_with_personal_data_only_placeholders_leave_the_application() {
        EventStore events = storeOf(new Renamed());
        append(events, new Met(CART, "ada", "Augusta Ada King"));

        relay(events, EventFilter.all());

        assertThat(broker.history())
                .extracting(UpcastRelayTest::shown)
                .containsExactly(
                        "shop.greeted version 1 part 0 {\"streamId\":\"cart-1\",\"person\":\"ada\",\"salutation\":\"Hello [erased]\"}");
        assertThat(events.readStream(CART, Greeted.class).toList())
                .extracting(greeted -> greeted.event().salutation())
                .containsExactly("Hello Augusta Ada King");
    }

    /** As it was stored once. */
    @EventType("shop.met")
    record Met(
            StreamId streamId,
            String person,
            @PersonalData(subject = "person") String name) implements Event {}

    /** As it is read today: by an upcaster that puts what is personal into something that is not. */
    @EventType("shop.greeted")
    record Greeted(StreamId streamId, String person, String salutation) implements Event {}

    private static final class Renamed extends ForwardingSerializer {
        private final EventSerializer yesterday;

        private Renamed() {
            this(PersonalDataProtection.of(new InMemorySubjectKeyStore()));
        }

        private Renamed(PersonalDataProtection protection) {
            super(new JacksonEventSerializer(
                    EventTypes.builder()
                            .register(Greeted.class)
                            .upcaster(Upcaster.from("shop.met").to("shop.greeted", Renamed::greeting))
                            .build(),
                    EventJson.builder().build(),
                    protection));
            this.yesterday = new JacksonEventSerializer(
                    EventTypes.of(Met.class), EventJson.builder().build(), protection);
        }

        private static ObjectNode greeting(OldEvent met) {
            String name = met.object().remove("name").asString("");
            return met.object().put("salutation", "Hello " + name);
        }

        @Override
        public SerializedEvent serialize(Event event) {
            return event instanceof Met ? yesterday.serialize(event) : super.serialize(event);
        }
    }

    private static EventStore storeOf(EventSerializer serializer) {
        return new InMemoryEventStore(serializer, AppendLimits.defaults(), Clock.systemUTC(), new AppendSignal());
    }

    private static void append(EventStore events, Event event) {
        events.appendEvents(StreamWrites.to(CART, any(), event));
    }

    private void relay(EventStore events, EventFilter filter) {
        ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .projection(KafkaRelay.builder(new KafkaTemplate<>(() -> broker), KafkaRecordFactory.payloads("shop"))
                        .filter(filter)
                        .onError(failure -> FailureDecision.SKIP)
                        .build())
                .build();
        runner.start();
        try {
            assertThat(runner.awaitPosition(KafkaRelay.DEFAULT_NAME, events.lastPosition(), PATIENCE))
                    .isEqualTo(AwaitOutcome.REACHED);
        } finally {
            runner.stop();
        }
    }

    private static String today(Event event) {
        return new String(ShopEvent.serializer().serialize(event).payload(), StandardCharsets.UTF_8);
    }

    private static String shown(ProducerRecord<String, byte[]> sent) {
        return "%s version %s part %s %s"
                .formatted(
                        header(sent, KafkaRecordFactory.TYPE),
                        header(sent, KafkaRecordFactory.VERSION),
                        header(sent, KafkaRecordFactory.PART),
                        new String(sent.value(), StandardCharsets.UTF_8));
    }

    private static String header(ProducerRecord<?, ?> sent, String name) {
        return new String(sent.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
