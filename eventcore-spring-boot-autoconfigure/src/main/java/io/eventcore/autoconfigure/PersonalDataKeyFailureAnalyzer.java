package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains that a master key is missing or malformed. An exception of Spring Boot would not do: its analysis looks the value
 * up and shows it.
 */
final class PersonalDataKeyFailureAnalyzer extends AbstractFailureAnalyzer<PersonalDataKeyException> {
    PersonalDataKeyFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, PersonalDataKeyException cause) {
        return new FailureAnalysis(cause.getMessage() + ".", cause.remedy(), cause);
    }
}
