package io.eventcore.micrometer;

import io.eventcore.ConflictException;
import io.eventcore.EventStoreException;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandListener;
import io.eventcore.command.ExecutionResult;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Observes the execution of commands: one observation named {@value #COMMAND} for each execution, how many attempts it
 * took ({@value #ATTEMPTS}), how many of them ended in a conflict ({@value #CONFLICTS}), and how many events were read
 * for each decision ({@value #BOUNDARY}).
 *
 * <p>The key {@code command} is the simple name of the command's class. The key {@code outcome} of the observation is
 * {@code success}, {@code exhausted} (all attempts failed), {@code conflict} (inside a caller's transaction),
 * {@code error} (the store failed) or {@code rejected} (the domain refused). Safe for any number of threads.
 *
 * @since 0.1
 */
public final class CommandObservations implements CommandListener {
    /** The name of the observation of an execution. */
    public static final String COMMAND = "eventcore.command";

    /** The name of the distribution of attempts that an execution took. */
    public static final String ATTEMPTS = "eventcore.command.attempts";

    /** The name of the distribution of events that were read for a decision. */
    public static final String BOUNDARY = "eventcore.command.boundary";

    /** The name of the counter of attempts that ended in a version conflict. */
    public static final String CONFLICTS = "eventcore.command.conflicts";

    private final ObservationRegistry observations;
    private final MeterRegistry meters;
    private final KeyValues keys;

    /** Observes into these registries. */
    public CommandObservations(ObservationRegistry observations, MeterRegistry meters) {
        this(observations, meters, KeyValues.empty());
    }

    /**
     * Observes the commands of one of several stores.
     *
     * @param meters adds the same keys to its meters by itself
     * @param keys further keys of every observation, of low cardinality: for example the name of the store
     */
    public CommandObservations(ObservationRegistry observations, MeterRegistry meters, KeyValues keys) {
        this.observations = Objects.requireNonNull(observations, "observations");
        this.meters = Objects.requireNonNull(meters, "meters");
        this.keys = Objects.requireNonNull(keys, "keys");
    }

    @Override
    public Execution started(Command<?, ?> command) {
        String name = command.getClass().getSimpleName();
        return new Observed(
                name,
                Watch.start(
                        observations,
                        () -> Observation.createNotStarted(COMMAND, observations)
                                .lowCardinalityKeyValues(keys)
                                .lowCardinalityKeyValue("command", name)));
    }

    private final class Observed implements Execution {
        private final String command;
        private final Watch watch;
        private int failedAttempts;

        private Observed(String command, Watch watch) {
            this.command = command;
            this.watch = watch;
        }

        @Override
        public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
            failedAttempts++;
            countConflict(failure);
        }

        @Override
        public void basisRead(int streams, long events) {
            summary(BOUNDARY, "events", "How many events were read for a decision")
                    .record((double) events);
        }

        @Override
        public void succeeded(ExecutionResult result) {
            end("success", null);
        }

        @Override
        public void failed(Throwable failure) {
            end(outcome(failure), failure instanceof EventStoreException || failure instanceof Error ? failure : null);
            countConflict(failure instanceof RetriesExhaustedException ? failure.getCause() : failure);
        }

        private static String outcome(Throwable failure) {
            if (failure instanceof RetriesExhaustedException) {
                return "exhausted";
            }
            if (failure instanceof ConflictException) {
                return "conflict";
            }
            return failure instanceof EventStoreException || failure instanceof Error ? "error" : "rejected";
        }

        private void countConflict(@Nullable Throwable failure) {
            if (failure instanceof ConflictException) {
                Counter.builder(CONFLICTS)
                        .tag("command", command)
                        .register(meters)
                        .increment();
            }
        }

        private DistributionSummary summary(String name, String unit, String description) {
            return DistributionSummary.builder(name)
                    .description(description)
                    .baseUnit(unit)
                    .tag("command", command)
                    .register(meters);
        }

        private void end(String outcome, @Nullable Throwable error) {
            watch.end(outcome, error);
            summary(ATTEMPTS, "attempts", "How many attempts an execution took").record(failedAttempts + 1);
        }
    }
}
