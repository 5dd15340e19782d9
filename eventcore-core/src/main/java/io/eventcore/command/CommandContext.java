package io.eventcore.command;

import io.eventcore.EventMetadata;
import java.time.Instant;
import java.util.Objects;

/**
 * What is known about a command beside the command itself: who is behind it, and when it is decided.
 *
 * <p>The caller gives the metadata; the executor adds the time of each attempt. Immutable.
 *
 * @param metadata what every event of the command is stored with
 * @param now the time of the attempt; what the caller puts here is replaced
 * @since 0.1
 */
public record CommandContext(EventMetadata metadata, Instant now) {
    private static final CommandContext EMPTY = new CommandContext(EventMetadata.empty(), Instant.EPOCH);

    /** Checks that everything is given. */
    public CommandContext {
        Objects.requireNonNull(metadata, "metadata");
        Objects.requireNonNull(now, "now");
    }

    /** Nothing known. */
    public static CommandContext empty() {
        return EMPTY;
    }

    /** Nothing known but the time; for tests of a decision. */
    public static CommandContext at(Instant now) {
        return EMPTY.withNow(now);
    }

    /** This context with the id of the conversation that the command belongs to. */
    public CommandContext withCorrelationId(String correlationId) {
        return withMetadata(metadata.withCorrelationId(correlationId));
    }

    /** This context with the id of what caused the command. */
    public CommandContext withCausationId(String causationId) {
        return withMetadata(metadata.withCausationId(causationId));
    }

    /** This context with one entry of metadata added or replaced. */
    public CommandContext with(String name, String value) {
        return withMetadata(metadata.with(name, value));
    }

    /** This context with all metadata replaced. */
    public CommandContext withMetadata(EventMetadata replacement) {
        return new CommandContext(replacement, now);
    }

    /** This context at another time. */
    CommandContext withNow(Instant time) {
        return new CommandContext(metadata, time);
    }
}
