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
 * @param sideBySide whether there is one other tag, on about as many events: it costs less to read both lists than to look
 *     each event up in the other
 * @param typeNames the names of which each has one; empty if any
 */
record TagPart(
        boolean isTag,
        long key,
        long after,
        long upTo,
        List<Long> otherTags,
        boolean sideBySide,
        Set<String> typeNames) {
    static TagPart ofTag(
            long key, long after, long upTo, List<Long> otherTags, boolean sideBySide, Set<String> typeNames) {
        return new TagPart(true, key, after, upTo, otherTags, sideBySide, typeNames);
    }

    static TagPart ofStream(long key, long after, long upTo, Set<String> typeNames) {
        return new TagPart(false, key, after, upTo, List.of(), false, typeNames);
    }

    /**
     * The types that all of these tags want; empty if any, or if they want different ones, or if there is a stream among
     * them: what was looked at of a tag ends at a position, and of a stream at a version.
     */
    static Set<String> typesOfAll(List<TagPart> parts) {
        Set<String> types = parts.get(0).typeNames;
        return parts.stream().allMatch(part -> part.isTag && part.typeNames.equals(types)) ? types : Set.of();
    }

    /** What is left of it after its events up to a place were read. */
    TagPart from(long place) {
        return new TagPart(isTag, key, Math.max(after, place), upTo, otherTags, sideBySide, typeNames);
    }

    boolean isEmpty() {
        return after >= upTo;
    }
}
