package io.eventcore.serialization;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A revision of what is stored under a name: {@code cart.item-added} is the first, {@code cart.item-added@2} the second.
 *
 * @param name the name without the number
 * @param number 1 or more
 */
record Revision(String name, int number) {
    private static final Pattern NUMBERED = Pattern.compile("(.+)@([2-9]|[1-9][0-9]{1,8})");

    private static final Pattern MISWRITTEN = Pattern.compile(".*@[0-9]+");

    /** The revision that a stored name stands for. */
    static Revision of(String storedName) {
        Matcher numbered = NUMBERED.matcher(storedName);
        return numbered.matches()
                ? new Revision(numbered.group(1), Integer.parseInt(numbered.group(2)))
                : new Revision(storedName, 1);
    }

    /** Whether the name ends with what looks like the number of a revision, and is none. */
    boolean isMiswritten() {
        return MISWRITTEN.matcher(name).matches();
    }

    /** What it is stored as. */
    String storedName() {
        return number == 1 ? name : name + "@" + number;
    }
}
