package io.eventcore;

import java.util.Objects;

/**
 * A backfill is giving tags with this name to events that were stored without them. Until it ends, no command can
 * decide on these tags, and no reader can find all events that carry them. Nothing was stored. Appends whose events
 * carry these tags still work if they rest on none of them. Wait for the backfill to end, or run an interrupted one
 * again: it continues where it stopped.
 *
 * @since 0.1
 */
public final class TagsIncompleteException extends EventStoreUnavailableException {
    private static final long serialVersionUID = 1L;

    private final String tagName;

    /** Tags of this name are incomplete. For authors of stores. */
    public TagsIncompleteException(String tagName) {
        super(
                ("A backfill is giving tags named '%s' to events that were stored without them; until it ends, no"
                                + " command can decide on these tags, and no reader can find all events that carry them")
                        .formatted(Objects.requireNonNull(tagName, "tagName")),
                null);
        this.tagName = tagName;
    }

    /** The name of the tags, the first one if there are several. */
    public String tagName() {
        return tagName;
    }
}
