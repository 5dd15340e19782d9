/**
 * Auto-configuration: an event store, a command executor and their metrics from properties under {@code eventcore}.
 */
@NullMarked
package io.eventcore.autoconfigure;

import org.jspecify.annotations.NullMarked;
