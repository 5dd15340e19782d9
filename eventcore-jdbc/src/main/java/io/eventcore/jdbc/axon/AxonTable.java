package io.eventcore.jdbc.axon;

import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The table in which Axon keeps its events. This class finds the columns by their names, in any spelling:
 * {@code globalIndex}, {@code global_index} and {@code GLOBALINDEX} are the same.
 */
final class AxonTable {
    /** A name, or a schema and a name, each unquoted or in quotes. */
    private static final Pattern NAME = Pattern.compile("(\\w+|\"[^\"]+\")(\\.(\\w+|\"[^\"]+\"))?");

    /** The columns, in the order in which they are read here, with their names in Axon 4 and 5. */
    private enum Column {
        GLOBAL_INDEX(1, "globalindex", "globalindex"),
        IDENTIFIER(2, "eventidentifier", "identifier"),
        AGGREGATE_TYPE(3, "type", "aggregatetype"),
        AGGREGATE_IDENTIFIER(4, "aggregateidentifier", "aggregateidentifier"),
        SEQUENCE_NUMBER(5, "sequencenumber", "aggregatesequencenumber"),
        PAYLOAD_TYPE(6, "payloadtype", "type"),
        REVISION(7, "payloadrevision", "version"),
        TIMESTAMP(8, "timestamp", "timestamp"),
        PAYLOAD(9, "payload", "payload"),
        METADATA(10, "metadata", "metadata");

        private final int number;
        private final String inAxon4;
        private final String inAxon5;

        Column(int number, String inAxon4, String inAxon5) {
            this.number = number;
            this.inAxon4 = inAxon4;
            this.inAxon5 = inAxon5;
        }
    }

    private final String selectPage;
    private final String selectEnds;

    private AxonTable(String selectPage, String selectEnds) {
        this.selectPage = selectPage;
        this.selectEnds = selectEnds;
    }

    /**
     * Looks at a table.
     *
     * @throws IllegalArgumentException if the name cannot become SQL as it is
     * @throws SQLException if the table or a column is missing
     */
    static AxonTable of(Connection connection, String name, boolean axon5) throws SQLException {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("Not the name of a table: '" + name + "'");
        }
        Map<String, String> found = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement("SELECT * FROM " + name + " WHERE 1 = 0")) {
            ResultSetMetaData columns = query.executeQuery().getMetaData();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                found.put(columns.getColumnName(i).toLowerCase(Locale.ROOT).replace("_", ""), columns.getColumnName(i));
            }
        }
        String quote = connection.getMetaData().getIdentifierQuoteString().strip();
        List<String> columns = new ArrayList<>();
        for (Column column : Column.values()) {
            String wanted = axon5 ? column.inAxon5 : column.inAxon4;
            String actual = found.get(wanted);
            if (actual == null) {
                throw new SQLException("Table %s has no column like %s".formatted(name, wanted), "42S22");
            }
            columns.add(quote + actual + quote);
        }
        String index = columns.get(0);
        return new AxonTable(
                "SELECT %s FROM %s WHERE %s > ? AND %s <= ? ORDER BY %s"
                        .formatted(String.join(", ", columns), name, index, index, index),
                "SELECT min(%s), max(%s) FROM %s".formatted(index, index, name));
    }

    /** The lowest and the highest global index; null if there is no event. */
    long @Nullable [] ends(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(selectEnds);
                ResultSet row = query.executeQuery()) {
            row.next();
            long first = row.getLong(1);
            return row.wasNull() ? null : new long[] {first, row.getLong(2)};
        }
    }

    /**
     * The next events, up to a number and a size in bytes; at least one, if there is one. A page never ends between
     * events of one global index, or the next page would skip them: then there may be one event more.
     *
     * @param connection not in auto-commit mode, in which PostgreSQL fetches all rows at once, and no large objects
     */
    List<AxonEvent> page(Connection connection, long after, long upTo, int limit, long maxBytes) throws SQLException {
        List<AxonEvent> events = new ArrayList<>();
        long bytes = 0;
        long last = 0;
        try (PreparedStatement query = connection.prepareStatement(selectPage)) {
            query.setLong(1, after);
            query.setLong(2, upTo);
            query.setMaxRows(limit + 1);
            // H2 refuses a fetch size above the maximum number of rows.
            query.setFetchSize(Math.min(50, limit));
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    boolean full = bytes >= maxBytes || events.size() >= limit;
                    if (full && row.getLong(Column.GLOBAL_INDEX.number) != last) {
                        break;
                    }
                    AxonEvent event = event(row);
                    bytes += event.payload().length;
                    events.add(event);
                    last = event.globalIndex();
                }
            }
        }
        return events;
    }

    private static AxonEvent event(ResultSet row) throws SQLException {
        return new AxonEvent(
                row.getLong(Column.GLOBAL_INDEX.number),
                row.getString(Column.IDENTIFIER.number),
                row.getString(Column.AGGREGATE_TYPE.number),
                row.getString(Column.AGGREGATE_IDENTIFIER.number),
                row.getLong(Column.SEQUENCE_NUMBER.number),
                row.getString(Column.PAYLOAD_TYPE.number),
                row.getString(Column.REVISION.number),
                row.getString(Column.TIMESTAMP.number),
                bytes(row, Column.PAYLOAD.number),
                bytes(row, Column.METADATA.number));
    }

    /** Bytes, a text, or what Hibernate stores for bytes on PostgreSQL: the number of a large object. */
    private static byte[] bytes(ResultSet row, int column) throws SQLException {
        String type = row.getMetaData().getColumnTypeName(column).toLowerCase(Locale.ROOT);
        if (type.equals("oid")) {
            Blob blob = row.getBlob(column);
            if (blob == null) {
                return new byte[0];
            }
            byte[] bytes = blob.getBytes(1, Math.toIntExact(blob.length()));
            // The server holds each open large object until the transaction ends.
            blob.free();
            return bytes;
        }
        if (type.contains("text") || type.contains("char") || type.startsWith("json")) {
            String text = row.getString(column);
            return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        }
        byte[] bytes = row.getBytes(column);
        return bytes == null ? new byte[0] : bytes;
    }
}
