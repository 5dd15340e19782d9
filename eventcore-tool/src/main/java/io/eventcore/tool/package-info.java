/**
 * Moves events between databases from the command line.
 *
 * @since 0.1
 */
@NullMarked
package io.eventcore.tool;

import org.jspecify.annotations.NullMarked;
