package io.eventcore.serialization.internal;

import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/** The JSON of a class does not show one of its fields. */
final class HiddenFieldException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HiddenFieldException(Field field) {
        super(field.isSynthetic() ? captured(field) : hidden(field));
    }

    private static String hidden(Field field) {
        return "it does not show the field %s.%s. Show it (a getter, a record component or @JsonProperty), or mark it with @JsonIgnore if it does not belong to the command"
                .formatted(field.getDeclaringClass().getName(), field.getName());
    }

    private static String captured(Field field) {
        return "it does not show what %s captures from the code around it (%s). Make the class a record or a static class with fields of its own"
                .formatted(field.getDeclaringClass().getName(), field.getName());
    }

    /** The one that Jackson has wrapped, if it has wrapped one. */
    static @Nullable HiddenFieldException among(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof HiddenFieldException hidden) {
                return hidden;
            }
        }
        return null;
    }
}
