package io.eventcore.spring;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionMode;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.event.TransactionalApplicationListener;
import org.springframework.transaction.event.TransactionalApplicationListener.SynchronizationCallback;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Publishes committed events to the listeners of a Spring application context, as {@link CommittedEvent}s.
 *
 * <p>Each event is published after its commit, at least once, on one instance of the application, and the events of a
 * stream in order. It is published within a transaction of its own, so that {@code @TransactionalEventListener} works,
 * also after the commit, and the checkpoint moves after that. If a listener fails, the transaction is rolled back if
 * there is still time, and {@link #onError} decides. A repetition reaches all listeners again; they recognise it by
 * {@link RecordedEvent#deduplicationId()}. The relay does not wait for work that a listener does on another thread
 * ({@code @Async}).
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public class ApplicationEventRelay implements Projection<Event> {
    /** The name of the projection, unless set otherwise. */
    public static final String DEFAULT_NAME = "application-events";

    private static final SynchronizationCallback KEEP_FAILURES = new SynchronizationCallback() {
        @Override
        public void postProcessEvent(org.springframework.context.ApplicationEvent event, @Nullable Throwable failure) {
            if (failure != null && event instanceof CommittedEvent<?> committed) {
                committed.listenerFailed(failure);
            }
        }
    };

    private final ApplicationContext context;
    private final TransactionOperations transaction;
    private final String name;
    private final EventFilter filter;
    private final Instant since;
    private final int partitions;
    private final Function<FailureContext, FailureDecision> onError;
    private boolean watching;

    ApplicationEventRelay(Builder builder) {
        this.context = builder.context;
        PlatformTransactionManager manager = builder.transactionManager;
        this.transaction =
                manager == null ? TransactionOperations.withoutTransaction() : new TransactionTemplate(manager);
        this.name = builder.name;
        this.filter = builder.filter;
        this.since = builder.since;
        this.partitions = builder.partitions;
        this.onError = builder.onError;
    }

    /** A relay to the listeners of a context, to be set up. */
    public static Builder to(ApplicationContext context) {
        return new Builder(context);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<Event> eventType() {
        return Event.class;
    }

    @Override
    public EventFilter filter() {
        return filter;
    }

    @Override
    public Instant since() {
        return since;
    }

    @Override
    public ProjectionKind kind() {
        return ProjectionKind.RELAY;
    }

    @Override
    public ProjectionMode mode() {
        return ProjectionMode.AT_LEAST_ONCE;
    }

    @Override
    public int partitions() {
        return partitions;
    }

    @Override
    public FailureDecision onError(FailureContext failure) {
        return onError.apply(failure);
    }

    @Override
    public void apply(RecordedEvent<Event> event) throws Exception {
        watchTransactionalListeners();
        CommittedEvent<Event> committed = new CommittedEvent<>(this, event);
        transaction.executeWithoutResult(status -> context.publishEvent(committed));
        Optional<Throwable> failure = committed.failure();
        if (failure.isPresent()) {
            throw failed(failure.get());
        }
    }

    private static Exception failed(Throwable failure) {
        return failure instanceof Exception exception ? exception : new IllegalStateException(failure);
    }

    /**
     * Spring logs what a listener throws after a commit, and goes on. The events would count as published, so this
     * records what those listeners throw. All listeners are registered before the first event is published.
     */
    private synchronized void watchTransactionalListeners() {
        if (watching) {
            return;
        }
        watching = true;
        if (context instanceof AbstractApplicationContext listening) {
            for (ApplicationListener<?> listener : listening.getApplicationListeners()) {
                if (listener instanceof TransactionalApplicationListener<?> transactional) {
                    transactional.addCallback(KEEP_FAILURES);
                }
            }
        }
    }

    /**
     * Settings of a relay. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final ApplicationContext context;
        private @Nullable PlatformTransactionManager transactionManager;
        private String name = DEFAULT_NAME;
        private EventFilter filter = EventFilter.all();
        private Instant since = Instant.EPOCH;
        private int partitions = 1;
        private Function<FailureContext, FailureDecision> onError = FailureDecision::retryThenFail;

        private Builder(ApplicationContext context) {
            this.context = Objects.requireNonNull(context, "context");
        }

        /**
         * Manages the transaction in which each event is published. Unless set, listeners run without a transaction.
         */
        public Builder transactionManager(PlatformTransactionManager manager) {
            this.transactionManager = Objects.requireNonNull(manager, "transactionManager");
            return this;
        }

        /** The name under which the checkpoint is stored; {@link #DEFAULT_NAME} unless set. */
        public Builder name(String projection) {
            this.name = Objects.requireNonNull(projection, "name");
            return this;
        }

        /** Which events are published; by default all. */
        public Builder filter(EventFilter wanted) {
            this.filter = Objects.requireNonNull(wanted, "filter");
            return this;
        }

        /** Publishes only events recorded at or after this time; by default all. */
        public Builder since(Instant begin) {
            this.since = Objects.requireNonNull(begin, "since");
            return this;
        }

        /** How many partitions publish events at the same time, 1 to 64; by default 1, in the order of the log. */
        public Builder partitions(int number) {
            this.partitions = number;
            return this;
        }

        /**
         * Decides what happens to an event whose listener failed; by default the relay tries it five times, then stops.
         */
        public Builder onError(Function<FailureContext, FailureDecision> decision) {
            this.onError = Objects.requireNonNull(decision, "decision");
            return this;
        }

        /** The relay. */
        public ApplicationEventRelay build() {
            return new ApplicationEventRelay(this);
        }
    }
}
