package io.eventcore.internal;

import io.eventcore.RecordedEvent;
import java.util.Optional;

/** The event that a thread hands to a projection, so that a command given meanwhile can name its cause. */
public final class HandledEvent {
    private static final ThreadLocal<RecordedEvent<?>> CURRENT = new ThreadLocal<>();

    private HandledEvent() {}

    /**
     * What is done about an event.
     *
     * @param <X> how it may fail
     */
    @FunctionalInterface
    public interface Handling<X extends Exception> {
        /** Does it. */
        void run() throws X;
    }

    /** Does something about an event on this thread. */
    public static <X extends Exception> void during(RecordedEvent<?> event, Handling<X> handling) throws X {
        CURRENT.set(event);
        try {
            handling.run();
        } finally {
            CURRENT.remove();
        }
    }

    /** The event that this thread handles, if it does. */
    public static Optional<RecordedEvent<?>> current() {
        return Optional.ofNullable(CURRENT.get());
    }
}
