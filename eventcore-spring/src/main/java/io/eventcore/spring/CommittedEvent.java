package io.eventcore.spring;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.context.PayloadApplicationEvent;

/**
 * A committed event of the store, as Spring hands it to listeners. A listener takes the domain event itself, or this if
 * it needs to know more:
 *
 * <pre>{@code
 * @EventListener
 * void on(OrderPaid paid) { ... }
 *
 * @EventListener
 * void on(CommittedEvent<OrderPaid> paid) { ... paid.recorded().deduplicationId() ... }
 * }</pre>
 *
 * @param <E> the type of the domain event
 * @since 0.1
 */
public final class CommittedEvent<E extends Event> extends PayloadApplicationEvent<E> {
    private static final long serialVersionUID = 1L;

    private final transient RecordedEvent<E> recorded;
    private transient volatile @Nullable Throwable failure;

    CommittedEvent(ApplicationEventRelay source, RecordedEvent<E> recorded) {
        super(source, recorded.event());
        this.recorded = recorded;
    }

    /** The event as the store holds it: with id, stream, version, position and metadata. */
    public RecordedEvent<E> recorded() {
        return recorded;
    }

    /** A listener failed, and Spring did not pass its exception on. */
    void listenerFailed(Throwable cause) {
        failure = cause;
    }

    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** Place and type, without the payload, so that an event can be logged. */
    @Override
    public String toString() {
        return "CommittedEvent[" + recorded + "]";
    }
}
