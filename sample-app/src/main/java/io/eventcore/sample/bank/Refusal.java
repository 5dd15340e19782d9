package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.command.BusinessRuleViolationException;

/** The bank refuses a command, because of this account and this rule. Nothing was stored. */
// tag::refusal[]
final class Refusal extends BusinessRuleViolationException {
    private static final long serialVersionUID = 1L;

    private final Rule rule;
    private final StreamId account;

    private Refusal(Rule rule, StreamId account, String message) {
        super("Account '" + account + "' " + message);
        this.rule = rule;
        this.account = account;
    }

    /** What a command must respect. */
    enum Rule {
        ACCOUNT_IS_OPEN,
        FUNDS_SUFFICE,
        BALANCE_IS_A_NUMBER,
        ACCOUNTS_DIFFER,
        OFFER_IS_OPEN
    }

    static Refusal unknownAccount(StreamId account) {
        return new Refusal(Rule.ACCOUNT_IS_OPEN, account, "does not exist");
    }

    static Refusal insufficientFunds(StreamId account) {
        return new Refusal(Rule.FUNDS_SUFFICE, account, "does not hold that much");
    }

    static Refusal balanceTooLarge(StreamId account) {
        return new Refusal(Rule.BALANCE_IS_A_NUMBER, account, "cannot hold that much");
    }

    static Refusal sameAccount(StreamId account) {
        return new Refusal(Rule.ACCOUNTS_DIFFER, account, "cannot send money to itself");
    }

    static Refusal noOffer(StreamId account) {
        return new Refusal(Rule.OFFER_IS_OPEN, account, "has no such offer to accept, or not any more");
    }

    Rule rule() {
        return rule;
    }

    StreamId account() {
        return account;
    }
}
// end::refusal[]
