package io.eventcore.test;

import io.eventcore.AppendListener;
import io.eventcore.autoconfigure.EventSerializerCustomizer;
import io.eventcore.autoconfigure.EventTypesCustomizer;
import io.eventcore.autoconfigure.ProjectionRunnerCustomizer;
import io.eventcore.autoconfigure.RetryPolicyCustomizer;
import io.eventcore.command.CommandListener;
import io.eventcore.command.MetadataContributor;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.reaction.Reaction;
import io.eventcore.snapshot.SnapshotListener;
import java.util.Set;
import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;

/** Leaves out what has nothing to do with events. */
final class EventCoreTypeExcludeFilter extends StandardAnnotationCustomizableTypeExcludeFilter<EventCoreTest> {
    private static final Set<Class<?>> KNOWN = Set.of(
            AppendListener.class,
            SnapshotListener.class,
            Projection.class,
            ProjectionListener.class,
            ProjectionRunnerCustomizer.class,
            Reaction.class,
            CommandListener.class,
            MetadataContributor.class,
            EventTypesCustomizer.class,
            EventSerializerCustomizer.class,
            RetryPolicyCustomizer.class);

    EventCoreTypeExcludeFilter(Class<?> testClass) {
        super(testClass);
    }

    @Override
    protected Set<Class<?>> getKnownIncludes() {
        return KNOWN;
    }
}
