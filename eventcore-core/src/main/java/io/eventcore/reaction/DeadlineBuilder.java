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

    private static final String TIME = "after(..) or at(..)";
    private static final String ANSWER = "execute(..) or executeAll(..)";

    private final ReactionBuilder<E> settings;
    private final Class<T> begins;
    private final List<Class<? extends E>> ends = new ArrayList<>();
    private ReactionDeadline.@Nullable Correlation<E> correlation;
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
     * @throws IllegalStateException if it was said before when the deadline falls due
     */
    public DeadlineBuilder<E, T> after(Duration delay) {
        Objects.requireNonNull(delay, "delay");
        if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("Reaction '%s' has a deadline after %s: it must be 0 to %d days"
                    .formatted(settings.name(), delay, LONGEST.toDays()));
        }
        this.dueTime = once(dueTime, event -> event.recordedAt().plus(delay), "when its deadline falls due", TIME);
        return this;
    }

    /** What was not said before; whatever is said twice is a mistake, as only one of both could count. */
    private <V> V once(@Nullable V before, V value, String what, String by) {
        if (before != null) {
            throw new IllegalStateException(
                    "Reaction '%s' says twice %s: say it once, by %s".formatted(settings.name(), what, by));
        }
        return value;
    }

    private <V> V said(@Nullable V value, String what, String by) {
        if (value == null) {
            throw new IllegalStateException(
                    "Reaction '%s' does not say %s: say it by %s".formatted(settings.name(), what, by));
        }
        return value;
    }

    /**
     * The deadline falls due at a time that the event says; a time that has passed is due at once.
     *
     * @throws IllegalStateException if it was said before when the deadline falls due
     */
    @SuppressWarnings("unchecked") // Asked about events of this type only.
    public DeadlineBuilder<E, T> at(Function<RecordedEvent<T>, Instant> time) {
        Objects.requireNonNull(time, "time");
        this.dueTime = once(
                dueTime,
                event -> given(time.apply((RecordedEvent<T>) event), "at(..) gave no time for the event"),
                "when its deadline falls due",
                TIME);
        return this;
    }

    /**
     * Events of these types and their subtypes call the deadline off: those of the same stream, unless {@link #sameTag} or
     * {@link #correlatedBy} says otherwise. The type that sets it may be one of them: then only the last one counts.
     */
    @SafeVarargs
    public final DeadlineBuilder<E, T> unless(Class<? extends E>... types) {
        for (Class<? extends E> type : Objects.requireNonNull(types, "types")) {
            ends.add(Objects.requireNonNull(type, "type"));
        }
        return this;
    }

    /**
     * Events call the deadline off that carry the same tag of a name as the event that has set it, whatever their stream.
     * Each must carry one tag of that name ({@link Event#eventTags}); otherwise {@link #onError} decides.
     *
     * @throws IllegalArgumentException if it is no name of a tag
     * @throws IllegalStateException if there is a tag or a key already
     */
    public DeadlineBuilder<E, T> sameTag(String name) {
        EventTag.of(Objects.requireNonNull(name, "name"));
        return correlated(event -> "tag/" + onlyTag(event, name));
    }

    private DeadlineBuilder<E, T> correlated(ReactionDeadline.Correlation<E> by) {
        this.correlation = once(
                correlation,
                by,
                "what an event has in common with those that call its deadline off",
                "sameTag(..) or correlatedBy(..)");
        return this;
    }

    private static EventTag onlyTag(RecordedEvent<?> event, String name) {
        List<EventTag> tags = event.event().eventTags().stream()
                .filter(tag -> tag.name().equals(name))
                .toList();
        if (tags.size() != 1) {
            throw new ReactionRuleException("the event has %s named '%s', and sameTag(..) needs one"
                    .formatted(tags.isEmpty() ? "no tag" : tags.size() + " tags", name));
        }
        return tags.get(0);
    }

    /**
     * Events call the deadline off that have the same key as the event that has set it, whatever their stream. Only a hash
     * of the key is stored.
     *
     * @param key of events of both kinds; neither null nor empty, or {@link #onError} decides
     * @throws IllegalStateException if there is a tag or a key already
     */
    public DeadlineBuilder<E, T> correlatedBy(Function<RecordedEvent<E>, String> key) {
        Objects.requireNonNull(key, "key");
        return correlated(event -> {
            String given = key.apply(event);
            // All events without one would call each other's deadlines off.
            if (given == null || given.isEmpty()) {
                throw new ReactionRuleException("correlatedBy(..) gave no key for the event, or an empty one");
            }
            return "key/" + given;
        });
    }

    /**
     * The command to execute when the deadline falls due; see {@link Reaction#react}.
     *
     * @throws IllegalStateException if it was said before what is done then
     */
    public DeadlineBuilder<E, T> execute(Function<RecordedEvent<T>, ? extends Command<?, ?>> command) {
        Objects.requireNonNull(command, "command");
        return executeAll(event -> List.of(given(
                command.apply(event),
                "execute(..) gave no command for the event; executeAll(..) may answer List.of()")));
    }

    /** What a function has given; those of users may give null. */
    private static <V> V given(@Nullable V value, String rule) {
        if (value == null) {
            throw new ReactionRuleException(rule);
        }
        return value;
    }

    /**
     * The commands to execute, in this order, when the deadline falls due; see {@link Reaction#react}.
     *
     * @throws IllegalStateException if it was said before what is done then
     */
    public DeadlineBuilder<E, T> executeAll(ReactionBuilder.Answer<T> commands) {
        Objects.requireNonNull(commands, "commands");
        this.answer = once(answer, commands, "what is done when its deadline falls due", ANSWER);
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
            throw new IllegalArgumentException(
                    "maxPerSecond of reaction '%s' must be 1 to 1000000, is %d".formatted(settings.name(), number));
        }
        this.maxPerSecond = number;
        return this;
    }

    /**
     * Which events are wanted; by default all. Must want those that set a deadline and those that call it off: as far as
     * types tell, that is checked when the reaction is built.
     */
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
     * @throws IllegalStateException if it is not said when a deadline falls due, or what is to be executed; if the filter
     *     leaves out the types that set a deadline or call it off; or if there are several partitions, and deadlines are
     *     called off by events of other streams
     */
    public Reaction<E> build() {
        ReactionDeadline.DueTime<E> due = said(dueTime, "when its deadline falls due", TIME);
        ReactionBuilder.Answer<T> commands = said(answer, "what is done when its deadline falls due", ANSWER);
        ReactionDeadline.Correlation<E> by = correlation;
        ReactionDeadline.Correlation<E> sameStream = event -> "stream/" + event.streamId();
        return settings.withDeadline(
                begins,
                ends,
                commands,
                new ReactionDeadline<>(begins, ends, due, by == null ? sameStream : by, maxPerSecond),
                by == null);
    }
}
