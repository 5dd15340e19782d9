package io.eventcore.autoconfigure;

import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Auto-configuration of reactions: every bean of type {@link Reaction} runs automatically, like a projection.
 *
 * @since 0.1
 */
@AutoConfiguration(after = EventCoreCommandAutoConfiguration.class)
@ConditionalOnClass(PlatformTransactionManager.class)
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean({CommandExecutor.class, ProjectionStore.class})
public final class EventCoreReactionAutoConfiguration {
    EventCoreReactionAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "reactionsRunnerCustomizer")
    ProjectionRunnerCustomizer reactionsRunnerCustomizer(
            ObjectProvider<Reaction<?>> reactions, CommandExecutor executor) {
        return runner -> reactions
                .orderedStream()
                .forEach(reaction -> runner.projection(Reaction.asProjection(reaction, executor)));
    }
}
