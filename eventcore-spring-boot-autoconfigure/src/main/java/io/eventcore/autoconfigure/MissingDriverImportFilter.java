package io.eventcore.autoconfigure;

import java.sql.Driver;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanClassLoaderAware;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Lets an application with this starter start without any JDBC driver.
 *
 * <p>The starter brings a connection pool, and with a pool and no driver Spring Boot refuses to start, because it
 * cannot create a data source. Without any driver on the class path, and without a single setting under
 * {@code spring.datasource}, the application has not asked for one. Only then does this filter leave out Boot's data
 * source, and the event store is in memory. If there is a driver or a setting, this filter does nothing.
 */
final class MissingDriverImportFilter implements AutoConfigurationImportFilter, EnvironmentAware, BeanClassLoaderAware {
    private static final String DRIVERS = "META-INF/services/java.sql.Driver";
    private static final String DATA_SOURCE = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration";

    private @Nullable Environment environment;
    private @Nullable ClassLoader classLoader;

    MissingDriverImportFilter() {}

    @Override
    public void setEnvironment(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void setBeanClassLoader(ClassLoader classLoader) {
        this.classLoader = classLoader;
    }

    @Override
    public boolean[] match(@Nullable String[] autoConfigurations, AutoConfigurationMetadata metadata) {
        boolean leaveOut = !isDriverPresent() && !isDataSourceConfigured();
        boolean[] keep = new boolean[autoConfigurations.length];
        for (int i = 0; i < keep.length; i++) {
            keep[i] = !(leaveOut && DATA_SOURCE.equals(autoConfigurations[i]));
        }
        return keep;
    }

    /**
     * Loads no driver if it can: loading one loads all of them, which takes longer than every other decision here. A
     * driver that is a module may have no file.
     */
    private boolean isDriverPresent() {
        ClassLoader loader = classLoader == null ? ClassLoader.getSystemClassLoader() : classLoader;
        return loader.getResource(DRIVERS) != null
                || ServiceLoader.load(Driver.class, loader).stream().findFirst().isPresent();
    }

    private boolean isDataSourceConfigured() {
        return environment != null
                && Binder.get(environment)
                        .bind("spring.datasource", Bindable.mapOf(String.class, Object.class))
                        .isBound();
    }
}
