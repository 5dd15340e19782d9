package io.eventcore.web;

import io.eventcore.GlobalPosition;
import io.eventcore.command.ExecutionResult;
import java.util.Objects;
import java.util.Optional;

/**
 * A position of the log, as text. The client receives it after a command and sends it with the next query, which then
 * sees the command's events.
 *
 * <p>Immutable.
 *
 * @param position the last position that the command has written
 * @since 0.1
 */
public record ConsistencyToken(GlobalPosition position) {
    /** The name of the HTTP header, in both directions. */
    public static final String HEADER = "ConsistencyToken";

    /** Checks that there is a position. */
    public ConsistencyToken {
        Objects.requireNonNull(position, "position");
    }

    /** The token for the events that a command has written; empty if it wrote none. */
    public static Optional<ConsistencyToken> of(ExecutionResult result) {
        return result.slice().isEmpty()
                ? Optional.empty()
                : Optional.of(new ConsistencyToken(result.slice().lastPosition()));
    }

    /**
     * The token of a header's value.
     *
     * @throws IllegalArgumentException if the value is not a token
     */
    public static ConsistencyToken parse(String value) {
        if (!value.matches("[0-9]{1,19}")) {
            throw notAToken();
        }
        try {
            return new ConsistencyToken(GlobalPosition.of(Long.parseLong(value)));
        } catch (NumberFormatException e) {
            throw notAToken();
        }
    }

    private static IllegalArgumentException notAToken() {
        return new IllegalArgumentException("A " + HEADER + " is the text that a response has brought");
    }

    /** The value of the header. */
    @Override
    public String toString() {
        return Long.toString(position.value());
    }
}
