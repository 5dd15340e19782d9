package io.eventcore.autoconfigure;

import io.eventcore.jdbc.SchemaException;
import io.eventcore.jdbc.SchemaException.Problem;
import java.util.stream.Collectors;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/** Explains that the tables of the event store are missing or wrong. */
final class SchemaFailureAnalyzer extends AbstractFailureAnalyzer<SchemaException> {
    private final Environment environment;

    SchemaFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SchemaException cause) {
        return new FailureAnalysis(cause.getMessage() + reason(cause) + ".", misspelt() + action(cause), cause);
    }

    /** What was set and has no effect: perhaps the very property that the action names. */
    private String misspelt() {
        return environment instanceof ConfigurableEnvironment settings
                ? UnknownProperties.in(settings).stream()
                        .map(sentence -> sentence + " ")
                        .collect(Collectors.joining())
                : "";
    }

    /** The database's message, without the SQL statement that some drivers append: the action gives the statement. */
    private static String reason(SchemaException failure) {
        if (failure.problem() != Problem.NOT_CREATED || failure.getCause() == null) {
            return "";
        }
        String said = String.valueOf(
                NestedExceptionUtils.getMostSpecificCause(failure).getMessage());
        String firstLine = said.lines().findFirst().orElse("");
        int statement = firstLine.indexOf("; SQL statement");
        return " (" + (statement < 0 ? firstLine : firstLine.substring(0, statement)) + ")";
    }

    private static String action(SchemaException cause) {
        return switch (cause.problem()) {
            case MISSING ->
                "Run " + cause.script() + " (it is an ordinary script for Flyway, Liquibase or your client), or set"
                        + " eventcore.jdbc.initialize-schema=always to let the application create what is missing. If"
                        + " the tables exist, check that this user may read them, and that eventcore.jdbc.schema and"
                        + " eventcore.jdbc.table-prefix are right.";
            case TOO_OLD ->
                "Run the numbered scripts beside " + cause.script()
                        + ", in order and each once, from the version of"
                        + " the tables to one that this library works with. The library never upgrades tables by"
                        + " itself.";
            case TOO_NEW ->
                "A newer release has upgraded the tables, to a version that older ones cannot write to: upgrade the library in"
                        + " this application too.";
            case OTHER_ORDER ->
                "Do not mix the two: either this is the wrong database, or the row in the settings table was changed"
                        + " by hand; restore its former value.";
            case SET_BACK ->
                "After a restore by hand, set the last position to the highest in the log before the next append:"
                        + " readers have already passed the positions that would be used again.";
            case UNFINISHED_IMPORT ->
                "Repeat the import with the same file: it continues where it was interrupted. If you no longer want"
                        + " the import, drop the tables: they contain nothing else.";
            case NOT_CREATED ->
                "A schema named by eventcore.jdbc.schema must exist. If this user may not create tables, let their owner run "
                        + cause.script() + " and set eventcore.jdbc.initialize-schema=never.";
        };
    }
}
