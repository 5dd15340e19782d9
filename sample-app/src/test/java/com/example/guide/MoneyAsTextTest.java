package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.EventSerializerCustomizer;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** The stored form of a type whose class is not ours to annotate. */
class MoneyAsTextTest {
    record Money(long cents) {
        static Money of(String text) {
            return new Money(Long.parseLong(text.replace(".", "")));
        }

        String text() {
            return "%d.%02d".formatted(cents / 100, cents % 100);
        }
    }

    @EventType("shop.paid")
    record Paid(StreamId streamId, Money amount) implements Event {}

    @Configuration(proxyBeanMethods = false)
    static class StoredJson {
        @Bean
        EventSerializerCustomizer moneyAsText() {
            return mapper -> mapper.addMixIn(Money.class, MoneyAsText.class);
        }

        abstract static class MoneyAsText {
            @JsonCreator
            static Money of(String text) {
                return Money.of(text); // only the annotation counts
            }

            @JsonValue
            abstract String text();
        }
    }

    @Test
    void money_is_stored_as_text_and_read_back() {
        JsonMapper.Builder mapper = EventJson.builder();
        new StoredJson().moneyAsText().customize(mapper);
        JacksonEventSerializer serializer = new JacksonEventSerializer(EventTypes.of(Paid.class), mapper.build());
        Paid paid = new Paid(StreamId.of("shop-1"), new Money(1_250));

        SerializedEvent stored = serializer.serialize(paid);

        assertThat(new String(stored.payload(), StandardCharsets.UTF_8)).contains("\"amount\":\"12.50\"");
        assertThat(serializer.deserialize(SerializedEvent.of("shop.paid", stored.payload())))
                .isEqualTo(paid);
    }
}
