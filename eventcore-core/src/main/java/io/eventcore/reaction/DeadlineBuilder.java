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
 * Builds a {@link Reaction} that answers an event at a later time, unless another event calls that off first.
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
 * <p>A deadline stores the place of the event and the due time, in one transaction with the checkpoint of the reaction.
 * When the deadline falls due, the reaction reads the event again. A deadline is never early, by the clock of the
 * database, and its commands are executed exactly once, like those of every reaction. An event that was committed
 * before the due time calls the deadline off for certain. If one is committed at the moment of the execution, the
 * command's own rule decides.
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
     * The deadline falls due this long after the event was recorded. A change applies to events that the reaction
     * receives from now on; pending deadlines stay as they are until the reaction is reset.
     *
     * @throws IllegalArgumentException if it is negative, or longer than a hundred years
     * @throws IllegalStateException if the due time was already set
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

    /** Checks that a value was not set before: setting it twice is a mistake, since only one of them could count. */
    private <V> V once(@Nullable V before, V value, String what, String by) {
        if (before != null) {
            throw new IllegalStateException(
                    "Reaction '%s' declares twice %s: declare it once, with %s".formatted(settings.name(), what, by));
        }
        return value;
    }

    private <V> V said(@Nullable V value, String what, String by) {
        if (value == null) {
            throw new IllegalStateException(
                    "Reaction '%s' does not declare %s: declare it with %s".formatted(settings.name(), what, by));
        }
        return value;
    }

    /**
     * The deadline falls due at a time that the event determines; a time in the past is due at once.
     *
     * @throws IllegalStateException if the due time was already set
     */
    @SuppressWarnings("unchecked") // Asked about events of this type only.
    public DeadlineBuilder<E, T> at(Function<RecordedEvent<T>, Instant> time) {
        Objects.requireNonNull(time, "time");
        this.dueTime = once(
                dueTime,
                event -> given(time.apply((RecordedEvent<T>) event), "at(..) returned no time for the event"),
                "when its deadline falls due",
                TIME);
        return this;
    }

    /**
     * Events of these types and their subtypes call the deadline off: those of the same stream, unless you call
     * {@link #sameTag} or {@link #correlatedBy}. The type that sets the deadline may be one of them: then only the last
     * event counts.
     */
    @SafeVarargs
    public final DeadlineBuilder<E, T> unless(Class<? extends E>... types) {
        for (Class<? extends E> type : Objects.requireNonNull(types, "types")) {
            ends.add(Objects.requireNonNull(type, "type"));
        }
        return this;
    }

    /**
     * Events with the same tag as the event that set the deadline call it off, whatever their stream. Each event must
     * carry exactly one tag of that name ({@link Event#eventTags}); otherwise {@link #onError} decides.
     *
     * @throws IllegalArgumentException if it is not a valid tag name
     * @throws IllegalStateException if a tag or a key was already set
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
     * Events with the same key as the event that set the deadline call it off, whatever their stream. Only a hash of
     * the key is stored.
     *
     * @param key the key of events of both kinds; if it is null or empty, {@link #onError} decides
     * @throws IllegalStateException if a tag or a key was already set
     */
    public DeadlineBuilder<E, T> correlatedBy(Function<RecordedEvent<E>, String> key) {
        Objects.requireNonNull(key, "key");
        return correlated(event -> {
            String given = key.apply(event);
            // Otherwise, all events without a key would call each other's deadlines off.
            if (given == null || given.isEmpty()) {
                throw new ReactionRuleException("correlatedBy(..) returned no key for the event, or an empty one");
            }
            return "key/" + given;
        });
    }

    /**
     * The command to execute when the deadline falls due; see {@link Reaction#react}.
     *
     * @throws IllegalStateException if the commands were already set
     */
    public DeadlineBuilder<E, T> execute(Function<RecordedEvent<T>, ? extends Command<?, ?>> command) {
        Objects.requireNonNull(command, "command");
        return executeAll(event -> List.of(given(
                command.apply(event),
                "execute(..) returned no command for the event; executeAll(..) may return List.of()")));
    }

    /** The result of a function; the user's function may return null. */
    private static <V> V given(@Nullable V value, String rule) {
        if (value == null) {
            throw new ReactionRuleException(rule);
        }
        return value;
    }

    /**
     * The commands to execute, in this order, when the deadline falls due; see {@link Reaction#react}.
     *
     * @throws IllegalStateException if the commands were already set
     */
    public DeadlineBuilder<E, T> executeAll(ReactionBuilder.Answer<T> commands) {
        Objects.requireNonNull(commands, "commands");
        this.answer = once(answer, commands, "what is done when its deadline falls due", ANSWER);
        return this;
    }

    /**
     * Upper limit for the deadlines that each partition executes in a second; by default 1,000. It executes them one
     * after the other, the oldest first: this also limits the rate after an outage.
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
     * The events that it receives; by default all. Must include those that set a deadline and those that call it off:
     * building the reaction checks that, as far as the types show it.
     */
    public DeadlineBuilder<E, T> filter(EventFilter wanted) {
        settings.filter(wanted);
        return this;
    }

    /** Skips events recorded before this time, which set no deadlines; see {@link Reaction#since()}. */
    public DeadlineBuilder<E, T> since(Instant begin) {
        settings.since(begin);
        return this;
    }

    /**
     * The number of partitions, 1 to 64; by default 1. More than one only if events of the same stream call deadlines
     * off: there is no order between events of different streams in different partitions.
     */
    public DeadlineBuilder<E, T> partitions(int number) {
        settings.partitions(number);
        return this;
    }

    /**
     * Decides what happens to deadlines whose commands could not all be executed, including rejected ones, and to
     * events that cannot be read; by default, they are tried five times, then the reaction stops.
     * {@link FailureDecision#PARK} parks only that deadline; for an event that cannot be read, its stream.
     */
    public DeadlineBuilder<E, T> onError(Function<FailureContext, FailureDecision> decision) {
        settings.onError(decision);
        return this;
    }

    /**
     * The reaction.
     *
     * @throws IllegalStateException if the due time or the commands were not set; if the filter leaves out the types
     *     that set a deadline or call it off; or if there are several partitions, and events of other streams call
     *     deadlines off
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
