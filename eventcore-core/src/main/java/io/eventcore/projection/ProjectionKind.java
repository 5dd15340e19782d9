package io.eventcore.projection;

import java.util.Locale;

/**
 * The kind of a {@link Projection}, as health and endpoint list it.
 *
 * @since 0.1
 */
public enum ProjectionKind {
    /** Builds a read model. */
    PROJECTION,

    /** Answers events with commands. */
    REACTION,

    /** Passes events on, to listeners or to a broker. */
    RELAY;

    /** The word for one of them, as the tag {@code kind} of metrics: {@code projection}, {@code reaction} or {@code relay}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The word for several of them: {@code projections}, {@code reactions} or {@code relays}. */
    public String plural() {
        return word() + "s";
    }
}
