package io.eventcore;

/**
 * The connection broke while a command with an id was committed, and the store could not find out how it ended: the
 * command was carried out, with all its events, or not at all.
 *
 * <p>Execute the same command under the same id again, as often as you like: if it was carried out, its first result is
 * returned, else it is carried out then. Never append its events by hand: the id would not be remembered with them.
 *
 * @since 0.1
 */
public final class CommandOutcomeUnknownException extends EventStoreException {
    private static final long serialVersionUID = 1L;

    private final String commandId;

    /**
     * A command whose outcome is unknown.
     *
     * @param commandId the id, with its scope
     * @param cause why it could not be found out
     */
    public CommandOutcomeUnknownException(String commandId, Throwable cause) {
        super(
                "The connection was lost while command '%s' was committed, and whether it was carried out is unknown:"
                                .formatted(commandId)
                        + " execute it again under the same id",
                cause);
        this.commandId = commandId;
    }

    /** The id under which to execute the command again, with its scope. */
    public String commandId() {
        return commandId;
    }
}
