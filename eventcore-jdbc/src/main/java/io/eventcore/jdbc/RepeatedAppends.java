package io.eventcore.jdbc;

import io.eventcore.ExpectedVersion;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.jdbc.StreamQueries.StreamPart;
import io.eventcore.serialization.internal.RepeatedByTag;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** Finds out whether a refused append is a repetition of a stored one. */
final class RepeatedAppends {
    /** How many events of an append one statement looks for. */
    private static final int MAX_STORED = 1_000;

    private static final int MAX_PARTS = 100;

    private final SqlTypes types;
    private final String selectStored;
    private final String selectTagged;

    RepeatedAppends(TableNames names, SqlExpressions expressions, SqlTypes types) {
        this.types = types;
        this.selectStored = names.in(
                expressions.newest("""
                SELECT e.stream_key, e.version, e.position, e.event_id
                FROM eventcore_event e%s
                WHERE e.stream_key = ? AND e.version > ? AND e.version <= ?%s
                """.formatted(expressions.byStreamAndVersion(), expressions.andNotFromCache())));
        this.selectTagged = names.in("""
                SELECT e.event_id, e.position, e.stream_key, e.version
                FROM eventcore_event_tag t
                JOIN eventcore_event e ON e.position = t.position
                WHERE t.tag_key = ? AND t.position > ?%s
                ORDER BY t.position
                LIMIT\s""".formatted(expressions.andNotFromCache()));
    }

    /** What a refused append has written before, if all of its events are stored. */
    Optional<AppendResult> find(Connection connection, SerializedAppend append, Map<String, LockedStream> locked)
            throws SQLException {
        if (append.entries().isEmpty()) {
            return Optional.empty();
        }
        return append.isRefusedTheSecondTime()
                ? positions(connection, append, locked)
                        .map(positions -> new AppendResult.Found(append.sliceAsExpected(positions)))
                : findByTags(connection, append, locked);
    }

    /**
     * Finds the events of an append whose repetition no stream version would refuse, but a boundary does: among the
     * events that carry their tags, beyond all that the decision saw.
     */
    private Optional<AppendResult> findByTags(
            Connection connection, SerializedAppend append, Map<String, LockedStream> locked) throws SQLException {
        OptionalLong after = RepeatedByTag.after(append);
        if (after.isEmpty()
                || append.entries().stream().anyMatch(entry -> entry.tags().isEmpty())) {
            return Optional.empty();
        }
        Map<Long, Map<UUID, long[]>> foundByTag = new HashMap<>();
        long[] bases = new long[append.participants().size()];
        long[] positions = new long[append.entries().size()];
        for (int i = 0; i < positions.length; i++) {
            Entry entry = append.entries().get(i);
            LockedStream tag = locked.getOrDefault(RepeatedByTag.rowOf(append, entry), LockedStream.ABSENT);
            Map<UUID, long[]> found = foundByTag.get(tag.key());
            if (found == null) {
                found = selectTagged(connection, tag.key(), after.getAsLong(), RepeatedByTag.limit(append));
                foundByTag.put(tag.key(), found);
            }
            long[] place = found.get(entry.event().id());
            if (place == null
                    || place[1]
                            != locked.getOrDefault(entry.event().streamId().value(), LockedStream.ABSENT)
                                    .key()) {
                return Optional.empty();
            }
            positions[i] = place[0];
            bases[entry.stream()] = place[2] - entry.offset();
        }
        return Optional.of(new AppendResult.Found(append.slice(bases, positions)));
    }

    /** The position, key of the stream and version of the events that carry a tag, by event id. */
    private Map<UUID, long[]> selectTagged(Connection connection, long tagKey, long after, int limit)
            throws SQLException {
        Map<UUID, long[]> found = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(selectTagged + limit)) {
            query.setLong(1, tagKey);
            query.setLong(2, after);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    found.put(types.uuid(row, 1), new long[] {row.getLong(2), row.getLong(3), row.getLong(4)});
                }
            }
        }
        return found;
    }

    /**
     * The positions of an append's events, if all of them are already stored in the places that the append expected.
     */
    private Optional<long[]> positions(Connection connection, SerializedAppend append, Map<String, LockedStream> locked)
            throws SQLException {
        Map<Place, Integer> wanted = new HashMap<>();
        for (int i = 0; i < append.entries().size(); i++) {
            Entry entry = append.entries().get(i);
            LockedStream stream = locked.getOrDefault(entry.event().streamId().value(), LockedStream.ABSENT);
            long version = append.expectedPlace(entry).orElseThrow().value();
            if (stream.version() < version) {
                return Optional.empty();
            }
            wanted.put(new Place(stream.key(), version), i);
        }
        long[] positions = new long[append.entries().size()];
        for (List<StreamPart> parts : statementsFor(partsOf(append, locked))) {
            if (!findIn(connection, parts, append, wanted, positions)) {
                return Optional.empty();
            }
        }
        return Optional.of(positions);
    }

    /** The place of an event in its stream. */
    private record Place(long streamKey, long version) {}

    /** The places that an append expects for its events, as parts of streams of limited size. */
    private static List<StreamPart> partsOf(SerializedAppend append, Map<String, LockedStream> locked) {
        List<StreamPart> parts = new ArrayList<>();
        for (Participant participant : append.participants()) {
            if (!participant.isGuard() && participant.expected() instanceof ExpectedVersion.Exactly exactly) {
                long key = locked.getOrDefault(participant.id().value(), LockedStream.ABSENT)
                        .key();
                long after = exactly.version().value();
                long upTo = after + participant.events();
                for (; after < upTo; after += MAX_STORED) {
                    parts.add(new StreamPart(key, after, Math.min(upTo, after + MAX_STORED)));
                }
            }
        }
        return parts;
    }

    /** Divides the parts among as few statements as possible, each with a limited number of parts and of rows. */
    private static List<List<StreamPart>> statementsFor(List<StreamPart> parts) {
        List<List<StreamPart>> statements = new ArrayList<>();
        int from = 0;
        long rows = 0;
        for (int i = 0; i < parts.size(); i++) {
            long more = parts.get(i).upTo() - parts.get(i).after();
            if (i - from == MAX_PARTS || (i > from && rows + more > MAX_STORED)) {
                statements.add(parts.subList(from, i));
                from = i;
                rows = 0;
            }
            rows += more;
        }
        statements.add(parts.subList(from, parts.size()));
        return statements;
    }

    /** Whether the events of an append are in these parts; sets their positions. */
    private boolean findIn(
            Connection connection,
            List<StreamPart> parts,
            SerializedAppend append,
            Map<Place, Integer> wanted,
            long[] positions)
            throws SQLException {
        long missing = 0;
        try (PreparedStatement select = connection.prepareStatement(unionOfLocking(parts.size()))) {
            int parameter = 0;
            for (StreamPart part : parts) {
                select.setLong(++parameter, part.streamKey());
                select.setLong(++parameter, part.after());
                select.setLong(++parameter, part.upTo());
                missing += part.upTo() - part.after();
            }
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Integer index = wanted.get(new Place(row.getLong(1), row.getLong(2)));
                    if (index == null
                            || !types.uuid(row, 4)
                                    .equals(append.entries().get(index).event().id())) {
                        return false;
                    }
                    positions[index] = row.getLong(3);
                    missing--;
                }
            }
        }
        return missing == 0;
    }

    /** In brackets, because a lock that a query asks for applies only to its own rows. */
    private String unionOfLocking(int branches) {
        return branches == 1
                ? selectStored
                : String.join(" UNION ALL ", Collections.nCopies(branches, "(" + selectStored + ")"));
    }
}
