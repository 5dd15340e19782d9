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
    private final Splitting splitting;

    private Upcaster(
            String from,
            Set<String> to,
            Function<OldEvent, ? extends List<Part>> change,
            Class<?> madeBy,
            Splitting splitting) {
        this.from = from;
        this.to = to;
        this.change = change;
        this.madeBy = madeBy;
        this.splitting = splitting;
    }

    /**
     * Whether what is made are parts, and which one of them is the heir.
     *
     * @param parts false if it is the whole event still, in another shape
     * @param heir the name of the heir; empty for the first part, whatever it is called
     */
    private record Splitting(boolean parts, String heir) {
        private static final Splitting NONE = new Splitting(false, "");
        private static final Splitting FIRST = new Splitting(true, "");
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
     * @throws IllegalArgumentException if no event can be stored under it: it is empty, has more than 255 characters, control
     *     characters or white space around it
     */
    public static From from(String storedName) {
        if (!EventTypes.isStoredName(Objects.requireNonNull(storedName, "storedName"))) {
            throw new IllegalArgumentException(
                    "No event is stored under the name that an upcaster begins with: it must have"
                            + " 1 to 255 characters, no control characters and no white space around it");
        }
        return new From(storedName);
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
         * @throws IllegalArgumentException if the number is not greater, or the name begun with ends with one that no revision
         *     has, such as {@code @1}
         */
        public Upcaster toRevision(int revision, Function<OldEvent, ? extends JsonNode> change) {
            Revision before = Revision.of(from);
            if (before.isMiswritten()) {
                throw new IllegalArgumentException(
                        ("'%s' ends with a number that no revision has: the first one has none,"
                                        + " the others have 2, 3 and so on")
                                .formatted(from));
            }
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
                    from,
                    Set.of(storedName),
                    event -> one(storedName, change.apply(event)),
                    change.getClass(),
                    Splitting.NONE);
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
         * <p>Of several, the first is the heir, unless {@link Upcaster#withHeir} says another: it keeps the identity of the
         * event, so that what was done for the event counts as done for it. The others get an identity of their own, by
         * their place in the list: see {@link io.eventcore.RecordedEvent#deduplicationId()}. So what was made of a stored
         * event must keep its place when the upcaster is changed. Upcasters that are added later, to drop or split one of
         * the parts, change nothing about the other ones.
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
            return new Upcaster(
                    from, names, Objects.requireNonNull(change, "change"), change.getClass(), Splitting.FIRST);
        }

        /**
         * Nothing: who reads does not see the event any more. It keeps its version and its position, and stays in the
         * database.
         */
        public Upcaster toNothing() {
            return new Upcaster(from, Set.of(), event -> List.of(), Upcaster.class, Splitting.NONE);
        }
    }

    /**
     * The same upcaster, of whose parts the first one of this name is the heir: it keeps the identity of the event,
     * {@link io.eventcore.RecordedEvent#part()} 0. To be said when the event is split, if the part that continues what the
     * event was is not the first: reactions that have answered the event have answered its heir, and answer other parts as
     * events that they have not met. The order of the parts stays. An event that has no part of this name has no heir.
     *
     * <p>To say another one later gives identities to other parts: what was done for one counts as done for another.
     *
     * @param storedName one of the names that the parts may have
     * @throws IllegalArgumentException if it is none of them
     */
    public Upcaster withHeir(String storedName) {
        if (!to.contains(Objects.requireNonNull(storedName, "storedName"))) {
            throw new IllegalArgumentException(
                    "The upcaster %s makes no '%s' that could be its heir".formatted(this, storedName));
        }
        return splitting.parts() ? new Upcaster(from, to, change, madeBy, new Splitting(true, storedName)) : this;
    }

    /**
     * The number of one of the parts that it has made.
     *
     * @param made all of them
     * @param index which one is asked for
     * @param before the number of what it has made them of
     */
    PartNumber number(List<Part> made, int index, PartNumber before) {
        if (!splitting.parts()) {
            return before;
        }
        if (splitting.heir().isEmpty()) {
            return before.part(index);
        }
        int heir = 0;
        while (heir < made.size() && !made.get(heir).typeName().equals(splitting.heir())) {
            heir++;
        }
        return before.part(index == heir ? 0 : index < heir ? index + 1 : index);
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
