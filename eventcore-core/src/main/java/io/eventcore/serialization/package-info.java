/**
 * The stored form of events: stable names instead of class names, and payloads.
 *
 * <p>{@link io.eventcore.serialization.EventTypes} is the only place where a stored name becomes a class.
 */
@NullMarked
package io.eventcore.serialization;

import org.jspecify.annotations.NullMarked;
