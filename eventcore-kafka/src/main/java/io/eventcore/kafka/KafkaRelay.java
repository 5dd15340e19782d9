package io.eventcore.kafka;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.internal.HandlesStored;
import io.eventcore.internal.RedactedException;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionMode;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.KafkaOperations;
import org.springframework.kafka.core.KafkaProducerException;

/**
 * Sends committed events to Kafka: each at least once, the events of a stream in order.
 *
 * <p>The checkpoint moves after the broker has acknowledged the events. Events of different streams are in flight at
 * the same time. An event is sent after the previous event of its stream was acknowledged, so no failure makes
 * consumers see them in another order. After a crash or a take-over, events are sent again; consumers recognise them by
 * the headers {@link KafkaRecordFactory#ID} and {@link KafkaRecordFactory#PART}.
 *
 * <p>The producer must wait for all replicas ({@code acks=all}) and be idempotent; the auto-configuration sets both.
 * While the broker cannot be reached, the relay waits and retries indefinitely. An event that Kafka cannot accept,
 * because it is too large or has no record, is tried five times and then stops the relay, unless {@code onError}
 * decides otherwise.
 *
 * <p>The relay sends events as they are stored. It decodes none, so it also sends events that the application cannot
 * read. Only if an {@link io.eventcore.serialization.Upcaster} begins at the stored name is an event sent in its
 * current shape, as it would be stored now: one record for each part, none for a dropped event, and without personal
 * data.
 *
 * <p>Safe for any number of threads.
 *
 * @param <K> the type of the records' keys
 * @param <V> the type of the records' values
 * @since 0.1
 */
public class KafkaRelay<K, V> implements Projection<Event>, HandlesStored {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaRelay.class);

    /** The name of the projection, unless set otherwise. */
    public static final String DEFAULT_NAME = "kafka";

    private final KafkaOperations<K, V> kafka;
    private final KafkaRecordFactory<K, V> records;
    private final String name;
    private final EventFilter filter;
    private final Instant since;
    private final int partitions;
    private final Function<FailureContext, FailureDecision> onError;

    /** What each partition of this relay has sent and not yet waited for: the last event of each stream. */
    private final ThreadLocal<Map<StreamId, CompletableFuture<?>>> underWay = ThreadLocal.withInitial(HashMap::new);

    KafkaRelay(Builder<K, V> builder) {
        this.kafka = builder.kafka;
        this.records = builder.records;
        this.name = builder.name;
        this.filter = builder.filter;
        this.since = builder.since;
        this.partitions = builder.partitions;
        this.onError = builder.onError;
    }

    /**
     * A relay to be set up.
     *
     * @param kafka sends the records; not within transactions of Kafka
     * @param records makes records of events
     */
    public static <K, V> Builder<K, V> builder(KafkaOperations<K, V> kafka, KafkaRecordFactory<K, V> records) {
        return new Builder<>(kafka, records);
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

    /**
     * A {@link io.eventcore.projection.ProjectionRunner} does not call this: it gives a relay the stored form of
     * events.
     *
     * @throws UnsupportedOperationException always: the stored form cannot be derived from a decoded event. A
     *     projection of your own cannot delegate to a relay; use a {@link KafkaRecordFactory} instead
     */
    @Override
    public void apply(RecordedEvent<Event> event) {
        throw new UnsupportedOperationException(
                "Relay '%s' sends events as they are stored: it cannot be called by another".formatted(name)
                        + " projection, but makes its records by a KafkaRecordFactory");
    }

    /**
     * Waits for the records in flight: none may arrive between later attempts. Whether they succeed does not matter.
     */
    @Override
    public void begin() throws InterruptedException {
        Map<StreamId, CompletableFuture<?>> sent = underWay.get();
        for (CompletableFuture<?> each : sent.values()) {
            try {
                await(each);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                LOG.debug(
                        "Relay '{}' repeats the records that it sent before an error",
                        name,
                        RedactedException.of(e, ""));
            }
        }
        sent.clear();
    }

    @Override
    public void applyStored(StoredEvent event) throws Exception {
        Map<StreamId, CompletableFuture<?>> sent = underWay.get();
        CompletableFuture<?> before = sent.get(event.streamId());
        if (before != null) {
            await(before);
        }
        sent.put(event.streamId(), kafka.send(records.recordOf(event)));
    }

    /** Waits for all, even after one has failed: no record in flight may arrive between later attempts. */
    @Override
    public void flush() throws Exception {
        Map<StreamId, CompletableFuture<?>> sent = underWay.get();
        @Nullable Exception failure = null;
        try {
            for (CompletableFuture<?> each : sent.values()) {
                try {
                    await(each);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw e;
                } catch (Exception e) {
                    failure = failure == null ? e : failure;
                }
            }
        } finally {
            sent.clear();
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void await(CompletableFuture<?> sent) throws Exception {
        try {
            sent.get();
        } catch (ExecutionException e) {
            // Spring's wrapper holds the record; what Kafka says is enough.
            Throwable cause =
                    e.getCause() instanceof KafkaProducerException wrapper ? wrapper.getCause() : e.getCause();
            throw cause instanceof Exception exception ? exception : e;
        }
    }

    /** A broker that does not answer is no reason to stop: no event is lost until it answers again. */
    private static FailureDecision decide(FailureContext failure) {
        boolean passing = isOf(failure.cause(), KafkaException.class)
                && !isOf(failure.cause(), RecordTooLargeException.class)
                && !isOf(failure.cause(), SerializationException.class);
        return passing ? FailureDecision.RETRY : FailureDecision.retryThenFail(failure);
    }

    private static boolean isOf(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Settings of a relay. Not safe for concurrent use.
     *
     * @param <K> the type of the records' keys
     * @param <V> the type of the records' values
     * @since 0.1
     */
    public static final class Builder<K, V> {
        private final KafkaOperations<K, V> kafka;
        private final KafkaRecordFactory<K, V> records;
        private String name = DEFAULT_NAME;
        private EventFilter filter = EventFilter.all();
        private Instant since = Instant.EPOCH;
        private int partitions = 1;
        private Function<FailureContext, FailureDecision> onError = KafkaRelay::decide;

        private Builder(KafkaOperations<K, V> kafka, KafkaRecordFactory<K, V> records) {
            this.kafka = Objects.requireNonNull(kafka, "kafka");
            this.records = Objects.requireNonNull(records, "records");
        }

        /** The name under which the checkpoint is stored; {@link #DEFAULT_NAME} unless set. */
        public Builder<K, V> name(String projection) {
            this.name = Objects.requireNonNull(projection, "name");
            return this;
        }

        /** Which events are sent; by default all. */
        public Builder<K, V> filter(EventFilter wanted) {
            this.filter = Objects.requireNonNull(wanted, "filter");
            return this;
        }

        /** Sends only events recorded at or after this time; by default all. */
        public Builder<K, V> since(Instant begin) {
            this.since = Objects.requireNonNull(begin, "since");
            return this;
        }

        /** How many partitions send events at the same time, 1 to 64; by default 1. */
        public Builder<K, V> partitions(int number) {
            this.partitions = number;
            return this;
        }

        /** Decides what happens to an event that could not be sent, instead of the default described above. */
        public Builder<K, V> onError(Function<FailureContext, FailureDecision> decision) {
            this.onError = Objects.requireNonNull(decision, "decision");
            return this;
        }

        /** The relay. */
        public KafkaRelay<K, V> build() {
            return new KafkaRelay<>(this);
        }
    }
}
