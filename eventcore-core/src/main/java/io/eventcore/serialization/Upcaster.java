package io.eventcore.serialization;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * Makes of the payload that was stored under one name what today's code reads: another shape of the same event, an event
 * of another type, several events, or none. Nothing in the database changes.
 *
 * <pre>{@code
 * Upcaster.from("cart.item-added")
 *         .toRevision(2, event -> event.object().put("currency", "EUR"));
 * }</pre>
 *
 * <p>With Spring Boot each bean of this type counts; in plain Java it is given to
 * {@link EventTypes.Builder#upcaster(Upcaster)}. What one upcaster makes may be what another one begins with, so each step
 * is written once, when the shape changes, and stays. Every read goes through it: of streams, of the log, projections,
 * reactions, application events.
 *
 * <p>Its function must give the same for the same event, whenever and wherever it is asked: it is called for every read, on
 * every instance. What it throws makes the event one that cannot be decoded. Called by many threads at once.
 *
 * @since 0.1
 */
public final class Upcaster {
    private final String from;
    private final Set<String> to;
    private final Function<OldEvent, ? extends List<Part>> change;
    private final Class<?> madeBy;

    private Upcaster(String from, Set<String> to, Function<OldEvent, ? extends List<Part>> change, Class<?> madeBy) {
        this.from = from;
        this.to = to;
        this.change = change;
        this.madeBy = madeBy;
    }

    /**
     * One of the events that an upcaster makes of an event.
     *
     * @param typeName the stored name that its payload belongs to
     * @param json its payload
     * @since 0.1
     */
    public record Part(String typeName, JsonNode json) {
        /** Checks that both are there. */
        public Part {
            Objects.requireNonNull(typeName, "typeName");
            Objects.requireNonNull(json, "json");
        }

        /** The name, not the payload. */
        @Override
        public String toString() {
            return typeName;
        }
    }

    /**
     * Begins with what is stored under a name.
     *
     * @param storedName the name, with the number of its revision unless that is the first: {@code cart.item-added},
     *     {@code cart.item-added@2}
     */
    public static From from(String storedName) {
        return new From(Objects.requireNonNull(storedName, "storedName"));
    }

    /**
     * What an upcaster begins with; says next what it makes of that.
     *
     * @since 0.1
     */
    public static final class From {
        private final String from;

        private From(String from) {
            this.from = from;
        }

        /**
         * A later revision of the same event, in another shape.
         *
         * @param revision its number, greater than that of the revision begun with
         * @param change makes the new payload; may change the old one and return it
         * @throws IllegalArgumentException if the number is not greater
         */
        public Upcaster toRevision(int revision, Function<OldEvent, ? extends JsonNode> change) {
            Revision before = Revision.of(from);
            if (revision <= before.number()) {
                throw new IllegalArgumentException("An upcaster from '%s' leads to a later revision than %d, not to %d"
                        .formatted(from, before.number(), revision));
            }
            return to(new Revision(before.name(), revision).storedName(), change);
        }

        /**
         * An event stored under another name.
         *
         * @param storedName the name, with the number of its revision unless that is the first
         * @param change makes the new payload; may change the old one and return it
         */
        public Upcaster to(String storedName, Function<OldEvent, ? extends JsonNode> change) {
            Objects.requireNonNull(storedName, "storedName");
            Objects.requireNonNull(change, "change");
            return new Upcaster(
                    from, Set.of(storedName), event -> one(storedName, change.apply(event)), change.getClass());
        }

        private static List<Part> one(String storedName, JsonNode json) {
            if (json == null) {
                throw new MistakeException("it has returned null instead of a payload");
            }
            return List.of(new Part(storedName, json));
        }

        /**
         * Any number of events, told by the payload: several, one of several types, or none.
         *
         * <p>Of several, {@link io.eventcore.RecordedEvent#part()} is the place in the list. So what was made of a stored
         * event must keep its place when the upcaster is changed: what has been done for a part is recognised by it.
         *
         * @param storedNames every name that the events may have
         * @param change makes the events, in their order
         * @throws IllegalArgumentException if no name is given: see {@link #toNothing()}
         */
        public Upcaster toParts(Collection<String> storedNames, Function<OldEvent, ? extends List<Part>> change) {
            Set<String> names = new LinkedHashSet<>(storedNames);
            if (names.isEmpty()) {
                throw new IllegalArgumentException(
                        "An upcaster from '" + from + "' names no event that it makes; toNothing() drops the event");
            }
            return new Upcaster(from, names, Objects.requireNonNull(change, "change"), change.getClass());
        }

        /**
         * Nothing: who reads does not see the event any more. It keeps its version and its position, and stays in the
         * database.
         */
        public Upcaster toNothing() {
            return new Upcaster(from, Set.of(), event -> List.of(), Upcaster.class);
        }
    }

    /** The stored name that it begins with. */
    public String from() {
        return from;
    }

    /** The stored names of what it makes; none if it drops the event. */
    public Set<String> to() {
        return Set.copyOf(to);
    }

    /**
     * What it makes of an event, as a read does it; for tests.
     *
     * @throws IllegalStateException if its function returns null, or an event that it does not name
     * @throws RuntimeException whatever its function throws
     */
    public List<Part> apply(OldEvent event) {
        List<Part> parts = change.apply(event);
        if (parts == null) {
            throw new MistakeException("it has returned null instead of a list");
        }
        for (Part part : parts) {
            if (!to.contains(part.typeName())) {
                throw new MistakeException("it has made an event under a name that it did not declare");
            }
        }
        return List.copyOf(parts);
    }

    /** An upcaster breaks its contract. The message quotes nothing of the payload. */
    static final class MistakeException extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        MistakeException(String message) {
            super(message);
        }
    }

    /** From where to where it leads, and the class that it was made in. */
    @Override
    public String toString() {
        String targets = to.isEmpty() ? "nothing" : "'" + String.join("', '", to) + "'";
        String place = madeBy == Upcaster.class ? "" : " (" + madeBy.getName().replaceAll("\\$\\$Lambda.*", "") + ")";
        return "from '%s' to %s%s".formatted(from, targets, place);
    }
}
