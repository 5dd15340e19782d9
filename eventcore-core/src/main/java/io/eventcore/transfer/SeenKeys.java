package io.eventcore.transfer;

import java.util.Arrays;

/**
 * Remembers a number for each key of 128 bits, in a bounded table. When that is full, it forgets the upper half of the keys
 * it looks after, by their first 64 bits, and leaves them to another pass. What it says of the rest is complete, since it
 * has seen them from the beginning of the pass. Not safe for concurrent use.
 */
final class SeenKeys {
    /** The key was not seen before in this pass. */
    static final int NONE = 0;

    /** The key belongs to another pass. */
    static final int OTHER_PASS = -1;

    private static final int FIRST_SLOTS = 1_024;
    private static final int BYTES_PER_SLOT = 2 * Long.BYTES + Integer.BYTES;

    /** Of the heap, for one table of two. */
    private static final int SHARE_OF_HEAP = 8;

    private static final int MAX_SLOTS = 1 << 26;

    private final int maxKeys;

    /** The high and the low bits of the key of each slot. */
    private long[] keys = new long[2 * FIRST_SLOTS];

    /** The number of each slot; {@link #NONE} where it is free. */
    private int[] values = new int[FIRST_SLOTS];

    private int size;
    private long from = Long.MIN_VALUE;
    private long to = Long.MAX_VALUE;

    /** Whether every key has had its pass. */
    private boolean done;

    /** For so many keys at once, at least one. */
    SeenKeys(int maxKeys) {
        this.maxKeys = maxKeys;
    }

    /** How many keys a part of the heap holds. */
    static int capacityOfHeap() {
        long slots = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP / BYTES_PER_SLOT;
        return (int) (Math.min(MAX_SLOTS, Long.highestOneBit(slots)) / 4 * 3);
    }

    /**
     * Remembers a number for a key.
     *
     * @param value positive
     * @return the number before; {@link #NONE} or {@link #OTHER_PASS} if there is none
     */
    int put(long high, long low, int value) {
        if (done || high < from || high > to) {
            return OTHER_PASS;
        }
        int slot = slotOf(high, low);
        int before = values[slot];
        if (before == NONE) {
            add(slot, high, low, value);
        } else {
            values[slot] = value;
        }
        return before;
    }

    private void add(int slot, long high, long low, int value) {
        if (size < maxKeys) {
            set(slot, high, low, value);
            if (4L * size > 3L * values.length) {
                rebuild(2 * values.length);
            }
            return;
        }
        while (size >= maxKeys && from < to) {
            to = middle();
            rebuild(values.length);
        }
        // Keys alike in 64 bits, of a hash or of ids spread like one, are too few to fill a table.
        if (high <= to) {
            add(slotOf(high, low), high, low, value);
        }
    }

    /** Rounded towards the lower bound, and without overflow. */
    private long middle() {
        return (from & to) + ((from ^ to) >> 1);
    }

    private void set(int slot, long high, long low, int value) {
        keys[2 * slot] = high;
        keys[2 * slot + 1] = low;
        values[slot] = value;
        size++;
    }

    private void rebuild(int slots) {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[2 * slots];
        values = new int[slots];
        size = 0;
        for (int i = 0; i < oldValues.length; i++) {
            long high = oldKeys[2 * i];
            long low = oldKeys[2 * i + 1];
            if (oldValues[i] != NONE && high <= to) {
                set(slotOf(high, low), high, low, oldValues[i]);
            }
        }
    }

    /** The slot that has this key, or that is free for it. */
    private int slotOf(long high, long low) {
        int mask = values.length - 1;
        int slot = (int) (((high ^ (high >>> 32) ^ low) * 0x9E3779B1L) >>> 7) & mask;
        while (values[slot] != NONE && (keys[2 * slot] != high || keys[2 * slot + 1] != low)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** Begins another pass with the keys that were left out; false if there are none. */
    boolean nextPass() {
        if (done || to == Long.MAX_VALUE) {
            done = true;
            return false;
        }
        from = to + 1;
        to = Long.MAX_VALUE;
        size = 0;
        Arrays.fill(values, NONE);
        return true;
    }
}
