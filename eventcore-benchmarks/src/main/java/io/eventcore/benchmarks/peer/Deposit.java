package io.eventcore.benchmarks.peer;

/**
 * The event of all measurements, as the peers store it: about 210 bytes of JSON.
 *
 * @param account whose money it is
 * @param cents how much
 * @param currency in which currency
 * @param reference what it refers to
 * @param bookedBy who booked it
 * @param note what was said about it
 */
public record Deposit(String account, long cents, String currency, String reference, String bookedBy, String note) {
    /** The event that every measurement appends. */
    public static Deposit of(String account, long cents) {
        return new Deposit(
                account, cents, "EUR", "INV-2026-000017", "clerk-17", "payment received, thank you for shopping");
    }
}
