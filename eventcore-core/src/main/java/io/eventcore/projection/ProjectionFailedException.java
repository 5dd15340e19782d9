package io.eventcore.projection;

/** The projection has decided to stop at an event. */
final class ProjectionFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param failure what happened, without any payload */
    ProjectionFailedException(String failure, Throwable cause) {
        super(failure, cause);
    }
}
