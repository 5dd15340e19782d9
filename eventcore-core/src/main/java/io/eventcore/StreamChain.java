package io.eventcore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Streams and their expected versions, in the order of registration: an immutable map that grows without being copied.
 * Registering ten thousand streams takes little more than linear time, although each step returns a new value.
 *
 * <p>A chain keeps the order, a tree over the bits of the hashes finds a stream. A step copies the few nodes on the way
 * to its stream and shares the rest with the previous value.
 */
final class StreamChain {
    private static final StreamChain EMPTY = new StreamChain(null, null, null, 0);

    private final @Nullable StreamChain before;
    private final @Nullable Leaf last;
    private final @Nullable Node tree;
    private final int size;

    /** Callers ask for it repeatedly; each thread makes it at most once. */
    private volatile @Nullable Map<StreamId, ExpectedVersion> map;

    private StreamChain(@Nullable StreamChain before, @Nullable Leaf last, @Nullable Node tree, int size) {
        this.before = before;
        this.last = last;
        this.tree = tree;
        this.size = size;
    }

    static StreamChain empty() {
        return EMPTY;
    }

    private sealed interface Node permits Leaf, Fork {}

    /** A stream, and others with the same hash. */
    private record Leaf(
            StreamId id, ExpectedVersion expected, @Nullable Leaf other) implements Node {
        int hash() {
            return hashOf(id);
        }
    }

    /** Those whose next bit is 0, and those whose next bit is 1. */
    private record Fork(@Nullable Node zero, @Nullable Node one) implements Node {}

    private static int hashOf(StreamId id) {
        int hash = id.hashCode();
        return hash ^ (hash >>> 16);
    }

    private static boolean isOne(int hash, int bit) {
        return (hash >>> bit & 1) == 1;
    }

    /** The expected version of a stream; null if it is not registered. */
    @Nullable
    ExpectedVersion get(StreamId id) {
        int hash = hashOf(id);
        Node node = tree;
        for (int bit = 0; node instanceof Fork fork; bit++) {
            node = isOne(hash, bit) ? fork.one : fork.zero;
        }
        for (Leaf leaf = (Leaf) node; leaf != null; leaf = leaf.other) {
            if (leaf.id.equals(id)) {
                return leaf.expected;
            }
        }
        return null;
    }

    /** With one more stream, which is not registered yet. */
    StreamChain plus(StreamId id, ExpectedVersion expected) {
        Leaf leaf = new Leaf(id, expected, null);
        return new StreamChain(this, leaf, plus(tree, leaf, 0), size + 1);
    }

    private static Node plus(@Nullable Node node, Leaf more, int bit) {
        if (node == null) {
            return more;
        }
        if (node instanceof Fork fork) {
            return isOne(more.hash(), bit)
                    ? new Fork(fork.zero, plus(fork.one, more, bit + 1))
                    : new Fork(plus(fork.zero, more, bit + 1), fork.one);
        }
        Leaf leaf = (Leaf) node;
        if (leaf.hash() == more.hash()) {
            return new Leaf(more.id, more.expected, leaf);
        }
        Fork fork = isOne(leaf.hash(), bit) ? new Fork(null, leaf) : new Fork(leaf, null);
        return plus(fork, more, bit);
    }

    /** All streams, in the order of their registration. */
    Map<StreamId, ExpectedVersion> toMap() {
        Map<StreamId, ExpectedVersion> made = map;
        if (made == null) {
            made = makeMap();
            map = made;
        }
        return made;
    }

    private Map<StreamId, ExpectedVersion> makeMap() {
        if (last == null) {
            return Map.of();
        }
        // Most appends have one stream: a small map is enough for them.
        if (size == 1) {
            return Map.of(last.id, last.expected);
        }
        List<Leaf> leaves = new ArrayList<>(size);
        for (StreamChain link = this; link.last != null; link = Objects.requireNonNull(link.before)) {
            leaves.add(link.last);
        }
        Map<StreamId, ExpectedVersion> streams = new LinkedHashMap<>(2 * size);
        for (int i = leaves.size() - 1; i >= 0; i--) {
            streams.put(leaves.get(i).id, leaves.get(i).expected);
        }
        return Collections.unmodifiableMap(streams);
    }
}
