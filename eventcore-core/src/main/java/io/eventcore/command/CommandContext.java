package io.eventcore.command;

import io.eventcore.EventMetadata;
import io.eventcore.RecordedEvent;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a command besides the command itself: who gave it, when it is decided, how it is retried.
 *
 * <p>The caller passes what it knows to {@link CommandExecutor#execute(Command, CommandContext)}. The rest comes from
 * the context that encloses the call ({@link #during(Supplier)}), then from the executor's
 * {@link MetadataContributor}s; the executor adds the time of each attempt. Immutable.
 *
 * @since 0.1
 */
public final class CommandContext {
    private static final CommandContext EMPTY = new CommandContext(EventMetadata.empty(), Instant.EPOCH, null, null);
    private static final ThreadLocal<CommandContext> ENCLOSING = new ThreadLocal<>();

    private final EventMetadata metadata;
    private final Instant now;
    private final @Nullable CommandId commandId;
    private final @Nullable RetryPolicy retryPolicy;

    private CommandContext(
            EventMetadata metadata, Instant now, @Nullable CommandId commandId, @Nullable RetryPolicy retryPolicy) {
        this.metadata = Objects.requireNonNull(metadata, "metadata");
        this.now = Objects.requireNonNull(now, "now");
        this.commandId = commandId;
        this.retryPolicy = retryPolicy;
    }

    /** Nothing known. */
    public static CommandContext empty() {
        return EMPTY;
    }

    /** Only the time is known; for tests of a decision. */
    public static CommandContext at(Instant now) {
        return EMPTY.withNow(now);
    }

    /**
     * What is known about commands that follow from an event: the event is their cause, and they belong to its
     * conversation and its tenant. An event that belongs to no conversation begins one, under its own id.
     *
     * <p>The actor is not passed on: the code that reacts to an event is not the actor that caused it.
     */
    public static CommandContext causedBy(RecordedEvent<?> event) {
        EventMetadata known = event.metadata();
        CommandContext context = EMPTY.withCausationId(event.id().toString())
                .withCorrelationId(
                        known.correlationId().orElseGet(() -> event.id().toString()));
        return known.tenant().map(context::withTenant).orElse(context);
    }

    /** The context that encloses what this thread does now; {@link #empty()} if there is none. */
    static CommandContext enclosing() {
        CommandContext enclosing = ENCLOSING.get();
        return enclosing == null ? EMPTY : enclosing;
    }

    /**
     * Runs an action on this thread. Every command in it inherits the metadata of this context, unless it sets its own.
     * A nested scope inherits it too. Other threads do not.
     *
     * <pre>{@code
     * CommandContext.causedBy(event).during(() -> executor.execute(new ShipOrder(order)));
     * }</pre>
     */
    public <T> T during(Supplier<T> action) {
        CommandContext outer = ENCLOSING.get();
        ENCLOSING.set(outer == null ? this : withMetadata(metadata.withDefaults(outer.metadata)));
        try {
            return action.get();
        } finally {
            if (outer == null) {
                ENCLOSING.remove();
            } else {
                ENCLOSING.set(outer);
            }
        }
    }

    /** As {@link #during(Supplier)}, without a result. */
    public void during(Runnable action) {
        during(() -> {
            action.run();
            return EMPTY;
        });
    }

    /** This context with the id of the conversation that the command belongs to. */
    public CommandContext withCorrelationId(String correlationId) {
        return withMetadata(metadata.withCorrelationId(correlationId));
    }

    /** This context with the id of what caused the command. */
    public CommandContext withCausationId(String causationId) {
        return withMetadata(metadata.withCausationId(causationId));
    }

    /** This context with the actor who gives the command. */
    public CommandContext withActor(String actor) {
        return withMetadata(metadata.withActor(actor));
    }

    /** This context with the tenant on whose behalf the command is given. */
    public CommandContext withTenant(String tenant) {
        return withMetadata(metadata.withTenant(tenant));
    }

    /** This context with one entry of metadata added or replaced. */
    public CommandContext with(String name, String value) {
        return withMetadata(metadata.with(name, value));
    }

    /** This context with all metadata replaced. */
    public CommandContext withMetadata(EventMetadata replacement) {
        return new CommandContext(replacement, now, commandId, retryPolicy);
    }

    /**
     * This context with an id under which the command is executed once: a repetition, at the same time or later,
     * returns the result of the first and appends nothing. Nested commands do not inherit it: each command has its own
     * id.
     */
    public CommandContext withCommandId(CommandId id) {
        return new CommandContext(metadata, now, Objects.requireNonNull(id, "commandId"), retryPolicy);
    }

    /** This context with a policy for this one command; it overrides those of its class and of the executor. */
    public CommandContext withRetryPolicy(RetryPolicy policy) {
        return new CommandContext(metadata, now, commandId, Objects.requireNonNull(policy, "retryPolicy"));
    }

    /** This context at another time. */
    CommandContext withNow(Instant time) {
        return new CommandContext(metadata, time, commandId, retryPolicy);
    }

    /** What every event of the command is stored with. */
    public EventMetadata metadata() {
        return metadata;
    }

    /** The time of the attempt. Use it instead of the system time, so that a decision can be repeated and tested. */
    public Instant now() {
        return now;
    }

    /** The id under which the command is executed once, if there is one. */
    public Optional<CommandId> commandId() {
        return Optional.ofNullable(commandId);
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
