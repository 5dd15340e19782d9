package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains that a master key is missing or malformed. Spring Boot's own exception would not do: its analysis shows the
 * value.
 */
final class PersonalDataKeyFailureAnalyzer extends AbstractFailureAnalyzer<PersonalDataKeyException> {
    PersonalDataKeyFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, PersonalDataKeyException cause) {
        return new FailureAnalysis(cause.getMessage() + ".", cause.remedy(), cause);
    }
}
