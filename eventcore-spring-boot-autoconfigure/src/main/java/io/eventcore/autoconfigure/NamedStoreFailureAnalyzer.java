package io.eventcore.autoconfigure;

import io.eventcore.jdbc.SchemaException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Says which of several stores has wrong tables; runs before the analyzer that explains what is wrong with them. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class NamedStoreFailureAnalyzer extends AbstractFailureAnalyzer<NamedStoreException> {
    private final Environment environment;

    NamedStoreFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NamedStoreException cause) {
        if (!(cause.getCause() instanceof SchemaException schema)) {
            return null;
        }
        FailureAnalysis tables = new SchemaFailureAnalyzer(environment).analyze(rootFailure, schema);
        return new FailureAnalysis(
                "Event store '" + cause.store() + "': " + tables.getDescription(),
                tables.getAction() + " Settings under eventcore.stores." + cause.store()
                        + " take precedence over eventcore.jdbc.",
                cause);
    }
}
