package io.eventcore;

/** Texts of callers in messages. */
final class Texts {
    private static final int SHOWN = 80;

    private Texts() {}

    /** A text that broke a rule: shortened, and without characters that would garble a log. */
    static String shown(String text) {
        String printable = text.codePoints()
                .limit(SHOWN)
                .map(c -> Character.isISOControl(c) || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)
                        ? '?'
                        : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return text.codePointCount(0, text.length()) > SHOWN ? printable + "..." : printable;
    }
}
