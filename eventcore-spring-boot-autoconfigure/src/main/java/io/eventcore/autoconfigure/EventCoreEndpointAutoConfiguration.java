package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.command.Command;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.snapshot.SnapshotStore;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.function.SingletonSupplier;

/**
 * Auto-configuration of the actuator endpoint {@code eventcore}.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = {
            EventCoreJdbcAutoConfiguration.class,
            EventCoreMemoryAutoConfiguration.class,
            EventCoreProjectionAutoConfiguration.class
        })
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean(EventStore.class)
@Import(EventCoreSerializationAutoConfiguration.StoredJsonConfiguration.class)
public final class EventCoreEndpointAutoConfiguration {
    EventCoreEndpointAutoConfiguration() {}

    // Here and not on the class: where the library is missing, Spring must not look for the class of this condition.
    @Bean
    @ConditionalOnAvailableEndpoint
    @ConditionalOnMissingBean
    EventCoreEndpoint eventCoreEndpoint(
            ObjectProvider<EventStore> eventStores,
            ObjectProvider<ProjectionRunner> runners,
            ObjectProvider<ProjectionStore> projectionStores,
            ObjectProvider<SnapshotStore> snapshots,
            ObjectProvider<EndpointMeters> meters,
            ObjectProvider<EventTypes> types,
            EventCoreProperties properties,
            BeanFactory beans,
            Environment environment,
            ResourceLoader resources,
            StoredJson storedJson) {
        return new EventCoreEndpoint(
                eventStores.orderedStream().toList(),
                runners.getIfUnique(),
                projectionStores.getIfUnique(),
                new EndpointParts(
                        properties.endpoint(),
                        types.getIfUnique(),
                        new ProjectionConditions(properties.health()),
                        states(beans, environment, resources, storedJson, snapshots.getIfUnique()),
                        meters.getIfUnique()));
    }

    /** The command classes are looked for when a state is asked for first: most applications never ask. */
    @SuppressWarnings("unchecked") // What stands for the type variables of a class is not known here.
    static StreamStates states(
            BeanFactory beans,
            Environment environment,
            ResourceLoader resources,
            StoredJson storedJson,
            @Nullable SnapshotStore snapshots) {
        Supplier<Set<Class<? extends Command<?, ?>>>> commands = SingletonSupplier.of(() -> {
            Set<Class<? extends Command<?, ?>>> found = new LinkedHashSet<>();
            ApplicationClasses classes = new ApplicationClasses(environment, resources);
            for (Class<?> type : classes.of(Command.class, ApplicationClasses.packages(environment, beans))) {
                found.add((Class<? extends Command<?, ?>>) type);
            }
            return found;
        });
        return new StreamStates(commands, storedJson.mapper(), snapshots);
    }
}
