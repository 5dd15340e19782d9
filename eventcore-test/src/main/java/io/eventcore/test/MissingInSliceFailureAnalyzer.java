package io.eventcore.test;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.UnsatisfiedDependencyException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;

/**
 * Explains that a component needs what {@link EventCoreTest} does not start. Before Boot's own explanation, which advises
 * to define the bean.
 */
@Order(Ordered.HIGHEST_PRECEDENCE + 100)
final class MissingInSliceFailureAnalyzer extends AbstractFailureAnalyzer<UnsatisfiedDependencyException> {
    private static final Set<String> OF_A_DATABASE = Set.of(
            "javax.sql.DataSource",
            "org.springframework.jdbc.core.JdbcOperations",
            "org.springframework.jdbc.core.JdbcTemplate",
            "org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations",
            "org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate",
            "org.springframework.jdbc.core.simple.JdbcClient",
            "jakarta.persistence.EntityManager",
            "jakarta.persistence.EntityManagerFactory");

    private final BeanFactory beans;

    MissingInSliceFailureAnalyzer(BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, UnsatisfiedDependencyException cause) {
        NoSuchBeanDefinitionException missing = findCause(cause, NoSuchBeanDefinitionException.class);
        ResolvableType type = missing == null ? null : missing.getResolvableType();
        if (missing == null || type == null || missing.getNumberOfBeansFound() > 0 || !isSlice()) {
            return null;
        }
        String needing = innermost(cause).getBeanName();
        String name = type.toClass().getName();
        if (OF_A_DATABASE.contains(name) || isRepository(type.toClass())) {
            return new FailureAnalysis(
                    "Bean '" + needing + "' needs a " + name
                            + ", and this test has no database: @EventCoreTest keeps events"
                            + " in memory and makes a database for read models only if an embedded one is on the class"
                            + " path.",
                    "Add H2 (com.h2database:h2) to the tests, or use @EventCoreTest(store = Store.JDBC) with the database of"
                            + " the application or of a @ServiceConnection.",
                    cause);
        }
        return new FailureAnalysis(
                "Bean '" + needing + "' needs a " + name
                        + ", which is not part of this test: @EventCoreTest starts events,"
                        + " commands, projections and reactions, and no other components of the application.",
                "Add it with @Import or includeFilters, or replace it with @MockitoBean.",
                cause);
    }

    private boolean isSlice() {
        return beans instanceof ListableBeanFactory all
                && all.getBeanNamesForType(EventCoreSliceAutoConfiguration.class, true, false).length > 0;
    }

    /** By its name, because Spring Data may be missing. */
    private static boolean isRepository(Class<?> type) {
        for (Class<?> parent : type.getInterfaces()) {
            if (parent.getName().equals("org.springframework.data.repository.Repository") || isRepository(parent)) {
                return true;
            }
        }
        return false;
    }

    private static UnsatisfiedDependencyException innermost(UnsatisfiedDependencyException outer) {
        UnsatisfiedDependencyException innermost = outer;
        for (Throwable cause = outer; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnsatisfiedDependencyException unsatisfied) {
                innermost = unsatisfied;
            }
        }
        return innermost;
    }
}
