package com.example.cart;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class CartApplication {
    @EventType("cart.item-added") // the name that is stored
    record ItemAdded(StreamId streamId, String item) implements Event {}

    record AddItem(@Stream StreamId cart, String item) implements Command<Integer, ItemAdded> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer items, ItemAdded event) {
            return items + 1;
        }

        @Override
        public List<ItemAdded> handle(Integer items) {
            Require.that(items < 10, "A cart holds at most 10 items");
            return List.of(new ItemAdded(cart, item));
        }
    }

    @Bean
    Projection<ItemAdded> sales() { // every committed event once, in order; usually into a table of yours
        return Projection.named("sales", ItemAdded.class)
                .on(ItemAdded.class, recorded -> {
                    ItemAdded added = recorded.event();
                    System.out.println("Sold: " + added.item());
                })
                .build();
    }

    @Bean
    ApplicationRunner demo(CommandExecutor commands, EventStore store, ProjectionRunner projections) {
        return arguments -> {
            StreamId cart = StreamId.of("cart-" + UUID.randomUUID());
            ExecutionResult result = commands.execute(new AddItem(cart, "tea"));
            store.readStream(cart, ItemAdded.class).forEach(recorded -> System.out.println(recorded.event()));
            int items = store.readStream(cart, ItemAdded.class).fold(0, (count, event) -> count + 1);
            System.out.println("Items in the cart: " + items);
            projections.awaitPosition("sales", result.slice().lastPosition(), Duration.ofSeconds(10));
        };
    }

    public static void main(String[] arguments) {
        SpringApplication.run(CartApplication.class, arguments);
    }
}
