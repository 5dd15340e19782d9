package io.eventcore.reaction;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventTag;
import io.eventcore.RecordedEvent;
import io.eventcore.command.Command;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Reaction} that answers an event at a later time, unless another event calls that off before.
 *
 * <pre>{@code
 * Reaction.named("release-unpaid-seats", SeatEvent.class)
 *         .on(SeatReserved.class)
 *         .after(Duration.ofMinutes(15))
 *         .unless(SeatPaid.class, SeatReleased.class)
 *         .execute(event -> new ReleaseSeat(event.streamId(), event.event().reservation()))
 *         .build();
 * }</pre>
 *
 * <p>What is stored is the place of the event and when it falls due, in one transaction with the checkpoint of the reaction.
 * The event is read again when it does. It never does so early, by the clock of the database, and its commands are executed
 * exactly once, as those of every reaction. An event that calls it off and was committed before the due time does so for
 * certain; one that is committed at the moment of the execution meets the command, whose own rule decides.
 *
 * <p>Not safe for concurrent use.
 *
 * @param <E> the type the events are read as
 * @param <T> the type of the events that set a deadline
 * @since 0.1
 */
public final class DeadlineBuilder<E extends Event, T extends E> {
    private static final Duration LONGEST = Duration.ofDays(36_525);
    private static final int DEFAULT_PER_SECOND = 1_000;

    private final ReactionBuilder<E> settings;
    private final Class<T> begins;
    private final List<Class<? extends E>> ends = new ArrayList<>();
    private ReactionDeadline.Correlation<E> correlation = event -> "stream/" + event.streamId();
    private boolean sameStream = true;
    private ReactionDeadline.@Nullable DueTime<E> dueTime;
    private ReactionBuilder.@Nullable Answer<T> answer;
    private int maxPerSecond = DEFAULT_PER_SECOND;

    DeadlineBuilder(ReactionBuilder<E> settings, Class<T> begins) {
        this.settings = settings;
        this.begins = Objects.requireNonNull(begins, "type");
    }

