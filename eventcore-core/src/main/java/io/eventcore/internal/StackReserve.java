package io.eventcore.internal;

/**
 * Makes a stack overflow happen before an operation that other threads wait for, not in the middle of it.
 *
 * <p>A thread that runs out of stack while it holds a lock, or between two steps that belong together, may be unable to
 * undo the first one: its own clean-up needs stack too. Code of the user may still overflow the stack later; but that
 * unwinds to where the reserve was checked, and leaves all of it.
 */
public final class StackReserve {
    /** So many frames; a way through the library, a connection pool and a driver has about two hundred. */
    private static final int FRAMES = 600;

    private StackReserve() {}

    /**
     * Returns if there is enough stack to continue.
     *
     * @throws StackOverflowError if there is not
     */
    public static void check() {
        check(FRAMES);
    }

    /**
     * Returns if there is enough stack for so many frames.
     *
     * @throws StackOverflowError if there is not
     */
    static void check(int frames) {
        descend(frames, 0, 0, 0, 0);
    }

    /** The arguments make a frame about as large as those of ordinary methods. */
    private static long descend(int frames, long a, long b, long c, long d) {
        return frames == 0 ? a + b + c + d : 1 + descend(frames - 1, b + 1, c + a, d + b, a + c);
    }
}
