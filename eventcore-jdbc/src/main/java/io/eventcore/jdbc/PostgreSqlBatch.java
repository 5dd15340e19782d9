package io.eventcore.jdbc;

import io.eventcore.EventStreamSlice;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Many appends as the arguments of one call, and its answer as their outcomes. */
final class PostgreSqlBatch {
    private final List<SerializedAppend> appends;
    private final List<Member> streams = new ArrayList<>();

    /** For each append, the places of its streams in the sorted order. */
    private final int[][] places;

    /** A stream of one of the appends. */
    private record Member(int append, int index, Participant participant) {}

    PostgreSqlBatch(List<SerializedAppend> appends) {
        this.appends = appends;
        this.places = new int[appends.size()][];
        for (int a = 0; a < appends.size(); a++) {
            List<Participant> participants = appends.get(a).participants();
            places[a] = new int[participants.size()];
            for (int i = 0; i < participants.size(); i++) {
                streams.add(new Member(a, i, participants.get(i)));
            }
        }
        streams.sort(Comparator.comparing(member -> member.participant.id()));
        for (int place = 0; place < streams.size(); place++) {
            Member member = streams.get(place);
            places[member.append][member.index] = place;
        }
    }

    int size() {
        return appends.size();
    }

    void bind(PreparedStatement call) throws SQLException {
        int size = streams.size();
        String[] ids = new String[size];
        long[] expected = new long[size];
        int[] counts = new int[size];
        int[] owners = new int[size];
        for (int i = 0; i < size; i++) {
            Member member = streams.get(i);
            ids[i] = member.participant.id().value();
            expected[i] = PostgreSqlAppends.expected(member.participant.expected());
            counts[i] = member.participant.events();
            owners[i] = member.append + 1;
        }
        call.setObject(1, ids);
        call.setObject(2, expected);
        call.setObject(3, counts);
        call.setObject(4, owners);
        call.setObject(5, appends.stream().map(a -> a.metadata().orElse(null)).toArray(String[]::new));
        bindEvents(call);
    }

    private void bindEvents(PreparedStatement call) throws SQLException {
        int size = appends.stream().mapToInt(a -> a.entries().size()).sum();
        int[] eventStreams = new int[size];
        int[] offsets = new int[size];
        String[] ids = new String[size];
        String[] types = new String[size];
        String[] payloads = new String[size];
        int i = 0;
        for (int a = 0; a < appends.size(); a++) {
            for (Entry entry : appends.get(a).entries()) {
                eventStreams[i] = places[a][entry.stream()] + 1;
                offsets[i] = entry.offset();
                ids[i] = entry.event().id().toString();
                types[i] = entry.stored().typeName();
                payloads[i] = PostgreSqlAppends.text(entry);
                i++;
            }
        }
        call.setObject(6, eventStreams);
        call.setObject(7, offsets);
        call.setObject(8, ids);
        call.setObject(9, types);
        call.setObject(10, payloads);
        call.setObject(
                12,
                PostgreSqlAppends.ownMetadata(
                        appends.stream().flatMap(a -> a.entries().stream()).toList()));
    }

    List<AppendResult> outcomes(ResultSet answer) throws SQLException {
        Integer[] outcomes = (Integer[]) answer.getArray(1).getArray();
        Integer[] conflictStreams = array(answer, 2, new Integer[0]);
        Long[] conflictVersions = array(answer, 3, new Long[0]);
        Long[] bases = (Long[]) answer.getArray(4).getArray();
        Long[] positions = array(answer, 5, new Long[0]);
        List<AppendResult> result = new ArrayList<>(appends.size());
        int event = 0;
        for (int a = 0; a < appends.size(); a++) {
            SerializedAppend append = appends.get(a);
            int events = append.entries().size();
            if (outcomes[a] != PostgreSqlAppends.CONFLICT && outcomes[a] != PostgreSqlAppends.BUSY) {
                EventStreamSlice slice = slice(a, bases, positions, event);
                result.add(
                        outcomes[a] == PostgreSqlAppends.FOUND
                                ? new AppendResult.Found(slice)
                                : new AppendResult.Written(slice));
            } else {
                Participant participant = streams.get(conflictStreams[a] - 1).participant;
                result.add(
                        outcomes[a] == PostgreSqlAppends.BUSY
                                ? new AppendResult.Busy(participant.id().value())
                                : new AppendResult.Conflict(new VersionConflictException(
                                        participant.id(),
                                        participant.expected(),
                                        StreamVersion.of(conflictVersions[a]))));
            }
            event += events;
        }
        return result;
    }

    private EventStreamSlice slice(int append, Long[] bases, Long[] positions, int firstEvent) {
        long[] ownBases = new long[places[append].length];
        for (int i = 0; i < ownBases.length; i++) {
            ownBases[i] = bases[places[append][i]];
        }
        long[] own = new long[appends.get(append).entries().size()];
        for (int i = 0; i < own.length; i++) {
            own[i] = positions[firstEvent + i];
        }
        return appends.get(append).slice(ownBases, own);
    }

    /** The array in a column; {@code ifNull} if the column is null. */
    @SuppressWarnings("unchecked") // The type of the column decides, and it is that of ifNull.
    private static <T> T[] array(ResultSet answer, int column, T[] ifNull) throws SQLException {
        Array array = answer.getArray(column);
        return array == null ? ifNull : (T[]) array.getArray();
    }
}
