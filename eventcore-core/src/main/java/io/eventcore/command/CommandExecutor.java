package io.eventcore.command;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.RecordedEvent;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.CallerRetries;
import io.eventcore.internal.HandledEvent;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.internal.CanonicalJson;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Executes commands: reads their streams, folds, decides, and appends under the versions read.
 *
 * <p>If another command has appended to one of the streams, or the store had a transient failure, the executor makes
 * another attempt, as the {@link RetryPolicy} says; each attempt is a transaction of its own. Inside a transaction of
 * the caller there is exactly one attempt, because it cannot read afresh there; a conflict reaches the caller.
 *
 * <p>Exceptions of the domain reach the caller untouched, after the attempt in which they were thrown. Safe for any
 * number of threads.
 *
 * @since 0.1
 */
public class CommandExecutor {
    private final EventStore store;
    private final CommandAttempts attempts;
    private final HotStreams hotStreams;
    private final RetryPolicy retryPolicy;
    private final List<MetadataContributor> contributors;
    private final @Nullable ExecutedCommands executedCommands;
    private final CanonicalJson canonicalJson;
    private final CommandListener listener;
    private final Pause pause;
    private final DoubleSupplier random;

    CommandExecutor(Builder builder) {
        this.store = builder.store;
        JsonMapper json = builder.jsonMapper == null ? EventJson.builder().build() : builder.jsonMapper;
        this.attempts = new CommandAttempts(builder.clock, snapshots(builder, json));
        this.hotStreams = new HotStreams(builder.store, builder.hotStreams, builder.chains, knownStreams(builder));
        this.retryPolicy = builder.retryPolicy;
        this.contributors = List.copyOf(builder.contributors);
        this.executedCommands = builder.executedCommands;
        this.canonicalJson = new CanonicalJson(json);
        this.listener = CommandListener.all(List.of(builder.listener));
        this.pause = builder.pause;
        this.random = builder.random;
    }

    private static @Nullable StateSnapshots snapshots(Builder builder, JsonMapper json) {
        return builder.snapshotStore == null
                ? null
                : new StateSnapshots(builder.snapshotStore, builder.snapshotSettings, json);
    }

    private static @Nullable KnownStreams knownStreams(Builder builder) {
        return builder.warmStreams.enabled() ? new KnownStreams(builder.warmStreams, builder.nanoTime) : null;
    }

    /** An executor on this store, with settings still to be chosen. */
    public static Builder builder(EventStore store) {
        return new Builder(store);
    }

    /** Executes a command without a context. As {@link #execute(Command, CommandContext)}. */
    public <S, E extends Event> ExecutionResult execute(Command<S, E> command) {
        return execute(command, CommandContext.empty());
    }

    /**
     * Executes a command.
     *
     * @param context what is known about the command; the rest comes from the enclosing context
     * @return the result; also if the command decided that nothing happens
     * @throws RetriesExhaustedException if all allowed attempts ended in a conflict or a transient failure, the time
     *     budget was used up, or the thread was interrupted between two attempts or before the first
     * @throws ConflictException if what the decision rests on has changed, and the call was inside a transaction of the
     *     caller
     * @throws io.eventcore.UndeclaredStreamException if the command returns an event for a stream that it neither
     *     declares nor discovers
     * @throws CommandIdReusedException if the id in the context was used for another command before
     * @throws EventStoreException if the store fails in another way
     * @throws IllegalArgumentException if the class of the command is not well-formed
     * @throws RuntimeException whatever the command throws to reject
     */
    public <S, E extends Event> ExecutionResult execute(Command<S, E> command, CommandContext context) {
        Objects.requireNonNull(context, "context");
        CommandListener.Execution execution = listener.started(Objects.requireNonNull(command, "command"));
        ExecutionResult result;
        try {
            result = attemptUntilDone(request(command, context, execution));
        } catch (Throwable e) {
            execution.failed(e);
            throw e;
        }
        execution.succeeded(result);
        return result;
    }

    /** How often commands needed no read because this executor remembered their streams, and how much it remembers. */
    public WarmStreamStatistics warmStreams() {
        return hotStreams.statistics();
    }

    /**
     * Forgets what this executor remembers of streams. Call it after the store was emptied or restored while the
     * application runs; otherwise the executor notices within the time of
     * {@link WarmStreamSettings#withLogCheckedWithin}, or when the store fails.
     */
    public void forgetStreams() {
        hotStreams.forgetKnown();
    }

