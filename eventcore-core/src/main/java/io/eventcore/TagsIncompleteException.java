package io.eventcore;

import java.util.Objects;

/**
 * Nothing can be decided on tags of this name, and no reader can find them all: events that were stored without them are
 * being given them. Nothing was stored. Appends that carry such tags and rest on none go on. Wait for the backfill to end,
 * or run one that was interrupted again: it goes on where it was.
 *
 * @since 0.1
 */
public final class TagsIncompleteException extends EventStoreUnavailableException {
    private static final long serialVersionUID = 1L;

    private final String tagName;

    /** Tags of this name are incomplete. For authors of stores. */
    public TagsIncompleteException(String tagName) {
        super(
                ("Tags named '%s' are being given to events that were stored without them; until that is done nothing can be"
                                + " decided on them, and no reader can find them all")
                        .formatted(Objects.requireNonNull(tagName, "tagName")),
                null);
        this.tagName = tagName;
    }

    /** The name of the tags, the first one if there are several. */
    public String tagName() {
        return tagName;
    }
}
