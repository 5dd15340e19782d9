package io.eventcore;

/**
 * The connection broke while a command with an id was being committed, and the store could not find out its outcome:
 * either the command was executed, with all its events, or not at all.
 *
 * <p>Execute the same command under the same id again, as often as you like: if it was executed, you get its first
 * result; otherwise it is executed now. Never append its events yourself: the id would not be stored with them.
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
     * @param cause why the outcome could not be found out
     */
    public CommandOutcomeUnknownException(String commandId, Throwable cause) {
        super(
                "The connection was lost during the commit of command '%s', and whether it was executed is unknown:"
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