    private <S, E extends Event> CommandRequest<S, E> request(
            Command<S, E> command, CommandContext context, CommandListener.Execution execution) {
        RetryPolicy policy =
                context.retryPolicy().orElseGet(() -> RetryOverrides.of(command.getClass(), this.retryPolicy));
        return new CommandRequest<>(
                command,
                context.withMetadata(metadata(context)),
                once(command, context),
                policy,
                execution,
                System.nanoTime());
    }

    private CommandDeduplication once(Command<?, ?> command, CommandContext context) {
        Optional<CommandId> id = context.commandId();
        if (id.isEmpty()) {
            return CommandDeduplication.NONE;
        }
        if (executedCommands == null) {
            throw new IllegalStateException(
                    "A command has an id, but the executor cannot store ids: build the executor with ExecutedCommands");
        }
        return CommandDeduplication.under(id.get(), command, canonicalJson, executedCommands);
    }

    /**
     * What the caller passes, completed by the enclosing context, then by the event that the thread handles, then by
     * the contributors.
     */
    private EventMetadata metadata(CommandContext context) {
        EventMetadata known =
                context.metadata().withDefaults(CommandContext.enclosing().metadata());
        Optional<RecordedEvent<?>> handled = HandledEvent.current();
        if (handled.isPresent()) {
            known = known.withDefaults(CommandContext.causedBy(handled.get()).metadata());
        }
        for (MetadataContributor contributor : contributors) {
            known = known.withDefaults(contributor.metadata());
        }
        return known;
    }

