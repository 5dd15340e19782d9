package io.eventcore.command;

import io.eventcore.EventMetadata;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a command beside the command itself: who is behind it, when it is decided, how it is tried again.
 *
 * <p>The caller says what it knows; the executor adds the time of each attempt. Immutable.
 *
 * @since 0.1
 */
public final class CommandContext {
    private static final CommandContext EMPTY = new CommandContext(EventMetadata.empty(), Instant.EPOCH, null);

    private final EventMetadata metadata;
    private final Instant now;
    private final @Nullable RetryPolicy retryPolicy;

    private CommandContext(EventMetadata metadata, Instant now, @Nullable RetryPolicy retryPolicy) {
        this.metadata = Objects.requireNonNull(metadata, "metadata");
        this.now = Objects.requireNonNull(now, "now");
        this.retryPolicy = retryPolicy;
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
        return new CommandContext(replacement, now, retryPolicy);
    }

    /** This context with a policy for this one command, whatever its class and the executor say. */
    public CommandContext withRetryPolicy(RetryPolicy policy) {
        return new CommandContext(metadata, now, Objects.requireNonNull(policy, "retryPolicy"));
    }

    /** This context at another time. */
    CommandContext withNow(Instant time) {
        return new CommandContext(metadata, time, retryPolicy);
    }

    /** What every event of the command is stored with. */
    public EventMetadata metadata() {
        return metadata;
    }

    /** The time of the attempt. Take it instead of the system's, so that a decision can be repeated and tested. */
    public Instant now() {
        return now;
    }

    /** The policy for this one command, if there is one. */
    public Optional<RetryPolicy> retryPolicy() {
        return Optional.ofNullable(retryPolicy);
    }

    /** The names of what is known; values may be personal. */
    @Override
    public String toString() {
        return "CommandContext[" + metadata + ", now=" + now + "]";
    }
}
