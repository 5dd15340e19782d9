package io.eventcore.sample.bank;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.EventStoreException;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.VersionConflictException;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.validation.FieldError;
import org.springframework.validation.method.ParameterValidationResult;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.exc.MismatchedInputException;

/**
 * Answers for everything that goes wrong, as RFC 9457 problem details. An answer names the field or the account and the
 * rule; it never repeats what was sent.
 */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    // tag::refused[]
    @ExceptionHandler
    ProblemDetail refused(Refusal refusal) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                refusal.rule() == Refusal.Rule.ACCOUNT_IS_OPEN
                        ? HttpStatus.NOT_FOUND
                        : HttpStatus.UNPROCESSABLE_CONTENT,
                Objects.requireNonNull(refusal.getMessage()));
        problem.setProperty("stream", refusal.account());
        problem.setProperty("rule", refusal.rule());
        return problem;
    }
    // end::refused[]

    @ExceptionHandler
    ProblemDetail exhausted(RetriesExhaustedException exhausted) {
        if (exhausted.getCause() instanceof VersionConflictException conflict) {
            ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                    HttpStatus.CONFLICT,
                    "Others were faster at account '%s' in all of %d attempts; nothing was booked, try again"
                            .formatted(conflict.streamId(), exhausted.attempts()));
            problem.setProperty("stream", conflict.streamId());
            problem.setProperty("attempts", exhausted.attempts());
            return problem;
        }
        LOG.warn("A command was given up", exhausted);
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE, "The bank is too busy at the moment; nothing was booked, try again");
    }

    @ExceptionHandler
    ProblemDetail unknownOutcome(AppendOutcomeUnknownException unknown) {
        LOG.error("It is not known whether an append was stored", unknown);
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.INTERNAL_SERVER_ERROR,
                "The bank lost its database at the last moment; look at the account before you try again");
    }

    @ExceptionHandler
    ProblemDetail unavailable(EventStoreException failure) {
        LOG.error("The event store failed", failure);
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE, "The bank cannot reach its database at the moment; nothing was booked");
    }

    @ExceptionHandler
    ProblemDetail unexpected(RuntimeException failure) {
        LOG.error("A request failed", failure);
        return ProblemDetail.forStatusAndDetail(HttpStatus.INTERNAL_SERVER_ERROR, "Something went wrong");
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        SortedMap<String, String> rules = new TreeMap<>();
        for (FieldError error : e.getBindingResult().getFieldErrors()) {
            rules.putIfAbsent(error.getField(), Objects.requireNonNull(error.getDefaultMessage()));
        }
        ProblemDetail problem = badField(rules.firstKey(), rules.get(rules.firstKey()));
        problem.setProperty("rules", rules);
        return respond(e, problem, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHandlerMethodValidationException(
            HandlerMethodValidationException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        ParameterValidationResult result = e.getParameterValidationResults().get(0);
        String name = Objects.requireNonNull(result.getMethodParameter().getParameterName());
        return respond(e, badField(name, result.getResolvableErrors().get(0).getDefaultMessage()), request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (e instanceof MethodArgumentTypeMismatchException mismatch
                && mismatch.getParameter().hasParameterAnnotation(PathVariable.class)) {
            // What cannot be the id of an account is the id of no account.
            ProblemDetail problem =
                    ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, "There is no account with this id");
            problem.setProperty("field", mismatch.getName());
            return respond(e, problem, request);
        }
        return respond(e, badField(String.valueOf(e.getPropertyName()), kind(e.getRequiredType())), request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (e.getCause() instanceof JacksonException cause && !cause.getPath().isEmpty()) {
            String field = cause.getPath().get(0).getPropertyName();
            return respond(e, badField(String.valueOf(field), kindExpected(cause)), request);
        }
        return respond(
                e, ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, "The body must be a JSON object"), request);
    }

    private static String kindExpected(JacksonException e) {
        return kind(e instanceof MismatchedInputException mismatch ? mismatch.getTargetType() : long.class);
    }

    private static String kind(@Nullable Class<?> type) {
        if (type == String.class) {
            return "must be a text";
        }
        if (type == boolean.class) {
            return "must be true or false";
        }
        return type == StreamId.class ? "must be the id of an account" : "must be a whole number";
    }

    private static ProblemDetail badField(String field, @Nullable String rule) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, field + " " + rule);
        problem.setProperty("field", field);
        return problem;
    }

    private @Nullable ResponseEntity<Object> respond(Exception e, ProblemDetail problem, WebRequest request) {
        return handleExceptionInternal(
                e, problem, new HttpHeaders(), HttpStatusCode.valueOf(problem.getStatus()), request);
    }
}
