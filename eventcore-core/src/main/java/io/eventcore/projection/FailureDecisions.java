package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.QuotesNoData;
import io.eventcore.internal.RedactedException;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a projection what to do about an event that has failed, and logs the decision.
 *
 * @param action what could not be done, as it follows "could not"
 */
record FailureDecisions(Projection<?> projection, ProjectionPartition partition, String action) {
    private static final Logger LOG = LoggerFactory.getLogger(FailureDecisions.class);

    /**
     * The decision; {@code FAIL} if the projection cannot make one.
     *
     * @param attempt which attempt has failed, 1 for the first
     */
    FailureDecision about(LogEntry<?> entry, Throwable cause, int attempt) {
        FailureDecision decision = decide(entry, cause, attempt);
        log(entry, cause, attempt, decision);
        return decision;
    }

    private FailureDecision decide(LogEntry<?> entry, Throwable cause, int attempt) {
        FailureContext failure = new FailureContext(
                partition, entry.streamId(), entry.version(), entry.position(), entry.typeName(), attempt, cause);
        try {
            return Objects.requireNonNull(projection.onError(failure), "decision");
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            if (e != cause) {
                cause.addSuppressed(e);
            }
            return FailureDecision.FAIL;
        }
    }

    /** What has failed, and at which event; without any payload. */
    static String describe(LogEntry<?> entry, Throwable cause) {
        String text = cause instanceof QuotesNoData ? ": " + cause.getMessage() : "";
        return "%s at position %s (type '%s')%s"
                .formatted(cause.getClass().getName(), entry.position(), entry.typeName(), text);
    }

    /** Writes one line when an incident begins, and one when it ends badly. */
    private void log(LogEntry<?> entry, Throwable cause, int attempt, FailureDecision decision) {
        if (attempt > 1 && decision == FailureDecision.RETRY) {
            LOG.debug("Projection '{}' fails again at position {}, attempt {}", partition, entry.position(), attempt);
            return;
        }
        LOG.warn(
                "Projection '{}' could not {} of type '{}' at position {} (version {} of its stream),"
                        + " attempt {}: {}",
                partition,
                action,
                entry.typeName(),
                entry.position(),
                entry.version(),
                attempt,
                decision,
                RedactedException.of(cause, ""));
    }
}
