package io.eventcore.reaction;

import io.eventcore.internal.QuotesNoData;

/** The result of a reaction's functions for an event breaks a rule; the reaction's {@code onError} decides. */
final class ReactionRuleException extends RuntimeException implements QuotesNoData {
    private static final long serialVersionUID = 1L;

    ReactionRuleException(String rule) {
        super(rule);
    }
}
