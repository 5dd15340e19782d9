package io.eventcore.internal;

/**
 * An exception of this library whose message names rules and declarations only and never quotes an event, so that
 * status and log show it. Its causes are judged separately: they are redacted unless they are of this kind too.
 */
public interface QuotesNoData {}
