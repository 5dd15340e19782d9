package io.eventcore;

import java.util.Objects;

/** The rules that stream ids, prefixes and patterns share. */
final class Identifiers {
    static final int MAX_CODE_POINTS = 255;

    private Identifiers() {}

    /**
     * Strips white space and checks what holds for every identifier: not empty, not too long, well-formed, no control
     * characters. Some databases refuse other texts or, worse, change them silently.
     */
    static String check(String what, String raw) {
        Objects.requireNonNull(raw, what);
        if (isPlain(raw)) {
            return raw;
        }
        String text = strip(raw);
        if (text.isEmpty()) {
            throw new IllegalArgumentException(what + " must not be empty");
        }
        int length = text.codePointCount(0, text.length());
        if (length > MAX_CODE_POINTS) {
            throw new IllegalArgumentException(
                    what + " must have at most " + MAX_CODE_POINTS + " characters, has " + length);
        }
        checkWellFormed(what, text);
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                throw new IllegalArgumentException("%s must not contain control characters, found U+%04X at index %d"
                        .formatted(what, (int) text.charAt(i), i));
            }
        }
        return text;
    }

    /** Whether a text is obviously valid: most are, and the check runs for every event that is read. */
    private static boolean isPlain(String text) {
        int length = text.length();
        if (length == 0 || length > MAX_CODE_POINTS || text.charAt(0) == ' ' || text.charAt(length - 1) == ' ') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                return false;
            }
        }
        return true;
    }

    /**
     * Refuses unpaired surrogates: drivers replace them with a question mark, so different texts would become the same.
     */
    static void checkWellFormed(String what, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw new IllegalArgumentException(
                        "%s must be well-formed Unicode, found an unpaired surrogate at index %d".formatted(what, i));
            }
        }
    }

    /** Refuses the characters of a glob, which would make an id and a pattern look alike. */
    static String checkNoGlob(String what, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // All four are below the lower-case letters, and most characters of ids are not.
            if (c <= ']' && (c == '*' || c == '?' || c == '[' || c == ']')) {
                throw new IllegalArgumentException(
                        what + " must not contain any of * ? [ ], found '" + c + "' at index " + i);
            }
        }
        return text;
    }

    /** Strips by the Unicode property White_Space, which neither {@code trim} nor {@code strip} of the JDK follows. */
    private static String strip(String raw) {
        int start = 0;
        int end = raw.length();
        while (start < end && isWhiteSpace(raw.charAt(start))) {
            start++;
        }
        while (end > start && isWhiteSpace(raw.charAt(end - 1))) {
            end--;
        }
        return raw.substring(start, end);
    }

    private static boolean isWhiteSpace(char c) {
        return (c >= '\t' && c <= '\r') || c == '\u0085' || Character.isSpaceChar(c);
    }

    /**
     * Compares in the order of code points, which is the order of the unsigned UTF-8 bytes and of every database with
     * a binary collation. {@link String#compareTo} differs from it where surrogates meet U+E000 to U+FFFF.
     */
    static int compareCodePoints(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                return Character.compare(afterSurrogates(x), afterSurrogates(y));
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** Moves the surrogates behind U+FFFF, where the code points that they stand for belong. */
    private static char afterSurrogates(char c) {
        if (c < Character.MIN_SURROGATE) {
            return c;
        }
        return (char) (Character.isSurrogate(c) ? c + 0x2000 : c - 0x800);
    }
}
