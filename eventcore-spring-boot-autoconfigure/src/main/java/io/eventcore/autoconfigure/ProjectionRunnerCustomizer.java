package io.eventcore.autoconfigure;

import io.eventcore.projection.ProjectionRunner;

/**
 * Changes the projection runner before it is built, or adds projections that are not beans. Called in the order of the
 * beans, after the properties and the {@link io.eventcore.projection.Projection} beans were applied.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface ProjectionRunnerCustomizer {
    /** Changes the runner. */
    void customize(ProjectionRunner.Builder runner);
}
