/**
 * Reactions: what must happen because something has happened, as commands that are executed once.
 *
 * <p>The durable half of a process manager. The other half, what the process knows, is the state of the commands.
 */
@NullMarked
package io.eventcore.reaction;

import org.jspecify.annotations.NullMarked;
