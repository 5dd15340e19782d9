package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UndecodedEventTest {
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
        UndecodedEvent event = undecoded(() -> value, decoded);

        assertThat(event.decode()).isSameAs(event.decode());
        assertThat(decoded).hasValue(1);
    }

    @ParameterizedTest
    @MethodSource("mutable")
    void of_an_event_that_can_be_changed_each_caller_gets_a_copy(Object value) {
        AtomicInteger decoded = new AtomicInteger();
        UndecodedEvent event = undecoded(() -> value, decoded);

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

        UndecodedEvent event = undecoded(() -> deep, new AtomicInteger());

        assertThat(event.decode()).isNotSameAs(event.decode());
    }

    @Test
    void an_event_that_was_decoded_before_is_handed_out_if_it_cannot_be_changed() {
        RecordedEvent<Event> fixed = recorded("text");
        RecordedEvent<Event> changing = recorded(new ArrayList<>(List.of("text")));

        assertThat(UndecodedEvent.of(fixed, fixed::event).decode()).isSameAs(fixed);
        assertThat(UndecodedEvent.of(changing, () -> new Holding(STREAM, List.of("copy")))
                        .decode()
                        .event())
                .isEqualTo(new Holding(STREAM, List.of("copy")));
    }

    @Test
    void an_event_can_be_moved_to_another_position() {
        GlobalPosition place = GlobalPosition.of(77);

        Stream.of("text", new ArrayList<>()).forEach(value -> {
            UndecodedEvent moved = undecoded(() -> value, new AtomicInteger()).movedTo(place);

            assertThat(moved.position()).isEqualTo(place);
            assertThat(moved.decode().position()).isEqualTo(place);
            assertThat(moved.decode().event()).isEqualTo(new Holding(STREAM, value));
        });
    }

    private static UndecodedEvent undecoded(Supplier<Object> value, AtomicInteger decoded) {
        RecordedEvent<Event> like = recorded("");
        return UndecodedEvent.at(
                STREAM, like.version(), like.position(), like.typeName(), like.id(), like.recordedAt(), () -> {
                    decoded.incrementAndGet();
                    return recorded(value.get());
                });
    }

    private static RecordedEvent<Event> recorded(Object value) {
        return RecordedEvent.of(
                new Holding(STREAM, value),
                UUID.randomUUID(),
                STREAM,
                StreamVersion.of(1),
                GlobalPosition.of(1),
                "holding",
                EventMetadata.empty(),
                Instant.EPOCH);
    }
}
