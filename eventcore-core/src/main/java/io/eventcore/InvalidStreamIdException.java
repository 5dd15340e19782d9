package io.eventcore;

/**
 * A text is not a valid stream id. The message says which rule it breaks, and does not quote the text.
 *
 * <p>It is a separate type because ids often come from outside, for example in the path of a request: the client can
 * correct them.
 *
 * @since 0.1
 */
public final class InvalidStreamIdException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    InvalidStreamIdException(IllegalArgumentException rule) {
        super(rule.getMessage(), rule);
    }
}
