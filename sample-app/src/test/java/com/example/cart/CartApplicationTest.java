package com.example.cart;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.cart.CartApplication.CartEvent;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

class CartApplicationTest {
    @Test
    void the_quick_start_does_what_it_says() {
        try (ConfigurableApplicationContext context = SpringApplication.run(
                CartApplication.class,
                "--spring.config.name=none",
                "--spring.main.web-application-type=none",
                "--eventcore.store=in-memory")) {
            assertThat(context.getBean(EventStore.class)
                            .readStream(StreamId.of("cart-7"), CartEvent.class)
                            .toList())
                    .extracting(RecordedEvent::event)
                    .containsExactly(new CartEvent.ItemAdded(StreamId.of("cart-7"), "tea"));
        }
    }
}
