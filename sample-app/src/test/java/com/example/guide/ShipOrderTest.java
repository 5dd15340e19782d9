package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.guide.ShipOrderTest.ShopEvent.OrderPlaced;
import com.example.guide.ShipOrderTest.ShopEvent.OrderShipped;
import com.example.guide.ShipOrderTest.ShopEvent.StockReceived;
import com.example.guide.ShipOrderTest.ShopEvent.StockTaken;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.CommandScenario;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A command whose streams only the state can name. */
class ShipOrderTest {
    private static final StreamId ORDER = StreamId.of("order-1");
    private static final StreamId TEA = StreamId.of("article-tea");
    private static final StreamId CUP = StreamId.of("article-cup");

    @Test
    void the_stock_of_every_article_of_the_order_is_part_of_the_decision() {
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(ShopEvent.class)));
        store.appendEvents(StreamWrites.to(TEA, ExpectedVersion.noStream(), new StockReceived(TEA, 5)));
        store.appendEvents(StreamWrites.to(CUP, ExpectedVersion.noStream(), new StockReceived(CUP, 1)));
        store.appendEvents(
                StreamWrites.to(ORDER, ExpectedVersion.noStream(), new OrderPlaced(ORDER, Map.of(TEA, 2, CUP, 1))));

        ExecutionResult shipped = CommandExecutor.builder(store).build().execute(new ShipOrder(ORDER));

        assertThat(shipped.version(ORDER)).isEqualTo(StreamVersion.of(2));
        assertThat(shipped.version(TEA)).isEqualTo(StreamVersion.of(2));
        assertThat(shipped.version(CUP)).isEqualTo(StreamVersion.of(2));
    }

    @Test
    void a_command_has_the_event_as_its_cause_that_encloses_it() {
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(ShopEvent.class)));
        CommandExecutor executor = CommandExecutor.builder(store).build();
        StreamId order = ORDER;
        store.appendEvents(StreamWrites.to(ORDER, ExpectedVersion.noStream(), new OrderPlaced(ORDER, Map.of())));
        RecordedEvent<ShopEvent> event =
                store.readStream(ORDER, ShopEvent.class).toList().get(0);

        // tag::cause[]
        CommandContext.causedBy(event).during(() -> executor.execute(new ShipOrder(order)));
        // end::cause[]

        assertThat(store.readStream(ORDER, ShopEvent.class)
                        .toList()
                        .get(1)
                        .metadata()
                        .causationId())
                .contains(event.id().toString());
    }

    // tag::scenario[]
    @Test
    void an_order_waits_for_an_article_that_is_out_of_stock() {
        CommandScenario.given(
                        new StockReceived(TEA, 5),
                        new StockReceived(CUP, 1),
                        new StockTaken(CUP, 1),
                        new OrderPlaced(ORDER, Map.of(TEA, 2, CUP, 1)))
                .when(new ShipOrder(ORDER))
                .thenRejected(BusinessRuleViolationException.class)
                .hasMessage("article-cup is out of stock");
    }
    // end::scenario[]

    sealed interface ShopEvent extends Event {
        StreamId subject();

        @Override
        default StreamId streamId() {
            return subject();
        }

        @EventType("guide.order-placed")
        record OrderPlaced(StreamId subject, Map<StreamId, Integer> articles) implements ShopEvent {}

        @EventType("guide.order-shipped")
        record OrderShipped(StreamId subject) implements ShopEvent {}

        @EventType("guide.stock-received")
        record StockReceived(StreamId subject, int pieces) implements ShopEvent {}

        @EventType("guide.stock-taken")
        record StockTaken(StreamId subject, int pieces) implements ShopEvent {}
    }

    // tag::ship-order[]
    record ShipOrder(@Stream StreamId order) implements Command<ShipOrder.Shop, ShopEvent> {
        record Shop(Map<StreamId, Integer> ordered, Map<StreamId, Integer> stock) {}

        @Override
        public Shop initialState() {
            return new Shop(Map.of(), Map.of());
        }

        @Override
        public Shop apply(Shop shop, ShopEvent event) {
            if (event instanceof OrderPlaced placed) {
                return new Shop(placed.articles(), shop.stock());
            }
            Map<StreamId, Integer> stock = new HashMap<>(shop.stock());
            if (event instanceof StockReceived received) {
                stock.merge(received.subject(), received.pieces(), Integer::sum);
            } else if (event instanceof StockTaken taken) {
                stock.merge(taken.subject(), -taken.pieces(), Integer::sum);
            }
            return new Shop(shop.ordered(), Map.copyOf(stock));
        }

        @Override
        public Set<StreamId> discoverStreams(Shop shop) {
            return shop.ordered().keySet(); // known once the order has been read
        }

        @Override
        public List<ShopEvent> handle(Shop shop) {
            List<ShopEvent> events = new ArrayList<>();
            shop.ordered().forEach((article, pieces) -> {
                Require.that(shop.stock().getOrDefault(article, 0) >= pieces, "%s is out of stock", article);
                events.add(new StockTaken(article, pieces));
            });
            events.add(new OrderShipped(order));
            return events;
        }
    }
    // end::ship-order[]
}
