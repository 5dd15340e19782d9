package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendInFlight;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StoreInternals;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GaugesTest {
    @Test
    void a_gauge_goes_on_after_the_garbage_was_collected() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        new LogMetrics(reader()).bindTo(registry);

        collectGarbage();

        assertThat(registry.get(LogMetrics.OLDEST_IN_FLIGHT).timeGauge().value())
                .isZero();
    }

    /** Returns when what nothing refers to is gone. */
    private static void collectGarbage() {
        WeakReference<Object> gone = new WeakReference<>(new Object());
        while (gone.get() != null) {
            System.gc();
        }
    }

    private static EventReader reader() {
        return new EventReader() {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                throw new AssertionError("No page is wanted");
            }

            @Override
            public StoreInternals internals() {
                throw new AssertionError("No page is wanted");
            }

            @Override
            public Optional<AppendInFlight> oldestAppendInFlight() {
                return Optional.empty();
            }

            @Override
            public GlobalPosition lastPosition() {
                return GlobalPosition.START;
            }
        };
    }
}
