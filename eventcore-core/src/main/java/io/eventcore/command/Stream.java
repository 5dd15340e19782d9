package io.eventcore.command;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the record components of a {@link Command} that name the streams its decision rests on; in a class that is not
 * a record, its fields, such as those that Kotlin generates for
 * {@code data class Withdraw(@Stream val account: StreamId)}.
 *
 * <p>A component may be a {@link io.eventcore.StreamId}, a record that wraps one, or an {@link java.util.Optional} or
 * {@link java.util.Collection} of these. Equal ids count once.
 *
 * @since 0.1
 */
@Documented
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD})
@Retention(RetentionPolicy.RUNTIME)
public @interface Stream {}
