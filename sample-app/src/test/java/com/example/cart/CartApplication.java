package com.example.cart;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import java.util.List;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class CartApplication {
    // tag::quick-start[]
    public sealed interface CartEvent extends Event {
        @EventType("cart.item-added")
        record ItemAdded(StreamId streamId, String item) implements CartEvent {}
    }

    record AddItem(@Stream StreamId cart, String item) implements Command<Integer, CartEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer items, CartEvent event) {
            return items + 1;
        }

        @Override
        public List<CartEvent> handle(Integer items) {
            Require.that(items < 10, "A cart holds at most 10 items");
            return List.of(new CartEvent.ItemAdded(cart, item));
        }
    }

    @Bean
    ApplicationRunner demo(CommandExecutor commands, EventStore store) {
        return arguments -> {
            StreamId cart = StreamId.of("cart-7");
            commands.execute(new AddItem(cart, "tea"));
            store.readStream(cart, CartEvent.class).forEach(System.out::println);
        };
    }
    // end::quick-start[]

    public static void main(String[] arguments) {
        SpringApplication.run(CartApplication.class, arguments);
    }
}
