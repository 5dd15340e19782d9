package io.eventcore;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known about an event besides the fact itself: which conversation it belongs to, what caused it, who acted.
 *
 * <p>A small map of strings. The two ids every reader asks for have accessors of their own. Immutable.
 *
 * @param entries names and values, in the order they were added; names are not empty, all texts are well-formed Unicode
 * @since 0.1
 */
public record EventMetadata(Map<String, String> entries) {
    /** The name of the entry that holds the correlation id. */
    public static final String CORRELATION_ID = "correlationId";

    /** The name of the entry that holds the causation id. */
    public static final String CAUSATION_ID = "causationId";

    /** The name of the entry that says who acted. */
    public static final String ACTOR = "actor";

    /** The name of the entry that says for which tenant. */
    public static final String TENANT = "tenant";

    private static final EventMetadata EMPTY = new EventMetadata(Map.of());

    /**
     * Copies the entries.
     *
     * @throws IllegalArgumentException if a name is empty, or a name or value holds an unpaired surrogate
     */
    public EventMetadata {
        Map<String, String> copy = new LinkedHashMap<>(entries);
        copy.forEach((name, value) -> {
            if (Objects.requireNonNull(name, "name of metadata entry").isEmpty()) {
                throw new IllegalArgumentException("The name of a metadata entry must not be empty");
            }
            Identifiers.checkWellFormed("Name of a metadata entry", name);
            Identifiers.checkWellFormed("Value of metadata entry " + name, Objects.requireNonNull(value, name));
        });
        entries = Collections.unmodifiableMap(copy);
    }

    /** No metadata. */
    public static EventMetadata empty() {
        return EMPTY;
    }

    /** This metadata with one entry added or replaced. */
    public EventMetadata with(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(entries);
        changed.put(name, value);
        return new EventMetadata(changed);
    }

    /** This metadata with the id of the conversation that the event belongs to. */
    public EventMetadata withCorrelationId(String correlationId) {
        return with(CORRELATION_ID, correlationId);
    }

    /** This metadata with the id of the event or command that caused the event. */
    public EventMetadata withCausationId(String causationId) {
        return with(CAUSATION_ID, causationId);
    }

    /** This metadata with the name of the actor. */
    public EventMetadata withActor(String actor) {
        return with(ACTOR, actor);
    }

    /** This metadata with the tenant on whose behalf it happens. */
    public EventMetadata withTenant(String tenant) {
        return with(TENANT, tenant);
    }

    /** This metadata, with those entries of another one whose names this one lacks. */
    public EventMetadata withDefaults(EventMetadata defaults) {
        if (isEmpty() || defaults.isEmpty()) {
            return isEmpty() ? defaults : this;
        }
        Map<String, String> merged = new LinkedHashMap<>(defaults.entries);
        merged.putAll(entries);
        return new EventMetadata(merged);
    }

    /** The id of the conversation, if one was given. */
    public Optional<String> correlationId() {
        return entry(CORRELATION_ID);
    }

    /** The id of the cause, if one was given. */
    public Optional<String> causationId() {
        return entry(CAUSATION_ID);
    }

    /** Who acted, if that was given. */
    public Optional<String> actor() {
        return entry(ACTOR);
    }

    /** For which tenant, if that was given. */
    public Optional<String> tenant() {
        return entry(TENANT);
    }

    /** The value of this entry, if there is one. */
    public Optional<String> entry(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** Whether there is no entry. */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** The names only: values may be personal and must not end up in a log by accident. */
    @Override
    public String toString() {
        return "EventMetadata" + entries.keySet();
    }
}
