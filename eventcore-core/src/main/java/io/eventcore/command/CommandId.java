package io.eventcore.command;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Names one request, so that it is executed once, however often it arrives: the key of a message, the idempotency key
 * of an HTTP request.
 *
 * <p>Unique within its scope, which keeps the ids of different senders apart. Both have 1 to 255 Unicode code points,
 * no control characters and no unpaired surrogates, and are compared exactly. Immutable.
 *
 * @param scope whose ids these are: the name of a queue, a tenant, an endpoint
 * @param value the id
 * @since 0.1
 */
public record CommandId(String scope, String value) {
    private static final int MAX_CODE_POINTS = 255;

    /**
     * Checks both parts.
     *
     * @throws IllegalArgumentException if one of them is not acceptable; the message says which and why
     */
    public CommandId {
        check("scope", scope);
        check("value", value);
    }

    /** The id of a request within a scope. */
    public static CommandId of(String scope, String value) {
        return new CommandId(scope, value);
    }

    private static void check(String what, String text) {
        Objects.requireNonNull(text, what);
        int length = text.codePointCount(0, text.length());
        if (length < 1 || length > MAX_CODE_POINTS) {
            throw new IllegalArgumentException("The %s of a command id must have 1 to %d characters, has %d"
                    .formatted(what, MAX_CODE_POINTS, length));
        }
        if (text.chars().anyMatch(Character::isISOControl)
                || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException(
                    "The " + what + " of a command id must be well-formed Unicode without control characters");
        }
    }

    @Override
    public String toString() {
        return scope + "/" + value;
    }
}
