package io.eventcore.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventMetadata;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SharedEventTest {
    private static final StreamId STREAM = StreamId.of("stream-1");

    private record Holding(StreamId streamId, @Nullable Object value) implements Event {}

    private record Pair(Object first, Object second) {}

    private enum Colour {
        RED
    }

    private static class Fixed {
        private final String name = "fixed";

        @Override
        public String toString() {
            return name;
        }
    }

    private static final class Settable extends Fixed {
        private int count;

        @Override
        public String toString() {
            return super.toString() + count++;
        }
    }

    static List<Object> immutable() {
        return List.of(
                "text",
                1L,
                new BigDecimal("1.5"),
                UUID.randomUUID(),
                URI.create("a:b"),
                Instant.EPOCH,
                ZoneId.of("Europe/Rome"),
                Colour.RED,
                Optional.of("text"),
                List.of(),
                List.of(1, 2, 3),
                List.copyOf(new ArrayList<>(List.of("a"))),
                Set.of("a"),
                Map.of("a", List.of(1)),
                new Pair("a", new Pair(1, List.of())),
                new Fixed());
    }

    static List<Object> mutable() {
        return List.of(
                new ArrayList<>(),
                Arrays.asList("a", "b"),
                Collections.unmodifiableList(new ArrayList<>()),
                new byte[] {1},
                new BitSet(),
                new AtomicInteger(),
                new AtomicReference<>(""),
                Optional.of(new BitSet()),
                List.of(new BitSet()),
                Map.of("a", new int[0]),
                new Pair("a", new Pair(1, new ArrayList<>())),
                new Settable(),
                new BigDecimal("1.5") {
                    private static final long serialVersionUID = 1L;
                });
    }

    @ParameterizedTest
    @MethodSource("immutable")
    void an_event_that_cannot_be_changed_is_decoded_once(Object value) {
        AtomicInteger decoded = new AtomicInteger();
        SharedEvent event = shared(() -> value, decoded);

        assertThat(event.decode()).isSameAs(event.decode());
        assertThat(decoded).hasValue(1);
    }

    @ParameterizedTest
    @MethodSource("mutable")
    void of_an_event_that_can_be_changed_each_caller_gets_a_copy(Object value) {
        AtomicInteger decoded = new AtomicInteger();
        SharedEvent event = shared(() -> value, decoded);

        assertThat(event.decode()).isNotSameAs(event.decode());
        assertThat(decoded).hasValue(2);
    }

    @Test
    void objects_that_hold_each_other_without_end_are_copied() {
        Object nested = "end";
        for (int i = 0; i < 100; i++) {
            nested = new Pair(nested, "");
        }
        Object deep = nested;

        SharedEvent event = shared(() -> deep, new AtomicInteger());

        assertThat(event.decode()).isNotSameAs(event.decode());
    }

    @Test
    void an_event_that_cannot_be_decoded_is_tried_once() {
        AtomicInteger decoded = new AtomicInteger();
        SharedEvent event = shared(
                () -> {
                    throw new EventDeserializationException(
                            STREAM, StreamVersion.of(1), GlobalPosition.of(1), "holding", "it is torn", null);
                },
                decoded);

        Throwable first = catchThrowable(event::decode);

        assertThat(first).isInstanceOf(EventDeserializationException.class);
        assertThat(catchThrowable(event::decode)).isSameAs(first);
        assertThat(decoded).hasValue(1);
    }

    @Test
    void an_event_can_be_moved_to_another_place_and_is_decoded_no_more_often() {
        assertMoves("text", 1);
        assertMoves(new ArrayList<>(), 3);
    }

    private static void assertMoves(Object value, int decodings) {
        StreamVersion version = StreamVersion.of(7);
        GlobalPosition place = GlobalPosition.of(77);
        AtomicInteger decoded = new AtomicInteger();
        SharedEvent event = shared(() -> value, decoded);
        event.decode();

        SharedEvent moved = event.at(version, place);

        assertThat(moved.stored().position()).isEqualTo(place);
        assertThat(moved.decode().get(0).version()).isEqualTo(version);
        assertThat(moved.decode()).singleElement().satisfies(now -> {
            assertThat(now.position()).isEqualTo(place);
            assertThat(now.event()).isEqualTo(new Holding(STREAM, value));
        });
        assertThat(decoded).hasValue(decodings);
    }

    private static SharedEvent shared(Supplier<Object> value, AtomicInteger decoded) {
        return new SharedEvent(StoredEvent.of(
                STREAM,
                StreamVersion.of(1),
                GlobalPosition.of(1),
                UUID.randomUUID(),
                Instant.EPOCH,
                "holding",
                new byte[0],
                new byte[0],
                stored -> {
                    decoded.incrementAndGet();
                    return List.of(recorded(stored, new Holding(STREAM, value.get())));
                }));
    }

    private static RecordedEvent<Event> recorded(StoredEvent stored, Event event) {
        return RecordedEvent.of(
                event,
                stored.id(),
                stored.streamId(),
                stored.version(),
                stored.position(),
                stored.typeName(),
                EventMetadata.empty(),
                stored.recordedAt());
    }
}
