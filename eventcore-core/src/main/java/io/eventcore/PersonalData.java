package io.eventcore;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a component of an event, or of anything in it, as data of a person who may be erased.
 *
 * <pre>{@code
 * @EventType("customer.registered")
 * record CustomerRegistered(
 *         String customerId,
 *         @PersonalData(subject = "customerId") String name,
 *         @PersonalData(subject = "customerId") Address address)
 *         implements CustomerEvent { .. }
 * }</pre>
 *
 * <p>The value is stored encrypted, under a key of its subject. Once the subject is erased, it reads as the
 * placeholder. A value that is null, or an empty {@code Optional}, is stored as it is. The component that names the
 * subject must not be personal data itself: it stays readable.
 *
 * <p>An event class with this annotation needs a {@link io.eventcore.personaldata.PersonalDataProtection}; without one,
 * registration refuses the class.
 *
 * @since 0.1
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD})
public @interface PersonalData {
    /**
     * The name of the component that says whose data it is: a text, a number, a {@code UUID}, a {@link StreamId}, or a
     * record with one of these as its only component. The library looks for it in the record of this component, then in
     * the enclosing records, from the inside out.
     */
    String subject();

    /**
     * What is read once the subject is erased: a text, for a component that is stored as one, or JSON. The class must
     * accept it.
     *
     * <p>By default {@code [erased]} for a text, 0, false, the epoch, nothing in a collection or an {@code Optional},
     * null if the component is annotated as nullable, and a record of placeholders for a record. An enum has no
     * default.
     */
    String placeholder() default "";
}
