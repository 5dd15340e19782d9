package io.eventcore.autoconfigure;

import io.eventcore.command.RetryPolicy;

/**
 * Changes the retry policy that the properties describe, for example to add a listener. Declare it as a bean; several
 * are called in their order.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface RetryPolicyCustomizer {
    /**
     * The policy to use instead.
     *
     * @param policy the policy from the properties and the previous customizers
     */
    RetryPolicy customize(RetryPolicy policy);
}
