package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import java.util.List;

/**
 * A part of the log as a projection meets it.
 *
 * @param entries the entries wanted, in order
 * @param continueAfter how far the log was looked through
 * @param endReached whether there was nothing more to be delivered
 */
record LogPage<E extends Event>(List<LogEntry<E>> entries, GlobalPosition continueAfter, boolean endReached) {}