    private ExecutionResult attemptUntilDone(CommandRequest<?, ?> request) {
        RetryPolicy policy = request.retryPolicy();
        @Nullable EventStoreException failure = null;
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt(request, attempt, failure);
            } catch (ConflictException | TransientEventStoreException e) {
                failure = e;
            } catch (HotStreams.LeftQueueException e) {
                throw request.exhausted(attempt - 1, failure == null ? e.failure() : failure);
            }
            if (store.internals().joinsCallersTransaction()) {
                throw notRetried(request, failure);
            }
            Duration delay = attempt == 1 && hotStreams.isCrowded(failure)
                    ? Duration.ZERO
                    : policy.delayAfter(attempt, random.getAsDouble());
            if (attempt >= policy.maxAttempts() || request.elapsed().plus(delay).compareTo(policy.budget()) > 0) {
                throw request.exhausted(attempt, failure);
            }
            request.execution().retrying(attempt, failure, delay);
            if (!pause.of(delay)) {
                throw request.exhausted(attempt, failure);
            }
        }
    }

    /**
     * The failure of a command with a single attempt; for a conflict, the message says why there is no other attempt.
     */
    private static EventStoreException notRetried(CommandRequest<?, ?> request, EventStoreException failure) {
        String note = request.command().getClass().getSimpleName()
                + " is not retried, because it runs inside a transaction of its caller: only that transaction can be"
                + " repeated as a whole, or the command executed outside it";
        return failure instanceof ConflictException conflict ? conflict.withNote(note) : failure;
    }

    private ExecutionResult attempt(CommandRequest<?, ?> request, int number, @Nullable EventStoreException previous) {
        String contested = previous instanceof ConflictException conflict ? HotStreams.rowOf(conflict) : null;
        Function<EventStore, ExecutionResult> attempt = through -> attempts.make(through, request, number);
        Supplier<Set<String>> rows = () -> rowsOf(request.command());
        boolean inCompany = request.once() == CommandDeduplication.NONE && attempts.mayBeInCompany(request.command());
        boolean onKnown = inCompany && attempts.mayGoOnFromKnown(request.command());
        try {
            return CallerRetries.during(() -> inCompany
                    ? hotStreams.attempt(rows, contested, request.deadline(), onKnown, attempt)
                    : hotStreams.attemptAlone(rows, contested, request.deadline(), attempt));
        } catch (TransientEventStoreException | EventStoreUnavailableException | AppendOutcomeUnknownException e) {
            hotStreams.doubtKnown();
            throw e;
        }
    }

    private static Set<String> rowsOf(Command<?, ?> command) {
        Set<String> rows = new LinkedHashSet<>();
        command.streams().forEach(id -> rows.add(id.value()));
        if (CommandType.of(command).isTagged()) {
            command.query()
                    .ifPresent(query -> query.items().forEach(item -> {
                        item.stream().ifPresent(id -> rows.add(id.value()));
                        item.tags().forEach(tag -> rows.add(tag.rowId()));
                    }));
        }
        return rows;
    }

    /** Waits between two attempts. */
    @FunctionalInterface
    interface Pause {
        /** Whether the time has passed; false if the thread was interrupted, and its flag is set. */
        boolean of(Duration delay);

        static boolean sleeping(Duration delay) {
            try {
                Thread.sleep(delay.toMillis(), (int) (delay.toNanos() % 1_000_000));
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    /**
     * Settings of an executor. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final EventStore store;
        private RetryPolicy retryPolicy = RetryPolicy.defaults();
        private Clock clock = Clock.systemUTC();
        private List<MetadataContributor> contributors = List.of();
        private @Nullable ExecutedCommands executedCommands;
        private @Nullable SnapshotStore snapshotStore;
        private SnapshotSettings snapshotSettings = SnapshotSettings.defaults();
        private @Nullable JsonMapper jsonMapper;
        private CommandListener listener = CommandListener.none();
        private HotStreamSettings hotStreams = HotStreamSettings.defaults();
        private HotStreams.Chains chains = DecisionChain::new;
        private WarmStreamSettings warmStreams = WarmStreamSettings.defaults();
        private LongSupplier nanoTime = System::nanoTime;
        private Pause pause = Pause::sleeping;
        private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

        private Builder(EventStore store) {
            this.store = Objects.requireNonNull(store, "store");
        }

        /** How failed attempts are retried; {@link RetryPolicy#defaults()} unless set. */
        public Builder retryPolicy(RetryPolicy policy) {
            this.retryPolicy = Objects.requireNonNull(policy, "retryPolicy");
            return this;
        }

        /** The clock of {@link CommandContext#now()}; the system clock unless set. */
        public Builder clock(Clock source) {
            this.clock = Objects.requireNonNull(source, "clock");
            return this;
        }

        /** Add to the metadata of every command; if two supply the same entry, the first wins. None unless set. */
        public Builder metadataContributors(List<MetadataContributor> metadataContributors) {
            this.contributors = List.copyOf(metadataContributors);
            return this;
        }

        /**
         * Stores the ids of commands. Must use the same database as the event store. None unless set: the executor then
         * refuses commands with an id.
         */
        public Builder executedCommands(ExecutedCommands memory) {
            this.executedCommands = Objects.requireNonNull(memory, "executedCommands");
            return this;
        }

        /**
         * Stores the states of commands that have a {@link io.eventcore.snapshot.Snapshot}. None unless set: then every
         * command folds all events.
         */
        public Builder snapshots(SnapshotStore snapshots, SnapshotSettings settings) {
            this.snapshotStore = Objects.requireNonNull(snapshots, "snapshots");
            this.snapshotSettings = Objects.requireNonNull(settings, "settings");
            return this;
        }

        /**
         * Serializes commands with an id, so that they are recognised, and the states of snapshots; the
         * {@linkplain EventJson JSON of the store} unless set. Its modules are set up again when a command first needs
         * it for one of these, so they must not be changed later.
         */
        public Builder jsonMapper(JsonMapper mapper) {
            this.jsonMapper = Objects.requireNonNull(mapper, "jsonMapper");
            return this;
        }

        /** Hears of every execution. */
        public Builder listener(CommandListener commandListener) {
            this.listener = Objects.requireNonNull(commandListener, "listener");
            return this;
        }

        /**
         * Whether commands that contend for a stream take turns; they do unless set otherwise.
         *
         * <p>After a conflict, attempts of this executor on that stream take turns, roughly in order of arrival, until
         * the contention ends. Attempts that wait at the same time decide on top of each other's events and are stored
         * together, each with its own result. Waiting counts as time of the {@link RetryPolicy#budget()}.
         */
        public Builder hotStreams(HotStreamSettings settings) {
            this.hotStreams = Objects.requireNonNull(settings, "hotStreams");
            return this;
        }

        /**
         * How much of recently used streams is remembered, so that a command on them needs no read;
         * {@link WarmStreamSettings#defaults()} unless set.
         *
         * <p>The store confirms what such a command appends, or the state on which it rejects, before the caller hears
         * of it. No effect with a routing data source, which chooses the database by the calling thread.
         */
        public Builder warmStreams(WarmStreamSettings settings) {
            this.warmStreams = Objects.requireNonNull(settings, "warmStreams");
            return this;
        }

        Builder nanoTime(LongSupplier source) {
            this.nanoTime = source;
            return this;
        }

        Builder pause(Pause replacement) {
            this.pause = replacement;
            return this;
        }

        Builder chains(HotStreams.Chains replacement) {
            this.chains = replacement;
            return this;
        }

        Builder random(DoubleSupplier source) {
            this.random = source;
            return this;
        }

        /** The executor. */
        public CommandExecutor build() {
            return new CommandExecutor(this);
        }
    }
}
