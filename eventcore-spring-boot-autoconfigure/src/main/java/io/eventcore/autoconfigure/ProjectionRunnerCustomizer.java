package io.eventcore.autoconfigure;

import io.eventcore.projection.ProjectionRunner;

/**
 * Changes the runner of projections before it is built, or gives it projections that are no beans. Called in the order of
 * the beans, after the properties and the {@link io.eventcore.projection.Projection} beans were applied.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface ProjectionRunnerCustomizer {
    /** Changes the runner. */
    void customize(ProjectionRunner.Builder runner);
}
