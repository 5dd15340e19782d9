package io.eventcore.jdbc;

import io.eventcore.Boundary.Condition;
import io.eventcore.Boundary.Guard;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.serialization.internal.MovedGuards;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * If a guard has moved on since a boundary was read, checks whether anything has come that the boundary excludes.
 *
 * <p>The caller has locked the guard, so nothing else can come to it. Along a tag, positions ascend in the order of
 * commit, so newer events lie beyond the last position that the reader saw. If there are as many of them as the version
 * has grown by, nothing was put below that position.
 */
final class BoundaryLooks {

    /** How many rows one statement looks up by their keys. */
    private static final int MAX_KEYS = 500;

    private final SqlExpressions expressions;
    private final String selectTagged;
    private final String selectOfStream;
    private final String selectKeys;
    private final String selectOthers;

    BoundaryLooks(TableNames names, SqlExpressions expressions) {
        this.expressions = expressions;
        String fresh = expressions.andNotFromCache();
        this.selectTagged = names.in("""
                SELECT t.position, e.type
                FROM eventcore_event_tag t
                JOIN eventcore_event e ON e.position = t.position
                WHERE t.tag_key = ? AND t.position > ?%s
                """.formatted(fresh));
        this.selectOfStream = names.in("""
                SELECT e.position, e.type
                FROM eventcore_event e%s
                WHERE e.stream_key = ? AND e.version > ?%s
                """.formatted(expressions.byStreamAndVersion(), fresh));
        this.selectKeys = names.in(
                "SELECT s.stream_key FROM eventcore_stream s WHERE s.version > 0" + fresh + " AND s.stream_id");
        this.selectOthers = names.in(
                "SELECT o.position FROM eventcore_event_tag o WHERE o.tag_key = ?" + fresh + " AND o.position");
    }

    /**
     * Whether something has come to a locked row that a boundary excludes, or this is unknown.
     *
     * @param joined whether the transaction is a caller's: it may have an old snapshot
     */
    boolean findConflict(Connection connection, AppendRow row, LockedStream locked, Guard guard, boolean joined)
            throws SQLException {
        long grown = locked.version() - guard.seen().version();
        if (grown == 0) {
            return false;
        }
        // A look at what a caller's snapshot does not show would lock rows of other transactions.
        if (grown < 0
                || grown > MovedGuards.MAX_LOOK
                || guard.matchesEveryEvent()
                || (joined && connection.getTransactionIsolation() > Connection.TRANSACTION_READ_COMMITTED)) {
            return true;
        }
        Map<Long, String> come = new HashMap<>();
        long after = row.isTag() ? guard.seen().lastPosition() : guard.seen().version();
        try (PreparedStatement query =
                connection.prepareStatement(current(row.isTag() ? selectTagged : selectOfStream, joined))) {
            query.setLong(1, locked.key());
            query.setLong(2, after);
            try (ResultSet event = query.executeQuery()) {
                while (event.next()) {
                    come.put(event.getLong(1), event.getString(2));
                }
            }
        }
        if (come.size() != grown) {
            return true;
        }
        for (Condition condition : guard.conditions()) {
            if (matches(connection, condition, come, joined)) {
                return true;
            }
        }
        return false;
    }

    /** A caller's transaction may have a snapshot that its session does not reveal; a transaction of ours has none. */
    private String current(String query, boolean joined) {
        return joined ? expressions.newest(query) : query;
    }

    private boolean matches(Connection connection, Condition condition, Map<Long, String> come, boolean joined)
            throws SQLException {
        Set<Long> positions = new HashSet<>();
        come.forEach((position, type) -> {
            if (condition.typeNames().isEmpty() || condition.typeNames().contains(type)) {
                positions.add(position);
            }
        });
        if (condition.otherTags().isEmpty() || positions.isEmpty()) {
            return !positions.isEmpty();
        }
        List<Long> keys = keys(connection, condition.otherTags());
        if (keys.size() < condition.otherTags().size()) {
            // No event carries a tag that has no events.
            return false;
        }
        for (Long key : keys) {
            positions.retainAll(carrying(connection, key, positions, joined));
        }
        return !positions.isEmpty();
    }

    private List<Long> keys(Connection connection, List<String> tags) throws SQLException {
        List<Long> keys = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(selectKeys + Statements.in(tags.size()))) {
            for (int i = 0; i < tags.size(); i++) {
                query.setString(i + 1, tags.get(i));
            }
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    keys.add(row.getLong(1));
                }
            }
        }
        return keys;
    }

    private Set<Long> carrying(Connection connection, long tagKey, Set<Long> positions, boolean joined)
            throws SQLException {
        List<Long> sorted = new ArrayList<>(positions);
        Collections.sort(sorted);
        Set<Long> found = new HashSet<>();
        for (int from = 0; from < sorted.size(); from += MAX_KEYS) {
            List<Long> part = sorted.subList(from, Math.min(sorted.size(), from + MAX_KEYS));
            try (PreparedStatement query =
                    connection.prepareStatement(current(selectOthers + Statements.in(part.size()), joined))) {
                query.setLong(1, tagKey);
                for (int i = 0; i < part.size(); i++) {
                    query.setLong(i + 2, part.get(i));
                }
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        found.add(row.getLong(1));
                    }
                }
            }
        }
        return found;
    }
}
