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
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads tags: how far they have come, and the events that carry them. */
final class TagQueries {
    /** Stands for the key of a row in the rows that list the names of tags that a backfill is giving to old events. */
    static final long INCOMPLETE = -1;

    private static final String JOIN_TYPE = " JOIN eventcore_event e ON e.position = t.position";

    private static final String OF_TAG = " WHERE t.tag_key = ? AND t.position > ? AND t.position <= ?";

    private static final String OF_STREAM =
            " FROM eventcore_event e%s WHERE e.stream_key = ? AND e.version > ? AND e.version <= ?";

    private final TableNames names;
    private final SqlExpressions expressions;
    private final String selectCut;
    private final String selectIncomplete;
    private final String selectNames;
    private final String selectFilled;
    private final String countEntries;

    TagQueries(TableNames names, SqlExpressions expressions) {
        this.names = names;
        this.expressions = expressions;
        this.selectCut = names.in("""
                SELECT s.stream_id, s.stream_key, s.version,
                       (SELECT MAX(t.position) FROM eventcore_event_tag t WHERE t.tag_key = s.stream_key)
                FROM eventcore_stream s
                WHERE s.version >= 0%s AND s.stream_id""".formatted(expressions.andNotFromCache()));
        this.selectIncomplete =
                names.in(" UNION ALL SELECT n.name, %d, 0, 0 FROM eventcore_tag_name n WHERE n.complete = FALSE"
                        .formatted(INCOMPLETE));
        this.selectNames = names.in("SELECT n.name, n.complete FROM eventcore_tag_name n WHERE n.name <> ''"
                + expressions.andNotFromCache());
        this.selectFilled = names.in("SELECT MAX(n.filled_to) FROM eventcore_tag_name n WHERE n.filled_to > 0"
                + expressions.andNotFromCache() + " AND n.name");
        this.countEntries =
                names.in("SELECT COUNT(*) FROM eventcore_event_tag t" + OF_TAG + expressions.andNotFromCache());
    }

    /**
     * How far a tag or a stream has come.
     *
     * @param key its key; 0 if it has no row
     * @param version how many events it has
     * @param lastPosition the position of the last event that carries the tag; 0 if there is none, and for a stream
     */
    record CutRow(long key, long version, long lastPosition) {
        static final CutRow ABSENT = new CutRow(0, 0, 0);
    }

    /**
     * What one statement has seen.
     *
     * @param rows the existing rows, by their ids
     * @param incompleteNames names of tags that a backfill is giving to old events
     */
    record Cut(Map<String, CutRow> rows, Set<String> incompleteNames) {
        /**
         * Checks the rows and returns them.
         *
         * @param wanted the ids that were asked for
         * @param tagNames the names of the tags among them
         * @throws TagsIncompleteException if a backfill is giving old events tags of one of these names
         * @throws SQLException if the database mistakes other ids for these
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

    /** How far tags and streams have come, all at one moment. */
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

    /** The names that a backfill has worked on, each with whether the backfill has ended. */
    SortedMap<String, Boolean> names(Connection connection) throws SQLException {
        SortedMap<String, Boolean> found = new TreeMap<>();
        Statements.list(connection, selectNames, row -> found.put(row.getString(1), row.getBoolean(2)));
        return found;
    }

    /** The last position at which a backfill gave events tags of one of these names; 0 if there is none. */
    long filledTo(Connection connection, Collection<String> tagNames) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(selectFilled + Statements.in(tagNames.size()))) {
            int parameter = 0;
            for (String name : tagNames) {
                query.setString(++parameter, name);
            }
            return number(query);
        }
    }

    /** How many events carry a tag, from after one position up to another. */
    long count(Connection connection, long tagKey, long after, long upTo) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(countEntries)) {
            query.setLong(1, tagKey);
            query.setLong(2, after);
            query.setLong(3, upTo);
            return number(query);
        }
    }

    private static long number(PreparedStatement query) throws SQLException {
        try (ResultSet row = query.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /**
     * The next events of these parts, each once, in the order of their positions: rows of a number, the stream's key
     * and {@link EventRow#columns}. If that number, or that of the rows, is the limit, there may be more. The last row
     * may be of an unwanted type; it shows how far the query has looked.
     *
     * @param limit the maximum number of rows; if all parts want the same types, an engine may look at no more events
     *     than that
     * @param largest payloads with more bytes are null
     */
    PreparedStatement selectPage(Connection connection, List<TagPart> parts, int limit, long largest)
            throws SQLException {
        String columns = "e.stream_key, " + EventRow.columnsIf(expressions.payloadBytes() + " <= " + largest);
        Set<String> types = TagPart.typesOfAll(parts);
        List<Object> values = new ArrayList<>();
        String ofAnyType = positions(parts, false, limit, values) + " ORDER BY 1 LIMIT " + limit;
        values.addAll(types);
        Optional<String> lookingAtTypes = types.isEmpty()
                ? Optional.empty()
                : expressions.eventsAt(columns, ofAnyType, Statements.in(types.size()));
        String sql;
        if (lookingAtTypes.isPresent()) {
            sql = lookingAtTypes.get();
        } else {
            values.clear();
            sql = expressions.eventsAt("0, " + columns, positions(parts, true, limit, values)) + " LIMIT " + limit;
        }
        PreparedStatement statement = connection.prepareStatement(names.in(sql));
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

    /** A query for the next positions of these parts, of their types or of any type. */
    private String positions(List<TagPart> parts, boolean ofTypes, int limit, List<Object> values) {
        StringBuilder sql = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            // An engine may accept an order and a limit only for a query in brackets that has a name.
            sql.append(i == 0 ? "SELECT q0.position FROM (" : " UNION SELECT q" + i + ".position FROM (");
            append(parts.get(i), ofTypes, limit, sql, values);
            // Not a parameter: the server would plan a statement with one again each time.
            sql.append(" LIMIT ").append(limit).append(") q").append(i);
        }
        return sql.toString();
    }

    private void append(TagPart part, boolean ofTypes, int limit, StringBuilder sql, List<Object> values) {
        boolean typed = ofTypes && !part.typeNames().isEmpty();
        Optional<String> ofBoth = part.sideBySide() && !typed ? expressions.positionsOfBoth(limit) : Optional.empty();
        values.add(part.key());
        if (ofBoth.isPresent()) {
            values.addAll(part.otherTags());
        }
        values.add(part.after());
        values.add(part.upTo());
        if (ofBoth.isPresent()) {
            sql.append(ofBoth.get());
        } else if (part.isTag()) {
            sql.append("SELECT t.position FROM eventcore_event_tag t")
                    .append(typed ? JOIN_TYPE : "")
                    .append(OF_TAG)
                    .append(expressions.andNotFromCache())
                    .append(LogQueries.AND_OTHER_TAG.repeat(part.otherTags().size()));
            values.addAll(part.otherTags());
        } else {
            sql.append("SELECT e.position")
                    .append(OF_STREAM.formatted(expressions.byStreamAndVersion()))
                    .append(expressions.andNotFromCache());
        }
        if (typed) {
            sql.append(" AND e.type").append(Statements.in(part.typeNames().size()));
            values.addAll(part.typeNames());
        }
        sql.append(part.isTag() ? " ORDER BY t.position" : " ORDER BY e.version");
    }
}
