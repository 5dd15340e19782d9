package io.eventcore.command;

/**
 * The id of a command was given to another command before. Nothing was stored.
 *
 * <p>A mistake of the sender: an id names one request. Two commands are the same if their classes have one simple name
 * and their components one JSON form.
 *
 * @since 0.1
 */
public final class CommandIdReusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String scope;
    private final String id;

    /**
     * An id that stands for another command.
     *
     * @param commandId the id
     * @param command the name of the command that came with it now
     */
    public CommandIdReusedException(CommandId commandId, String command) {
        super("Command id '%s' stands for another command than this %s".formatted(commandId, command));
        this.scope = commandId.scope();
        this.id = commandId.value();
    }

    /** The id. */
    public CommandId commandId() {
        return CommandId.of(scope, id);
    }
}
