package io.eventcore.jdbc;

import io.eventcore.TagsIncompleteException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads tags: how far they have come, and the events that carry them. */
final class TagQueries {
    private static final long INCOMPLETE = -1;

    private final SqlExpressions expressions;
    private final String selectCut;
    private final String selectIncomplete;
    private final String selectNames;
    private final String fromTagged;
    private final String joinType;
    private final String ofTag;
    private final String andOther;
    private final String ofStream;
    private final String selectEvents;

    TagQueries(TableNames names, SqlExpressions expressions) {
        this.expressions = expressions;
        String fresh = expressions.andNotFromCache();
        this.selectCut = names.in("""
                SELECT s.stream_id, s.stream_key, s.version,
                       (SELECT MAX(t.position) FROM eventcore_event_tag t WHERE t.tag_key = s.stream_key)
                FROM eventcore_stream s
                WHERE s.version >= 0%s AND s.stream_id""".formatted(fresh));
        this.selectIncomplete =
                names.in(" UNION ALL SELECT n.name, %d, 0, 0 FROM eventcore_tag_name n WHERE n.complete = FALSE"
                        .formatted(INCOMPLETE));
        this.selectNames = names.in("SELECT n.name, n.complete FROM eventcore_tag_name n WHERE n.name <> ''" + fresh);
        this.fromTagged = names.in(" FROM eventcore_event_tag t");
        this.joinType = names.in(" JOIN eventcore_event e ON e.position = t.position");
        this.ofTag = " WHERE t.tag_key = ? AND t.position > ? AND t.position <= ?" + fresh;
        this.andOther = names.in(
                " AND EXISTS (SELECT 1 FROM eventcore_event_tag o WHERE o.tag_key = ? AND o.position = t.position)");
        this.ofStream =
                names.in("SELECT e.position FROM eventcore_event e%s".formatted(expressions.byStreamAndVersion()))
                        + " WHERE e.stream_key = ? AND e.version > ? AND e.version <= ?" + fresh;
        this.selectEvents = names.in(" JOIN eventcore_event e ON e.position = p.position");
    }

    /**
     * How far a tag or a stream has come.
     *
     * @param key its key; 0 if it has no row
     * @param version how many events it has
     * @param lastPosition where the last event stands that carries the tag; 0 if there is none, and for a stream
     */
    record CutRow(long key, long version, long lastPosition) {
        static final CutRow ABSENT = new CutRow(0, 0, 0);
    }

    /**
     * What one statement has seen.
     *
     * @param rows the rows that are there, by their ids
     * @param incompleteNames names of tags that old events are being given
     */
    record Cut(Map<String, CutRow> rows, Set<String> incompleteNames) {
        /**
         * The rows, checked.
         *
         * @param wanted the ids that were asked for
         * @param tagNames the names of the tags among them
         * @throws TagsIncompleteException if old events are being given tags of one of these names
         * @throws SQLException if the database takes other ids for those
         */
        Map<String, CutRow> checked(Collection<String> wanted, Set<String> tagNames) throws SQLException {
            for (String name : new TreeSet<>(tagNames)) {
                if (incompleteNames.contains(name)) {
                    throw new TagsIncompleteException(name);
                }
            }
            for (String found : rows.keySet()) {
                if (!wanted.contains(found)) {
                    throw ForeignIds.found(found);
                }
            }
            return rows;
        }
    }

    /** How far tags and streams have come, all of one moment. */
    Cut cut(Connection connection, Collection<String> rowIds) throws SQLException {
        Map<String, CutRow> rows = new HashMap<>();
        Set<String> incomplete = new HashSet<>();
        try (PreparedStatement query =
                connection.prepareStatement(selectCut + Statements.in(rowIds.size()) + selectIncomplete)) {
            int parameter = 0;
            for (String id : rowIds) {
                query.setString(++parameter, id);
            }
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    if (row.getLong(2) == INCOMPLETE) {
                        incomplete.add(row.getString(1));
                    } else {
                        rows.put(row.getString(1), new CutRow(row.getLong(2), row.getLong(3), row.getLong(4)));
                    }
                }
            }
        }
        return new Cut(rows, incomplete);
    }

    /** The names that a backfill has to do with, and whether it has ended. */
    SortedMap<String, Boolean> names(Connection connection) throws SQLException {
        SortedMap<String, Boolean> found = new TreeMap<>();
        Statements.list(connection, selectNames, row -> found.put(row.getString(1), row.getBoolean(2)));
        return found;
    }

    /**
     * The next events of these parts, each once, in the order of their positions: rows of the stream's key and
     * {@link EventRow#columns}.
     *
     * @param largest payloads of more bytes are null
     */
    PreparedStatement selectPage(Connection connection, List<TagPart> parts, int limit, long largest)
            throws SQLException {
        StringBuilder sql = new StringBuilder("SELECT e.stream_key, ")
                .append(EventRow.columnsIf(expressions.payloadBytes() + " <= " + largest))
                .append(" FROM (");
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            // An engine may take an order and a limit only for a query in brackets that has a name.
            sql.append(i == 0 ? "SELECT q0.position FROM (" : " UNION SELECT q" + i + ".position FROM (");
            append(parts.get(i), sql, values);
            // Not a parameter: a plan that depends on one is made anew each time.
            sql.append(" LIMIT ").append(limit).append(") q").append(i);
        }
        sql.append(") p")
                .append(selectEvents)
                .append(" ORDER BY p.position LIMIT ")
                .append(limit);
        PreparedStatement statement = connection.prepareStatement(sql.toString());
        int parameter = 0;
        for (Object value : values) {
            if (value instanceof Long number) {
                statement.setLong(++parameter, number);
            } else {
                statement.setString(++parameter, (String) value);
            }
        }
        return statement;
    }

    private void append(TagPart part, StringBuilder sql, List<Object> values) {
        if (part.isTag()) {
            sql.append("SELECT t.position").append(fromTagged);
            if (!part.typeNames().isEmpty()) {
                sql.append(joinType);
            }
            sql.append(ofTag);
        } else {
            sql.append(ofStream);
        }
        values.add(part.key());
        values.add(part.after());
        values.add(part.upTo());
        for (Long other : part.otherTags()) {
            sql.append(andOther);
            values.add(other);
        }
        if (!part.typeNames().isEmpty()) {
            sql.append(" AND e.type").append(Statements.in(part.typeNames().size()));
            values.addAll(part.typeNames());
        }
        sql.append(part.isTag() ? " ORDER BY t.position" : " ORDER BY e.version");
    }
}