    /**
     * The deadline falls due this long after the event was recorded. Counts for events that the reaction comes to from now
     * on; what is pending stays as it is until the reaction is reset.
     *
     * @throws IllegalArgumentException if it is negative, or longer than a hundred years
     */
    public DeadlineBuilder<E, T> after(Duration delay) {
        if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("A delay must be 0 to 100 years, is " + delay);
        }
        this.dueTime = event -> event.recordedAt().plus(delay);
        return this;
    }

    /** The deadline falls due at a time that the event says; a time that has passed is due at once. */
    @SuppressWarnings("unchecked") // Asked about events of this type only.
    public DeadlineBuilder<E, T> at(Function<RecordedEvent<T>, Instant> time) {
        Objects.requireNonNull(time, "time");
        this.dueTime = event -> Objects.requireNonNull(time.apply((RecordedEvent<T>) event), "the time of a deadline");
        return this;
    }

    /**
     * Events of these types and their subtypes call the deadline off: those of the same stream, unless {@link #sameTag} or
     * {@link #correlatedBy} says otherwise. The type that sets it may be one of them: then only the last one counts.
     */
    @SafeVarargs
    public final DeadlineBuilder<E, T> unless(Class<? extends E>... types) {
        for (Class<? extends E> type : types) {
            ends.add(Objects.requireNonNull(type, "type"));
        }
        return this;
    }

    /**
     * Events call the deadline off that carry the same tag of a name as the event that has set it, whatever their stream.
     * Each must carry one tag of that name ({@link Event#eventTags}); otherwise {@link #onError} decides.
     *
     * @throws IllegalArgumentException if it is no name of a tag
     */
    public DeadlineBuilder<E, T> sameTag(String name) {
        EventTag.of(name);
        this.correlation = event -> "tag/" + onlyTag(event, name);
        this.sameStream = false;
        return this;
    }

    private static EventTag onlyTag(RecordedEvent<?> event, String name) {
        List<EventTag> tags = event.event().eventTags().stream()
                .filter(tag -> tag.name().equals(name))
                .toList();
        if (tags.size() != 1) {
            throw new IllegalArgumentException(
                    "The event at position %s of type '%s' has %d tags named '%s', must have one"
                            .formatted(event.position(), event.typeName(), tags.size(), name));
        }
        return tags.get(0);
    }

    /**
     * Events call the deadline off that have the same key as the event that has set it, whatever their stream. Only a hash
     * of the key is stored.
     *
     * @param key of events of both kinds; not null
     */
    public DeadlineBuilder<E, T> correlatedBy(Function<RecordedEvent<E>, String> key) {
        Objects.requireNonNull(key, "key");
        this.correlation = event -> "key/" + Objects.requireNonNull(key.apply(event), "the key of a deadline");
        this.sameStream = false;
        return this;
    }

    /** The command to execute when the deadline falls due; see {@link Reaction#react}. */
    public DeadlineBuilder<E, T> execute(Function<RecordedEvent<T>, ? extends Command<?, ?>> command) {
        Objects.requireNonNull(command, "command");
        return executeAll(event -> List.of(command.apply(event)));
    }

    /** The commands to execute, in this order, when the deadline falls due; see {@link Reaction#react}. */
    public DeadlineBuilder<E, T> executeAll(ReactionBuilder.Answer<T> commands) {
        this.answer = Objects.requireNonNull(commands, "commands");
        return this;
    }

    /**
     * How many deadlines are executed in a second at most, by each partition; by default 1,000. They are executed one after
     * the other, the oldest first: what is overdue after an outage comes no faster than this.
     *
     * @throws IllegalArgumentException if it is not 1 to 1,000,000
     */
    public DeadlineBuilder<E, T> maxPerSecond(int number) {
        if (number < 1 || number > 1_000_000) {
            throw new IllegalArgumentException("maxPerSecond must be 1 to 1000000, is " + number);
        }
        this.maxPerSecond = number;
        return this;
    }

    /** Which events are wanted; by default all. Must want those that call a deadline off, too. */
    public DeadlineBuilder<E, T> filter(EventFilter wanted) {
        settings.filter(wanted);
        return this;
    }

    /** Events that were recorded earlier are passed over, and set no deadlines; see {@link Reaction#since()}. */
    public DeadlineBuilder<E, T> since(Instant begin) {
        settings.since(begin);
        return this;
    }

    /**
     * Into how many parts it is divided, 1 to 64; by default 1. More than one only if deadlines are called off by events of
     * the same stream: those of different streams are in no order between parts.
     */
    public DeadlineBuilder<E, T> partitions(int number) {
        settings.partitions(number);
        return this;
    }

    /**
     * Decides about deadlines whose commands could not all be executed, a rejection included, and about events that cannot
     * be read; by default they are tried five times and then the reaction stops. {@link FailureDecision#PARK} sets the one
     * deadline aside; of an event that cannot be read, its stream.
     */
    public DeadlineBuilder<E, T> onError(Function<FailureContext, FailureDecision> decision) {
        settings.onError(decision);
        return this;
    }

    /**
     * The reaction.
     *
     * @throws IllegalStateException if it is not said when a deadline falls due, or what is to be executed; or if there are
     *     several partitions, and deadlines are called off by events of other streams
     */
    public Reaction<E> build() {
        if (dueTime == null) {
            throw new IllegalStateException("Say when the deadline falls due: by after(..) or at(..)");
        }
        if (answer == null) {
            throw new IllegalStateException("Say what is done when the deadline falls due: by execute(..)");
        }
        return settings.withDeadline(
                begins,
                ends,
                answer,
                new ReactionDeadline<>(begins, ends, dueTime, correlation, maxPerSecond),
                sameStream);
    }
}
