package io.eventcore.jdbc;

import java.util.List;
import java.util.Set;

/**
 * The events of one item of a query: those of a tag between two positions, or of a stream between two versions.
 *
 * @param isTag whether the key is that of a tag
 * @param key the key of the row
 * @param after the position, or version, to begin after
 * @param upTo the last wanted position, or version
 * @param otherTags the keys of the other tags that the events carry
 * @param sideBySide whether there is one other tag, on about as many events: reading both lists costs less than looking
 *     up each event in the other list
 * @param typeNames the wanted type names, of which each event has one; empty for any
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
     * The types that all of these tags want; empty if they want any type, or different types, or if one of the parts is
     * a stream: the look at a tag ends at a position, and at a stream at a version.
     */
    static Set<String> typesOfAll(List<TagPart> parts) {
        Set<String> types = parts.get(0).typeNames;
        return parts.stream().allMatch(part -> part.isTag && part.typeNames.equals(types)) ? types : Set.of();
    }

    /** What is left of this part after its events up to a place were read. */
    TagPart from(long place) {
        return new TagPart(isTag, key, Math.max(after, place), upTo, otherTags, sideBySide, typeNames);
    }

    boolean isEmpty() {
        return after >= upTo;
    }
}
