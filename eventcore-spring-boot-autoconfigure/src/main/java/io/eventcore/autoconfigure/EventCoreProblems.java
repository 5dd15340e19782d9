package io.eventcore.autoconfigure;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.CommandOutcomeUnknownException;
import io.eventcore.ConflictException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.InvalidStreamIdException;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.CommandIdReusedException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.web.InvalidConsistencyTokenException;
import io.eventcore.web.ProjectionBehindException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers exceptions of commands and queries with problem details (RFC 9457). Runs after every handler of the
 * application, and leaves exceptions alone that declare their own status. Passes on what the domain says about a
 * rejection and what is wrong with a stream id. Otherwise, an answer contains neither a stream id nor the text of an
 * exception.
 */
@RestControllerAdvice
class EventCoreProblems {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreProblems.class);

    @ExceptionHandler
    ResponseEntity<ProblemDetail> rejected(BusinessRuleViolationException rejection) {
        if (rejection instanceof ErrorResponse
                || AnnotatedElementUtils.hasAnnotation(rejection.getClass(), ResponseStatus.class)) {
            throw rejection;
        }
        return answer(HttpStatus.UNPROCESSABLE_CONTENT, String.valueOf(rejection.getMessage()));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> conflict(ConflictException conflict) {
        return answer(
                HttpStatus.CONFLICT,
                "Another command changed the same data at the same time. Nothing was stored; try" + " again");
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> exhausted(RetriesExhaustedException exhausted) {
        return exhausted.getCause() instanceof ConflictException
                ? answer(
                        HttpStatus.CONFLICT,
                        "Other commands changed the same data in all of %d attempts. Nothing was stored; try again"
                                .formatted(exhausted.attempts()))
                : unavailable(exhausted);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> reused(CommandIdReusedException reused) {
        return answer(HttpStatus.CONFLICT, "The id of this command was used for another command. Nothing was stored");
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> invalid(InvalidStreamIdException invalid) {
        return answer(HttpStatus.BAD_REQUEST, String.valueOf(invalid.getMessage()));
    }

    /** A path variable or parameter that is not a stream id. Other types are left to the application and to Spring. */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> mismatch(TypeMismatchException mismatch) {
        if (mismatch.getRequiredType() != StreamId.class) {
            throw mismatch;
        }
        for (Throwable cause = mismatch; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidStreamIdException invalid) {
                return invalid(invalid);
            }
        }
        return answer(HttpStatus.BAD_REQUEST, "Not a stream id");
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> invalid(InvalidConsistencyTokenException invalid) {
        return answer(HttpStatus.BAD_REQUEST, String.valueOf(invalid.getReason()));
    }

    @ExceptionHandler
    ResponseEntity<Object> behind(ProjectionBehindException behind) {
        return ResponseEntity.status(behind.getStatusCode())
                .headers(behind.getHeaders())
                .body(behind.getBody());
    }

    @ExceptionHandler({EventStoreUnavailableException.class, TransientEventStoreException.class})
    ResponseEntity<ProblemDetail> unavailable(RuntimeException unavailable) {
        log(HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(unavailable.getMessage()), unavailable);
        return later("The event store cannot be used at the moment. Nothing was stored; try again");
    }

    /** It is safe to send the command again under its id, whatever its outcome was. */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> unknown(CommandOutcomeUnknownException unknown) {
        log(HttpStatus.SERVICE_UNAVAILABLE, "The outcome of a command is unknown", unknown);
        return later("The connection to the event store was lost at the last moment, so it is not known whether the"
                + " command was executed. Send it again with the same id: it is executed once");
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> unknown(AppendOutcomeUnknownException unknown) {
        log(HttpStatus.INTERNAL_SERVER_ERROR, "The outcome of an append is unknown", unknown);
        return answer(
                HttpStatus.INTERNAL_SERVER_ERROR,
                "The connection to the event store was lost at the last moment, so it is not known whether anything"
                        + " was stored. Check before you try again");
    }

    private static ResponseEntity<ProblemDetail> later(String detail) {
        return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                .header(HttpHeaders.RETRY_AFTER, "1")
                .body(ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, detail));
    }

    private static ResponseEntity<ProblemDetail> answer(HttpStatus status, String detail) {
        return ResponseEntity.status(status).body(ProblemDetail.forStatusAndDetail(status, detail));
    }

    /** One line; the stack trace is logged at DEBUG. */
    private static void log(HttpStatus status, String what, RuntimeException failure) {
        Throwable cause = failure.getCause();
        LOG.warn(
                "Answered a request with {}: {}, caused by {}",
                status.value(),
                what,
                cause == null ? "nothing else" : cause.getClass().getName());
        LOG.debug("Answered a request with {}", status.value(), OwnThreads.redacted(failure));
    }
}
