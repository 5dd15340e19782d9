package io.eventcore.jdbc;

import io.eventcore.AppendedEvent;
import io.eventcore.EventStreamSlice;
import io.eventcore.command.CommandId;
import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;

/** The rows that the library has written are the marks: a transaction that was rolled back has lost them. */
class RowMarks implements TransactionMarks {
    private final SqlTypes types;
    private final Appends appends;
    private final String selectEvent;
    private final String selectCommand;

    RowMarks(TableNames names, SqlExpressions expressions, SqlTypes types, Appends appends) {
        this.types = types;
        this.appends = appends;
        String fresh = expressions.andNotFromCache();
        this.selectEvent = names.in("SELECT e.event_id FROM eventcore_event e WHERE e.position = ?" + fresh);
        this.selectCommand =
                names.in("SELECT c.command_id FROM eventcore_command c WHERE c.scope = ? AND c.command_id = ?" + fresh);
    }

    /** Checks the id as well: after a rollback, another event gets the position. */
    @Override
    public Optional<TransactionMark> of(SerializedAppend append, EventStreamSlice slice) {
        if (slice.events().isEmpty()) {
            return Optional.of(new TransactionMark(
                    TransactionMark.Kind.GUARDS,
                    connection -> appends.appendJoined(connection, append) instanceof AppendResult.Written));
        }
        AppendedEvent event = slice.events().get(0);
        return Optional.of(new TransactionMark(TransactionMark.Kind.EVENT, connection -> {
            try (PreparedStatement query = connection.prepareStatement(selectEvent)) {
                query.setLong(1, event.position().value());
                try (ResultSet row = query.executeQuery()) {
                    return row.next() && types.uuid(row, 1).equals(event.id());
                }
            }
        }));
    }

    @Override
    public Optional<TransactionMark> of(CommandId id) {
        return Optional.of(new TransactionMark(TransactionMark.Kind.COMMAND, connection -> {
            try (PreparedStatement query = connection.prepareStatement(selectCommand)) {
                query.setString(1, id.scope());
                query.setString(2, id.value());
                try (ResultSet row = query.executeQuery()) {
                    return row.next();
                }
            }
        }));
    }
}
