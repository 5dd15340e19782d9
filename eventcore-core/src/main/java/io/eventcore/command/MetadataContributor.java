package io.eventcore.command;

import io.eventcore.EventMetadata;

/**
 * Adds to every command what the surroundings know: a trace, a user, a region.
 *
 * <p>Called once for each execution, on the thread that executes the command and before its first attempt. What the
 * caller or an enclosing {@link CommandContext} says wins. Safe for any number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface MetadataContributor {
    /**
     * What is known now.
     *
     * @return entries for the metadata of the command's events; empty if nothing is known
     */
    EventMetadata metadata();
}
