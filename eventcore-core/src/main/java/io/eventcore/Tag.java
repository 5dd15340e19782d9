package io.eventcore;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks what an {@link Event} is about besides its stream, and what a {@link io.eventcore.command.Command} decides on.
 * On a record component (in a class that is not a record, on a field) it is a tag with the component's value; on a type
 * it is a tag without a value, carried by every event of the type and of the types below it.
 *
 * <p>A component may be a {@link String}, a {@link java.util.UUID}, a whole number, an enum constant, a
 * {@link StreamId}, a record that wraps one of these, or an {@link java.util.Optional} or {@link java.util.Collection}
 * of them. A component of another type is an error when the class is registered.
 *
 * <p>A tag is stored as it is and cannot be changed or erased: never mark {@linkplain PersonalData personal data}.
 *
 * @since 0.1
 */
@Documented
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface Tag {
    /** The name of the tag; by default that of the component. On a type it must be given. */
    String value() default "";
}
