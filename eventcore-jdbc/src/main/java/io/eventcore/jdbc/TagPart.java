package io.eventcore.jdbc;

import java.util.List;
import java.util.Set;

/**
 * The events of one item of a query: those of a tag between two positions, or of a stream between two versions.
 *
 * @param isTag whether the key is that of a tag
 * @param key the key of the row
 * @param after the position, or version, to begin after
 * @param upTo the last position, or version, wanted
 * @param otherTags the keys of the other tags that the events carry
 * @param typeNames the names of which each has one; empty if any
 */
record TagPart(boolean isTag, long key, long after, long upTo, List<Long> otherTags, Set<String> typeNames) {
    static TagPart ofTag(long key, long after, long upTo, List<Long> otherTags, Set<String> typeNames) {
        return new TagPart(true, key, after, upTo, otherTags, typeNames);
    }

    static TagPart ofStream(long key, long after, long upTo, Set<String> typeNames) {
        return new TagPart(false, key, after, upTo, List.of(), typeNames);
    }

    /** What is left of it after its events up to a place were read. */
    TagPart from(long place) {
        return new TagPart(isTag, key, Math.max(after, place), upTo, otherTags, typeNames);
    }

    boolean isEmpty() {
        return after >= upTo;
    }
}
