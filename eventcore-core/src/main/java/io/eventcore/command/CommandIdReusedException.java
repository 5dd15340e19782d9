package io.eventcore.command;

/**
 * The id of a command was used for another command before. Nothing was stored.
 *
 * <p>An error of the sender: an id names one request. Two commands are the same if they have the same class and the
 * same JSON form.
 *
 * @since 0.1
 */
public final class CommandIdReusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String scope;
    private final String id;

    /**
     * An id that belongs to another command.
     *
     * @param commandId the id
     * @param command the class name of the command that arrived with it now
     */
    public CommandIdReusedException(CommandId commandId, String command) {
        super(
                ("Command id '%s' belongs to a command that was executed before, and this %s differs from it in its class or its"
                                + " content. Nothing was stored. Give each request an id of its own, or send the first command unchanged")
                        .formatted(commandId, command));
        this.scope = commandId.scope();
        this.id = commandId.value();
    }

    /** The id. */
    public CommandId commandId() {
        return CommandId.of(scope, id);
    }
}
