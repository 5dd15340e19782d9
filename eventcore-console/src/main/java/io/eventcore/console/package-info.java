/**
 * A page for operators, served under the actuator's base path. It holds no data: the page asks the endpoint {@code eventcore}.
 *
 * @since 0.1
 */
@NullMarked
package io.eventcore.console;

import org.jspecify.annotations.NullMarked;
