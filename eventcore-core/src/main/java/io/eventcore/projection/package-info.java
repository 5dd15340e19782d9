/**
 * Read models: {@link io.eventcore.projection.Projection}s turn the log into them, and a {@link
 * io.eventcore.projection.ProjectionRunner} keeps them running.
 *
 * <p>A projection runs on one instance of the application at a time, from its checkpoint to the end of the log, and
 * then with every commit. If the read model is in the database of the event store, its changes and the checkpoint are
 * committed together, so that every event counts exactly once.
 */
@NullMarked
package io.eventcore.projection;

import org.jspecify.annotations.NullMarked;
