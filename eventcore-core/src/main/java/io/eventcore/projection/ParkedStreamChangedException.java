package io.eventcore.projection;

/** A parked stream is not as this instance knows it: an operator has made another request. Nothing was done. */
final class ParkedStreamChangedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ParkedStreamChangedException(ProjectionPartition partition) {
        super("A parked stream of projection '" + partition + "' has changed since it was read; reading it again");
    }
}
