package io.eventcore.jdbc;

import io.eventcore.Boundary.Seen;
import io.eventcore.EventTag;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;

/** PostgreSQL reads many tags and streams with one plan, and divides the rows according to what each of them has. */
final class PostgreSqlTagHeads extends TagHeads {
    /** Up to this number, each may bring the most. */
    private static final int EACH_THE_MOST = MAX_ROWS / LARGEST;

    /** Rarest first, so that as many as possible come with their events. */
    private static final String ROWS_SO_FAR =
            "sum(greatest(s.version - u.after_version, 0)) OVER (ORDER BY s.version - u.after_version, s.stream_key"
                    + " ROWS UNBOUNDED PRECEDING)";

    private final String selectHeads;
    private final String ofTag;
    private final String ofTagOrStream;

    /**
     * Each OFFSET 0 keeps the planner from a join of whole tables, which it would choose if it believes that they are
     * small; the server looks up an array in the index in one pass. The query asks for one entry more than allowed, to
     * see if there are more.
     */
    PostgreSqlTagHeads(TableNames names) {
        super(names, SqlExpressions.POSTGRESQL, SqlTypes.POSTGRESQL);
        this.selectHeads = names.in("""
                SELECT f.stream_id, f.stream_key, f.version,
                       CASE WHEN e.position IS NULL THEN
                           (SELECT max(m.position) FROM eventcore_event_tag m WHERE m.tag_key = f.stream_key) END,
                       (SELECT h.stream_id FROM eventcore_stream h WHERE h.stream_key = e.stream_key), e.stream_key, %1$s
                FROM (
                    SELECT s.stream_id, s.stream_key, s.version, u.after_version, u.after_position,
                           s.version - u.after_version AS come, %%2$s AS rows_so_far
                    FROM (VALUES %%1$s) AS u(stream_id, after_version, after_position)
                    CROSS JOIN LATERAL (
                        SELECT s.stream_id, s.stream_key, s.version
                        FROM eventcore_stream s
                        WHERE s.stream_id = u.stream_id
                        OFFSET 0
                    ) s
                    OFFSET 0
                ) f
                LEFT JOIN LATERAL (
                    SELECT e.stream_key, %2$s
                    FROM eventcore_event e
                    WHERE f.come BETWEEN 1 AND %3$d AND f.rows_so_far <= %4$d
                      AND e.position = ANY (%%4$s)
                    OFFSET 0
                ) e ON true
                UNION ALL
                SELECT n.name, %5$d, 0, NULL, NULL, NULL::bigint,
                       NULL::integer, NULL::bigint, NULL::uuid, NULL, NULL::json, NULL::json, NULL::timestamptz
                FROM eventcore_tag_name n
                WHERE n.complete = FALSE
                """.formatted(
                        EventRow.columnsIf(SqlExpressions.POSTGRESQL.payloadBytes() + " * f.come <= %3$d"),
                        EventRow.COLUMNS,
                        LARGEST,
                        MAX_ROWS,
                        TagQueries.INCOMPLETE));
        this.ofTag = names.in("""
                ARRAY(
                    SELECT t.position
                    FROM eventcore_event_tag t
                    WHERE t.tag_key = f.stream_key AND t.position > f.after_position
                    ORDER BY t.position
                    LIMIT %d)""".formatted(LARGEST + 1));
        this.ofTagOrStream = names.in("""
                CASE WHEN f.stream_id < ' ' THEN %s ELSE ARRAY(
                    SELECT o.position
                    FROM eventcore_event o
                    WHERE o.stream_key = f.stream_key AND o.version > f.after_version
                    ORDER BY o.version
                    LIMIT %d) END""".formatted(ofTag, LARGEST + 1));
    }

    /**
     * Names all of them one by one: the server keeps the plan of a statement like that, but plans one over arrays again
     * each time, which takes longer than executing it. Extra rows that name none keep the number of different
     * statements small.
     */
    @Override
    PreparedStatement select(Connection connection, Map<String, Seen> rowsAfter, long budget) throws SQLException {
        int rows = rowsAfter.size();
        int named = rows == Integer.highestOneBit(rows) ? rows : 2 * Integer.highestOneBit(rows);
        String values = "(?::text, ?::bigint, ?::bigint)" + ", (?, ?, ?)".repeat(named - 1);
        PreparedStatement statement = connection.prepareStatement(selectHeads.formatted(
                values,
                named <= EACH_THE_MOST ? "0" : ROWS_SO_FAR,
                budget / named,
                rowsAfter.keySet().stream().allMatch(EventTag::isRow) ? ofTag : ofTagOrStream));
        int parameter = 0;
        for (Map.Entry<String, Seen> row : rowsAfter.entrySet()) {
            statement.setString(++parameter, row.getKey());
            statement.setLong(++parameter, row.getValue().version());
            statement.setLong(++parameter, row.getValue().lastPosition());
        }
        while (parameter < 3 * named) {
            statement.setString(++parameter, "");
            statement.setLong(++parameter, 0);
            statement.setLong(++parameter, 0);
        }
        return statement;
    }
}
