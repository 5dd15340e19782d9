package io.eventcore.console;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * Auto-configuration of the console, which is served once {@code eventcoreconsole} is exposed.
 *
 * @since 0.1
 */
@AutoConfiguration
@ImportRuntimeHints(EventCoreConsoleAutoConfiguration.Files.class)
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
public final class EventCoreConsoleAutoConfiguration {
    EventCoreConsoleAutoConfiguration() {}

    @Bean
    @ConditionalOnAvailableEndpoint
    @ConditionalOnMissingBean
    EventCoreConsoleEndpoint eventCoreConsoleEndpoint(ObjectProvider<PathMappedEndpoints> paths) {
        // Asked for late: what maps the endpoints has found this one first.
        return new EventCoreConsoleEndpoint(paths::getIfUnique);
    }

    /** A native image keeps the files of the page. */
    static final class Files implements RuntimeHintsRegistrar {
        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
            hints.resources().registerPattern("io/eventcore/console/page/*");
        }
    }
}
