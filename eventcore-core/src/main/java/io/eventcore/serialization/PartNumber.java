package io.eventcore.serialization;

/**
 * Which part of a stored event something is: its places in the splits on its way, as one number that no upcaster of another
 * part can change, nor one that is added behind it.
 *
 * <p>Each split appends a digit before (to the left of) the digits so far: the place in its list, 0 for the heir. So the heir
 * keeps the number, what is dropped leaves a gap, and the others get numbers that no part has had. A digit is a group of
 * five bits, four of the place and one that says that more groups of it follow: after one split the numbers of the first
 * sixteen parts are their places. Immutable.
 */
final class PartNumber {
    /** The event that is stored. */
    static final PartNumber WHOLE = new PartNumber(0, 0);

    private static final int PLACE_BITS = 4;
    private static final int GROUP_BITS = PLACE_BITS + 1;
    private static final int BITS = Long.SIZE - 1;

    private final long value;
    private final int bits;

    private PartNumber(long value, int bits) {
        this.value = value;
        this.bits = bits;
    }

    /**
     * A part of this part.
     *
     * @param place 0 for the heir
     * @throws Upcaster.MistakeException if there is no number for it any more
     */
    PartNumber part(int place) {
        long made = value;
        int used = bits;
        int left = place;
        do {
            int rest = left >> PLACE_BITS;
            long group = (left & ((1 << PLACE_BITS) - 1)) | (rest > 0 ? 1 << PLACE_BITS : 0);
            if (group != 0) {
                if (used + GROUP_BITS > BITS) {
                    throw new Upcaster.MistakeException(
                            "it splits an event so often, or into so many parts, that no number is left for a part");
                }
                made |= group << used;
            }
            used += GROUP_BITS;
            left = rest;
        } while (left > 0);
        return new PartNumber(made, used);
    }

    long value() {
        return value;
    }
}
