package io.eventcore.web;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * A {@link ConsistencyToken} that no response has sent. The request is answered with status 400 and a problem detail
 * (RFC 9457) that says what a token is. Repeat the request with the token of a response, or without one.
 *
 * @since 0.1
 */
public final class InvalidConsistencyTokenException extends ResponseStatusException {
    private static final long serialVersionUID = 1L;

    InvalidConsistencyTokenException(String rule) {
        super(HttpStatus.BAD_REQUEST, rule);
    }
}
