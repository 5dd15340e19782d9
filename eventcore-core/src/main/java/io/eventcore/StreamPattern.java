package io.eventcore;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A glob over whole stream ids, with the same meaning on every store.
 *
 * <p>{@code *} stands for any run of characters, including none and including {@code /}; {@code ?} for exactly one code
 * point; {@code [abc]}, {@code [a-z]} and {@code [!a-z]} for one code point of, or not of, a class. Every other
 * character stands for itself. A pattern has 1 to 255 code points after stripping and obeys the rules of
 * {@link StreamId} except the one about glob characters. Immutable; equal when the texts are.
 *
 * @since 0.1
 */
public final class StreamPattern {
    private static final StreamPattern ALL = new StreamPattern("*");

    private final String value;
    private final String literalPrefix;
    private final String regex;
    private final Pattern compiled;

    private StreamPattern(String value) {
        Translation translation = new Translation(value);
        this.value = value;
        this.literalPrefix = translation.literalPrefix();
        this.regex = translation.regex();
        this.compiled = Pattern.compile(translation.regexWithoutBacktracking(), Pattern.DOTALL);
    }

    /**
     * The pattern of this text.
     *
     * @throws IllegalArgumentException if the text is empty, too long, holds a control character or an unpaired
     *     surrogate, or has a class that is empty, not closed or in the wrong order
     */
    public static StreamPattern of(String value) {
        return new StreamPattern(Identifiers.check("Stream pattern", value));
    }

    /** The pattern that matches the ids with this prefix. */
    public static StreamPattern startingWith(StreamPrefix prefix) {
        return new StreamPattern(prefix.value() + "*");
    }

    /** The pattern that matches every id. */
    public static StreamPattern all() {
        return ALL;
    }

    /** Whether the whole id matches this pattern. */
    public boolean matches(StreamId streamId) {
        return compiled.matcher(streamId.value()).matches();
    }

    /** The text of the pattern, stripped. */
    public String value() {
        return value;
    }

    /** The characters before the first glob character: every matching id begins with them. May be empty. */
    public String literalPrefix() {
        return literalPrefix;
    }

    /** Whether the pattern is a literal prefix followed by one {@code *}, so that the prefix alone decides. */
    public boolean isPrefix() {
        return value.length() == literalPrefix.length() + 1 && value.endsWith("*");
    }

    /**
     * This pattern as an unanchored regular expression for the whole id.
     *
     * <p>It uses only literals, {@code .}, {@code .*} and classes with escaped members, which mean the same to Java,
     * PostgreSQL, MariaDB, MySQL and H2. A store that filters in its database anchors it at both ends.
     */
    public String regex() {
        return regex;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StreamPattern pattern && value.equals(pattern.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(value);
    }

    /** The text of the pattern. */
    @Override
    public String toString() {
        return value;
    }

    /** Reads a glob once, from left to right. */
    private static final class Translation {
        private final int[] glob;
        private final List<StringBuilder> betweenStars = new ArrayList<>(List.of(new StringBuilder()));
        private final StringBuilder literal = new StringBuilder();
        private boolean literalSoFar = true;
        private int next;

        Translation(String value) {
            glob = value.codePoints().toArray();
            while (next < glob.length) {
                int codePoint = glob[next++];
                switch (codePoint) {
                    case '*' -> star();
                    case '?' -> wildcard(".");
                    case '[' -> wildcard(characterClass());
                    case ']' -> throw invalid("has a ']' that closes no class");
                    default -> literal(codePoint);
                }
            }
        }

        String regex() {
            return String.join(".*", betweenStars);
        }

        /**
         * The first match of the text between two stars is always right, so it is never searched again: the time to
         * match grows with the length of id and pattern, not with the number of ways to divide the id among the stars.
         */
        String regexWithoutBacktracking() {
            StringBuilder result = new StringBuilder(betweenStars.get(0));
            for (int i = 1; i < betweenStars.size() - 1; i++) {
                result.append("(?>.*?").append(betweenStars.get(i)).append(')');
            }
            if (betweenStars.size() > 1) {
                result.append(".*").append(betweenStars.get(betweenStars.size() - 1));
            }
            return result.toString();
        }

        String literalPrefix() {
            return literal.toString();
        }

        private void star() {
            literalSoFar = false;
            betweenStars.add(new StringBuilder());
        }

        private void wildcard(String regex) {
            literalSoFar = false;
            current().append(regex);
        }

        private StringBuilder current() {
            return betweenStars.get(betweenStars.size() - 1);
        }

        private void literal(int codePoint) {
            escape(current(), codePoint);
            if (literalSoFar) {
                literal.appendCodePoint(codePoint);
            }
        }

        private String characterClass() {
            StringBuilder members = new StringBuilder("[");
            if (next < glob.length && glob[next] == '!') {
                members.append('^');
                next++;
            }
            List<Integer> seen = new ArrayList<>();
            while (next < glob.length && glob[next] != ']') {
                int from = glob[next++];
                seen.add(from);
                escape(members, from);
                boolean range = next + 1 < glob.length && glob[next] == '-' && glob[next + 1] != ']';
                if (range) {
                    int to = glob[next + 1];
                    if (to < from) {
                        throw invalid("has a range in the wrong order");
                    }
                    members.append('-');
                    escape(members, to);
                    next += 2;
                }
            }
            if (next == glob.length) {
                throw invalid("has a '[' that is not closed");
            }
            if (seen.isEmpty()) {
                throw invalid("has an empty class");
            }
            next++;
            return members.append(']').toString();
        }

        /**
         * Escapes every ASCII character that is not a letter or digit: a backslash before those is a literal anywhere.
         */
        private static void escape(StringBuilder target, int codePoint) {
            boolean plain = codePoint > 0x7F || Character.isLetterOrDigit(codePoint);
            if (!plain) {
                target.append('\\');
            }
            target.appendCodePoint(codePoint);
        }

        private IllegalArgumentException invalid(String rule) {
            return new IllegalArgumentException("Stream pattern " + rule + ": " + new String(glob, 0, glob.length));
        }
    }
}
