package io.eventcore.autoconfigure;

import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a view, as the request says it. Each value is checked when it is asked for.
 *
 * <p>Rules are told without the value: it may be an id.
 */
record ViewRequest(
        @Nullable String before,
        @Nullable String after,
        @Nullable String position,
        @Nullable String at,
        @Nullable String id,
        @Nullable String version,
        @Nullable String prefix,
        @Nullable String type,
        @Nullable String since,
        @Nullable String until,
        @Nullable String correlation,
        @Nullable String limit) {
    /** How many events a view shows, at most. */
    static final int MAX_SHOWN = 50;

    /** What a request does not follow; the message is the rule. */
    static final class RuleException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RuleException(String rule) {
            super(rule, null, false, false);
        }
    }

    /** A position or version, 0 or more. */
    static Optional<Long> number(String name, @Nullable String value) {
        if (value == null) {
            return Optional.empty();
        }
        try {
            long number = Long.parseLong(value);
            if (number >= 0) {
                return Optional.of(number);
            }
        } catch (NumberFormatException e) {
            // Told below, without the value.
        }
        throw new RuleException("'%s' must be a whole number, 0 or more".formatted(name));
    }

    /** The position that must be given. */
    static long position(String name, @Nullable String value) {
        return number(name, value)
                .filter(position -> position > 0)
                .orElseThrow(() -> new RuleException("'%s' must be the position of an event".formatted(name)));
    }

    int shown() {
        long shown = number("limit", limit).orElse((long) MAX_SHOWN);
        if (shown < 1 || shown > MAX_SHOWN) {
            throw new RuleException("'limit' must be between 1 and " + MAX_SHOWN);
        }
        return (int) shown;
    }

    static Optional<Instant> instant(String name, @Nullable String value) {
        try {
            return value == null ? Optional.empty() : Optional.of(Instant.parse(value));
        } catch (DateTimeException e) {
            throw new RuleException("'%s' must be a time such as 2026-01-31T12:00:00Z".formatted(name));
        }
    }

    Optional<StreamPrefix> streamPrefix() {
        try {
            return prefix == null || prefix.isBlank() ? Optional.empty() : Optional.of(StreamPrefix.of(prefix));
        } catch (IllegalArgumentException e) {
            throw new RuleException(
                    "'prefix' must be the beginning of a stream id: at most 255 characters, none of them"
                            + " a control character or one of * ? [ ]");
        }
    }

    static Optional<StreamId> streamId(String name, @Nullable String value) {
        try {
            return value == null ? Optional.empty() : Optional.of(StreamId.of(value));
        } catch (IllegalArgumentException e) {
            throw new RuleException(
                    ("'%s' must be a stream id: 1 to 255 characters, none of them a control character or"
                                    + " one of * ? [ ]")
                            .formatted(name));
        }
    }
}
