package io.eventcore;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The stable name under which the events of a class are stored.
 *
 * <p>The database holds this name, never the class name, so you can rename or move a class without touching stored
 * events. Registration refuses an event class without this annotation, and two classes with the same name.
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
     * Which shape of the event this class is, 1 for the first. From the second shape on, the number is part of the
     * stored name: {@code cart.item-added@2}. An {@code io.eventcore.serialization.Upcaster} turns events of earlier
     * shapes into this one; or this class reads them unchanged if their names are among the {@link #aliases()}.
     */
    int revision() default 1;

    /** Names that events of this class were stored under in the past; they are read, never written. */
    String[] aliases() default {};
}
