package io.eventcore;

/**
 * A text is not the id of a stream. The message says which rule it breaks, and does not quote the text.
 *
 * <p>A type of its own because ids often come from outside, in the path of a request for example: the client can mend
 * it.
 *
 * @since 0.1
 */
public final class InvalidStreamIdException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    InvalidStreamIdException(IllegalArgumentException rule) {
        super(rule.getMessage(), rule);
    }
}
