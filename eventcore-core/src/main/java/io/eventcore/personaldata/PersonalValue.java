package io.eventcore.personaldata;

import java.util.Objects;

/**
 * A value of an event, to be sealed.
 *
 * @since 0.1
 */
public final class PersonalValue {
    private final String path;
    private final String subject;
    private final byte[] json;

    /**
     * A value.
     *
     * @param path its place in the JSON of its event, as a JSON pointer
     * @param subject the person whose data it is
     * @param json the value; not to be modified
     */
    public PersonalValue(String path, String subject, byte[] json) {
        this.path = Objects.requireNonNull(path, "path");
        this.subject = Objects.requireNonNull(subject, "subject");
        this.json = Objects.requireNonNull(json, "json");
    }

    String path() {
        return path;
    }

    /** The person whose data it is. */
    public String subject() {
        return subject;
    }

    byte[] json() {
        return json;
    }

    /** The path; neither the value nor the subject. */
    @Override
    public String toString() {
        return path;
    }
}
