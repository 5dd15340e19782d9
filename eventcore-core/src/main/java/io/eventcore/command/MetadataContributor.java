package io.eventcore.command;

import io.eventcore.EventMetadata;

/**
 * Adds metadata from the environment to every command: a trace, a user, a region.
 *
 * <p>Called once for each execution, on the thread that executes the command and before its first attempt. Entries of
 * the caller or of an enclosing {@link CommandContext} take precedence. Safe for any number of threads.
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
