package io.eventcore.reaction;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.internal.SetsDeadlines;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/**
 * When a {@link Reaction} answers an event, if not at once, and what calls that off. Made with a
 * {@link DeadlineBuilder}.
 *
 * <p>Immutable.
 *
 * @param <E> the type the events are read as
 * @since 0.1
 */
public final class ReactionDeadline<E extends Event> {
    /** Beyond this, a time is taken for a mistake: it would leave the range of what is stored. */
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private final Class<? extends E> begins;
    private final List<Class<? extends E>> ends;
    private final DueTime<E> dueTime;
    private final Correlation<E> correlation;
    private final int maxPerSecond;

    /** When the deadline falls due that an event sets. */
    @FunctionalInterface
    interface DueTime<E extends Event> {
        Instant of(RecordedEvent<E> event) throws Exception;
    }

    /** What an event that sets a deadline, and one that calls it off, have in common. */
    @FunctionalInterface
    interface Correlation<E extends Event> {
        String of(RecordedEvent<E> event) throws Exception;
    }

    ReactionDeadline(
            Class<? extends E> begins,
            List<Class<? extends E>> ends,
            DueTime<E> dueTime,
            Correlation<E> correlation,
            int maxPerSecond) {
        this.begins = begins;
        this.ends = List.copyOf(ends);
        this.dueTime = dueTime;
        this.correlation = correlation;
        this.maxPerSecond = maxPerSecond;
    }

    int maxPerSecond() {
        return maxPerSecond;
    }

    /** First what the event calls off, then what it sets: an event may end a deadline and begin the next one. */
    void tell(RecordedEvent<E> event, SetsDeadlines.Told told) throws Exception {
        boolean ending = ends.stream().anyMatch(type -> type.isInstance(event.event()));
        boolean beginning = begins.isInstance(event.event());
        if (!ending && !beginning) {
            return;
        }
        String key = hash(correlation.of(event));
        if (ending) {
            told.ends(key);
        }
        if (beginning) {
            told.sets(key, kept(dueTime.of(event)));
        }
    }

    private static Instant kept(Instant dueAt) {
        if (dueAt.isAfter(LATEST)) {
            throw new ReactionRuleException("at(..) returned a time after the year 9999 for the event");
        }
        return dueAt;
    }

    /** Of a fixed length, the same in every engine, and no content of an event. */
    private static String hash(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-256", e);
        }
    }
}
