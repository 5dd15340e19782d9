package io.eventcore.jdbc;

import io.eventcore.EventTag;
import java.util.Comparator;

/**
 * The ids of the rows that appends lock, those of streams and of tags, and the one order in which appends lock them.
 */
final class RowIds {
    /** By the unsigned bytes of the UTF-8 form: all tags come before all streams. */
    static final Comparator<String> ORDER = RowIds::compare;

    private RowIds() {}

    private static int compare(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char first = a.charAt(i);
            char second = b.charAt(i);
            if (first != second) {
                // Code points beyond U+FFFF come last, and begin with a surrogate.
                boolean surrogates = Character.isSurrogate(first);
                return surrogates == Character.isSurrogate(second)
                        ? Character.compare(first, second)
                        : surrogates ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** The name of a row in a message. */
    static String named(String rowId) {
        return EventTag.isRow(rowId) ? "tag '" + EventTag.ofRow(rowId) + "'" : "stream '" + rowId + "'";
    }
}
