/**
 * The events of an Axon Framework store, read over JDBC to be exported.
 *
 * @since 0.1
 */
@NullMarked
package io.eventcore.jdbc.axon;

import org.jspecify.annotations.NullMarked;
