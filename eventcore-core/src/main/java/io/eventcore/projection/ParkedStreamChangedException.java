package io.eventcore.projection;

/** A parked stream is not as this instance knows it: something else was asked for. Nothing was done. */
final class ParkedStreamChangedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ParkedStreamChangedException(ProjectionPartition partition) {
        super("A parked stream of projection '" + partition + "' is not as it was read; it is read again");
    }
}
