package io.eventcore.projection;

/** Another owner runs the partition now, or has moved its checkpoint: nothing more may be done under this lease. */
final class LeaseLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LeaseLostException(Lease lease) {
        super("Lease %d of projection '%s' is no longer the newest".formatted(lease.token(), lease.partition()));
    }
}
