package io.eventcore.serialization;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * Turns a payload that was stored under one name into what today's code reads: another shape of the same event, an
 * event of another type, several events, or none. The database does not change.
 *
 * <pre>{@code
 * Upcaster.from("cart.item-added")
 *         .toRevision(2, event -> event.object().put("currency", "EUR"));
 * }</pre>
 *
 * <p>With Spring Boot each bean of this type counts; in plain Java, add it with
 * {@link EventTypes.Builder#upcaster(Upcaster)}. One upcaster may begin where another one ends, so you write each step
 * once, when the shape changes, and keep it. It applies to every read: of streams, of the log, projections, reactions,
 * application events.
 *
 * <p>Its function must always return the same for the same event: it is called for every read, on every instance. If it
 * throws an exception, the event cannot be decoded. Called by many threads at once.
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
     * Begins with the events stored under a name.
     *
     * @param storedName the name, with the number of its revision unless that is the first: {@code cart.item-added},
     *     {@code cart.item-added@2}
     * @throws IllegalArgumentException if no event can be stored under it: it is empty, has more than 255 characters,
     *     control characters or white space around it
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
     * The beginning of an upcaster; the next call says what it produces.
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
         * Any number of events, depending on the payload: several, one of several types, or none.
         *
         * <p>Of several, the first is the heir, unless {@link Upcaster#withHeir} names another: it keeps the identity
         * of the event, so that work done for the event counts as done for the heir. The others get their own
         * identities, by their places in the list: see {@link io.eventcore.RecordedEvent#deduplicationId()}. So the
         * parts of a stored event must keep their places when you change the upcaster. Upcasters that you add later, to
         * drop or split one of the parts, do not affect the others.
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

        /** No event: readers no longer see it. It keeps its version and its position, and stays in the database. */
        public Upcaster toNothing() {
            return new Upcaster(from, Set.of(), event -> List.of(), Upcaster.class, Splitting.NONE);
        }
    }

    /**
     * The same upcaster, with the first part of this name as the heir: it keeps the identity of the event,
     * {@link io.eventcore.RecordedEvent#part()} 0. Use it when you split an event, if the part that continues it is not
     * the first: reactions that have answered the event have answered its heir, and answer the other parts as new
     * events. The order of the parts stays. An event without a part of this name has no heir.
     *
     * <p>Naming another heir later changes identities: work done for one part then counts as done for another.
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
     * What it turns an event into, as in a read; for tests.
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

    /** An upcaster breaks its contract. The message does not quote the payload. */
    static final class MistakeException extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        MistakeException(String message) {
            super(message);
        }
    }

    /** Where it begins and ends, and the class that created it. */
    @Override
    public String toString() {
        String targets = to.isEmpty() ? "nothing" : "'" + String.join("', '", to) + "'";
        String place = madeBy == Upcaster.class ? "" : " (" + madeBy.getName().replaceAll("\\$\\$Lambda.*", "") + ")";
        return "from '%s' to %s%s".formatted(from, targets, place);
    }
}
