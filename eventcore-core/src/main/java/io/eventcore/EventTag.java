package io.eventcore;

import java.io.Serializable;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A subject that an event is about, besides its stream: {@code course:c1}. An event has one home stream and up to
 * {@value #MAX_PER_EVENT} tags; a decision can rest on the events of a tag as on those of a stream.
 *
 * <p>A name is {@code [a-z][a-z0-9-]*}, 63 characters at most. A value follows the rules of {@link StreamId}; without a
 * value the tag says that the event is one of a kind ({@code students}). {@code name:value} has at most 254 code
 * points. Tags are case-sensitive, never normalised, and equal exactly when their characters are, on every store. The
 * natural order is that of the UTF-8 bytes. Tables and messages show a tag as it is, forever: it must not contain
 * personal data. Immutable.
 *
 * @param name what kind of subject it is
 * @param value which subject, stripped; empty if there is only one
 * @since 0.1
 */
public record EventTag(String name, String value) implements Comparable<EventTag>, Serializable {
    /** How many tags one event may carry. */
    public static final int MAX_PER_EVENT = 20;

    /** No stream id begins with a control character, so the two kinds of rows never meet. */
    private static final char ROW_MARK = '\u0001';

    private static final int MAX_CODE_POINTS = Identifiers.MAX_CODE_POINTS - 1;

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    /**
     * Checks the name, strips and checks the value.
     *
     * @throws IllegalArgumentException if a rule above is broken; the message says which
     */
    public EventTag {
        checkName(name);
        Objects.requireNonNull(value, "value");
        if (!value.isEmpty()) {
            value = Identifiers.checkNoGlob("Tag value", Identifiers.check("Tag value", value));
        }
        int length = name.length() + 1 + value.codePointCount(0, value.length());
        if (length > MAX_CODE_POINTS) {
            throw new IllegalArgumentException(
                    "A tag must have at most %d characters, the colon included; one named '%s' has %d"
                            .formatted(MAX_CODE_POINTS, name, length));
        }
    }

    /**
     * The tag of one subject.
     *
     * @param value which subject; not empty
     * @throws IllegalArgumentException if a rule above is broken; the message says which
     */
    public static EventTag of(String name, String value) {
        Objects.requireNonNull(value, "value");
        if (value.isEmpty()) {
            throw new IllegalArgumentException("The value of tag '" + name + "' must not be empty");
        }
        return new EventTag(name, value);
    }

    /**
     * A tag without a value, for events of one kind.
     *
     * @throws IllegalArgumentException if the name breaks a rule above
     */
    public static EventTag of(String name) {
        return new EventTag(name, "");
    }

    /**
     * The tags that {@link Tag} marks on an object: those of its components, and those of its class and of all types
     * above it.
     *
     * @throws IllegalArgumentException if the marks on the class are not well-formed, or a value is not a valid tag
     *     value
     * @throws NullPointerException if a marked component holds null
     */
    public static Set<EventTag> markedOn(Object instance) {
        return TaggedType.of(instance.getClass()).tagsOf(instance);
    }

    /**
     * The names of the tags that {@link Tag} marks on a class: those that every instance can carry.
     *
     * @throws IllegalArgumentException if the marks are not well-formed; the message says what to do
     */
    public static Set<String> namesMarkedOn(Class<?> type) {
        return TaggedType.of(type).names();
    }

    static String checkName(String name) {
        if (!NAME.matcher(Objects.requireNonNull(name, "name")).matches()) {
            throw new IllegalArgumentException("Tag name '" + Texts.shown(name)
                    + "' must begin with a to z, continue with a to z, 0 to 9 and -, and have at most 63 characters");
        }
        return name;
    }

    /** The id of its row among those of the streams. For authors of stores. */
    public String rowId() {
        return ROW_MARK + name + ':' + value;
    }

    /** Whether a row among those of the streams is that of a tag. For authors of stores. */
    public static boolean isRow(String rowId) {
        return !rowId.isEmpty() && rowId.charAt(0) == ROW_MARK;
    }

    /**
     * The tag of a row. For authors of stores.
     *
     * @throws IllegalArgumentException if the row is not that of a tag
     */
    public static EventTag ofRow(String rowId) {
        int colon = rowId.indexOf(':');
        if (!isRow(rowId) || colon < 0) {
            throw new IllegalArgumentException("Not the row of a tag: '" + Texts.shown(rowId) + "'");
        }
        return new EventTag(rowId.substring(1, colon), rowId.substring(colon + 1));
    }

    /** Orders by the unsigned bytes of the UTF-8 form of {@link #rowId()}, the order in which every store takes its locks. */
    @Override
    public int compareTo(EventTag other) {
        int shared = Math.min(name.length(), other.name.length());
        for (int i = 0; i < shared; i++) {
            if (name.charAt(i) != other.name.charAt(i)) {
                return Character.compare(name.charAt(i), other.name.charAt(i));
            }
        }
        if (name.length() == other.name.length()) {
            return Identifiers.compareCodePoints(value, other.value);
        }
        // The colon comes after digits and the hyphen, and before letters.
        return name.length() == shared
                ? Character.compare(':', other.name.charAt(shared))
                : Character.compare(name.charAt(shared), ':');
    }

    /** {@code name:value}, or the name alone. */
    @Override
    public String toString() {
        return value.isEmpty() ? name : name + ':' + value;
    }
}
