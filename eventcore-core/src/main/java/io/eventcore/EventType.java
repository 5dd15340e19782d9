package io.eventcore;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The stable name under which the events of a class are stored.
 *
 * <p>The name, never the class name, stands in the database, so a class can be renamed or moved without touching
 * stored events. An event class without this annotation, and two classes with one name, are refused when the names are
 * registered.
 *
 * @since 0.1
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface EventType {
    /**
     * The name that new events are stored under: 1 to 255 characters without control characters or surrounding white
     * space.
     */
    String value();

    /**
     * Which shape of the event this class is, 1 for the first. From the second on, the number is part of the name that is
     * stored: {@code cart.item-added@2}. What was stored in earlier shapes is turned into this one by an
     * {@code io.eventcore.serialization.Upcaster}, or is read by this class as it is if its name is among the
     * {@link #aliases()}.
     */
    int revision() default 1;

    /** Names that events of this class were stored under in the past; they are read, never written. */
    String[] aliases() default {};
}
