package io.eventcore.serialization.internal;

import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/** The JSON of a class does not show one of its fields. */
final class HiddenFieldException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HiddenFieldException(HiddenFields.Hidden hidden) {
        super(hidden.field().isSynthetic() ? captured(hidden.field()) : hidden(hidden));
    }

    private static String hidden(HiddenFields.Hidden hidden) {
        Field field = hidden.field();
        String name = field.getDeclaringClass().getName() + "." + field.getName();
        return hidden.isOfBean()
                ? "it does not show the field %s. Show it (a getter, a record component or @JsonProperty), or mark it with @JsonIgnore if it does not belong to the command"
                        .formatted(name)
                : "it is not made of the fields of the class and may leave out %s. Hold the value in a record instead (a list, a map, a number, a text) or show the field (a getter, a record component or @JsonProperty); mark it with @JsonIgnore if it does not belong to the command or what is written contains it"
                        .formatted(name);
    }

    private static String captured(Field field) {
        return ("it does not show what %s captures from the enclosing code (%s). Make the class a record or a static"
                        + " class with fields of its own")
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
