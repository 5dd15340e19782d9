package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.EventShapes.Shape;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each value is either stored and comes back as it was, or refused before it is stored; none comes back different, and none
 * is stored that cannot be read.
 */
class StoredOrRefusedTest {
    private static final StreamId STREAM = StreamId.of("any");

    private static final Pattern NAMES = Pattern.compile("\\w+");

    static List<Shape> shapes() {
        return EventShapes.all();
    }

    @Test
    void there_are_many_of_both() {
        assertThat(shapes()).hasSize(172);
        assertThat(shapes().stream().map(shape -> shape.event().getClass()).collect(Collectors.toSet()))
                .hasSizeGreaterThan(100);
        assertThat(shapes()).filteredOn(shape -> !shape.stored()).hasSizeGreaterThanOrEqualTo(40);
        assertThat(shapes()).filteredOn(Shape::stored).hasSizeGreaterThan(100);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void a_value_comes_back_as_it_was_or_is_refused(Shape shape) {
        EventStore store = new InMemoryEventStore(serializerFor(shape.event()));

        try {
            store.appendEvents(StreamWrites.empty()
                    .registerStream(STREAM, ExpectedVersion.noStream())
                    .append(STREAM, shape.event()));
        } catch (RuntimeException refusal) {
            assertThat(shape.stored()).as("refused: %s", refusal).isFalse();
            assertThat(store.internals()
                            .readStored(EventFilter.all(), EventPage.first(1))
                            .events())
                    .isEmpty();
            assertNamesTheComponent(shape, String.valueOf(refusal.getMessage()));
            return;
        }

        Event back = store.readStream(STREAM, Event.class).iterator().next().event();
        assertThat(shape.stored()).as("stored, comes back as %s", back).isTrue();
        assertSame(shape.event(), back);
    }

    /** The class and the component, or the type of the component if no event of the class could ever be stored. */
    private static void assertNamesTheComponent(Shape shape, String refusal) {
        Class<?> type = shape.event().getClass();
        assertThat(refusal).contains(type.getSimpleName());
        if (type.isRecord()) {
            String told = refusal.replace(type.getName(), "").replace(type.getSimpleName(), "");
            assertThat(type.getRecordComponents())
                    .as(refusal)
                    .anyMatch(component -> NAMES.matcher(told)
                            .results()
                            .map(MatchResult::group)
                            .anyMatch(name -> name.equals(component.getName())
                                    || (name.length() > 3
                                            && component
                                                    .getGenericType()
                                                    .getTypeName()
                                                    .contains("$" + name))));
        }
    }

    /** Equal by a measure that has nothing in common with the one under test. */
    private static void assertSame(Event event, Event back) {
        if (event instanceof EventShapes.OfDoubles doubles) {
            assertThat(((EventShapes.OfDoubles) back).v()).containsExactly(doubles.v());
        } else if (event instanceof EventShapes.OfStringBuilder builder) {
            assertThat(((EventShapes.OfStringBuilder) back).v())
                    .hasToString(builder.v().toString());
        } else if (event instanceof EventShapes.OfPattern pattern) {
            assertThat(((EventShapes.OfPattern) back).v().pattern())
                    .isEqualTo(pattern.v().pattern());
            assertThat(((EventShapes.OfPattern) back).v().flags())
                    .isEqualTo(pattern.v().flags());
        } else if (event instanceof EventShapes.OfJsonObject json) {
            assertThat(((EventShapes.OfJsonObject) back).v())
                    .hasToString(json.v().toString());
        } else if (!Objects.equals(event, back)) {
            assertThat(back).usingRecursiveComparison().ignoringFields("cached").isEqualTo(event);
        }
    }

    private static JacksonEventSerializer serializerFor(Event event) {
        return new JacksonEventSerializer(
                EventTypes.builder().register(event.getClass(), "event").build());
    }
}
