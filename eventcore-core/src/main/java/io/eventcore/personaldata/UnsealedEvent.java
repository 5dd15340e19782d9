package io.eventcore.personaldata;

import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * An event with personal data, to be sealed.
 *
 * @since 0.1
 */
public final class UnsealedEvent {
    private final UUID id;
    private final byte[] json;
    private final List<PersonalValue> values;

    /**
     * An event.
     *
     * @param id the id of the event
     * @param json the event with placeholders, a JSON object; not to be modified
     * @param values what belongs in their places, in the order of the places
     */
    public UnsealedEvent(UUID id, byte[] json, List<PersonalValue> values) {
        this.id = Objects.requireNonNull(id, "id");
        this.json = Objects.requireNonNull(json, "json");
        this.values = List.copyOf(values);
    }

    /**
     * Whether a text or a number among the values to be sealed reads like this, and no other value does: showing this
     * text would reveal what is to be hidden. White space around a text does not count.
     */
    public boolean hides(String text) {
        return values.stream()
                        .anyMatch(value -> PersonalJson.texts(value.json()).contains(text))
                && !PersonalJson.texts(json).contains(text);
    }

    UUID id() {
        return id;
    }

    byte[] json() {
        return json;
    }

    List<PersonalValue> values() {
        return values;
    }

    /** Id and number of values. */
    @Override
    public String toString() {
        return id + " (" + values.size() + " personal values)";
    }
}
