package io.eventcore.internal;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import java.lang.reflect.AnnotatedElement;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Where in an event Jackson has failed, without anything that the event says: the keys of maps are data too. */
public final class JsonPaths {
    private JsonPaths() {}

    /** The names of the properties down to the failure, classes before them; empty if Jackson knows no place. */
    public static String of(JacksonException e) {
        return e.getPath().stream().map(JsonPaths::step).collect(Collectors.joining("->"));
    }

    private static String step(JacksonException.Reference step) {
        Object from = step.from();
        Class<?> type = from instanceof Class<?> declared ? declared : from == null ? null : from.getClass();
        return step.getPropertyName() != null && mayHaveAnyName(type)
                ? (type == null ? "" : type.getName()) + "[a key]"
                : step.getDescription();
    }

    private static boolean mayHaveAnyName(@Nullable Class<?> type) {
        return type == null
                || Map.class.isAssignableFrom(type)
                || JsonNode.class.isAssignableFrom(type)
                || takesAnyProperty(type);
    }

    private static boolean takesAnyProperty(Class<?> type) {
        for (Class<?> level = type; level != null && level != Object.class; level = level.getSuperclass()) {
            Stream<AnnotatedElement> members = Stream.concat(
                    Stream.concat(Arrays.stream(level.getDeclaredFields()), Arrays.stream(level.getDeclaredMethods())),
                    Arrays.stream(level.getDeclaredConstructors())
                            .flatMap(made -> Arrays.stream(made.getParameters())));
            if (members.anyMatch(member -> member.isAnnotationPresent(JsonAnySetter.class)
                    || member.isAnnotationPresent(JsonAnyGetter.class))) {
                return true;
            }
        }
        return false;
    }
}
