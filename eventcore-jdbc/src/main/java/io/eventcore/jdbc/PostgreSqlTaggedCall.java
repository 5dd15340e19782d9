package io.eventcore.jdbc;

import io.eventcore.Boundary.Condition;
import io.eventcore.Boundary.Guard;
import io.eventcore.BoundaryConflictException;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.internal.MovedGuards;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Appends with tags, one or many, as the arguments of one call, and its answer as their outcomes. */
final class PostgreSqlTaggedCall {
    private final List<SerializedAppend> appends;
    private final List<Row> rows = new ArrayList<>();
    private final List<Item> items = new ArrayList<>();

    /** The rows of each append, its tags first; a tag that several appends share is in the rows of each. */
    private final List<List<Row>> rowsOf = new ArrayList<>();

    /** A row of one append, or shared by several appends. */
    private static final class Row {
        private final AppendRow row;

        /** The number of the append, from 1; 0 for all that share the row. */
        private final int owner;

        private int events;

        /** Its place in the order, from 1. */
        private int place;

        private Row(AppendRow row, int owner) {
            this.row = row;
            this.owner = owner;
        }

        String id() {
            return row.id();
        }
    }

    /** Something that must not have come to a row. */
    private record Item(Row row, Guard guard, Condition condition) {}

    PostgreSqlTaggedCall(List<SerializedAppend> appends) {
        this.appends = appends;
        Map<String, Row> shared = new HashMap<>();
        for (int a = 0; a < appends.size(); a++) {
            List<Row> own = new ArrayList<>();
            for (AppendRow needed : AppendRow.of(appends.get(a))) {
                int number = a + 1;
                Row row;
                if (needed.isShared()) {
                    row = shared.computeIfAbsent(needed.id(), id -> newRow(needed, 0));
                } else {
                    row = newRow(needed, number);
                }
                row.events += needed.events();
                own.add(row);
            }
            rowsOf.add(own);
        }
        rows.sort(Comparator.comparing(Row::id, RowIds.ORDER));
        for (int i = 0; i < rows.size(); i++) {
            rows.get(i).place = i + 1;
        }
        for (Row row : rows) {
            for (Guard guard : row.row.guards()) {
                guard.conditions().forEach(condition -> items.add(new Item(row, guard, condition)));
            }
        }
    }

    private Row newRow(AppendRow row, int owner) {
        Row added = new Row(row, owner);
        rows.add(added);
        return added;
    }

    int size() {
        return appends.size();
    }

    /** Sets the parameters that both functions begin with; the parameters of one append or of many follow them. */
    private int bind(PreparedStatement call) throws SQLException {
        call.setObject(1, rows.stream().map(Row::id).toArray(String[]::new));
        call.setInt(2, (int) rows.stream().filter(row -> row.row.isTag()).count());
        call.setObject(
                3,
                rows.stream()
                        .mapToLong(row -> PostgreSqlAppends.expected(row.row.expected()))
                        .toArray());
        call.setObject(4, rows.stream().mapToInt(row -> row.events).toArray());
        bindEvents(call);
        bindItems(call);
        return 19;
    }

    private void bindEvents(PreparedStatement call) throws SQLException {
        int size = appends.stream().mapToInt(a -> a.entries().size()).sum();
        int[] eventRows = new int[size];
        int[] offsets = new int[size];
        String[] ids = new String[size];
        String[] types = new String[size];
        String[] payloads = new String[size];
        List<Integer> tagEvents = new ArrayList<>();
        List<Integer> tagRows = new ArrayList<>();
        int i = 0;
        for (int a = 0; a < appends.size(); a++) {
            List<Row> own = rowsOf.get(a);
            int tags = appends.get(a).tagRows().size();
            for (Entry entry : appends.get(a).entries()) {
                eventRows[i] = own.get(tags + entry.stream()).place;
                offsets[i] = entry.offset();
                ids[i] = entry.event().id().toString();
                types[i] = entry.stored().typeName();
                payloads[i] = PostgreSqlAppends.text(entry);
                i++;
                for (int tag : entry.tags()) {
                    tagEvents.add(i);
                    tagRows.add(own.get(tag).place);
                }
            }
        }
        call.setObject(5, eventRows);
        call.setObject(6, offsets);
        call.setObject(7, ids);
        call.setObject(8, types);
        call.setObject(9, payloads);
        call.setObject(
                10,
                PostgreSqlAppends.ownMetadata(
                        appends.stream().flatMap(a -> a.entries().stream()).toList()));
        call.setObject(11, ints(tagEvents));
        call.setObject(12, ints(tagRows));
    }

    private void bindItems(PreparedStatement call) throws SQLException {
        List<Integer> typeItems = new ArrayList<>();
        List<String> typeNames = new ArrayList<>();
        List<Integer> restItems = new ArrayList<>();
        List<String> restTags = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            int number = i + 1;
            Condition condition = items.get(i).condition;
            for (String type : condition.typeNames()) {
                typeItems.add(number);
                typeNames.add(type);
            }
            for (String tag : condition.otherTags()) {
                restItems.add(number);
                restTags.add(tag);
            }
        }
        call.setObject(13, items.stream().mapToInt(item -> item.row.place).toArray());
        call.setObject(
                14,
                items.stream().mapToLong(item -> item.guard.seen().version()).toArray());
        call.setObject(
                15,
                items.stream()
                        .mapToLong(item -> item.row.row.isTag()
                                ? item.guard.seen().lastPosition()
                                : item.guard.seen().version())
                        .toArray());
        call.setObject(16, ints(typeItems));
        call.setObject(17, typeNames.toArray(String[]::new));
        call.setObject(18, ints(restItems));
        call.setObject(19, restTags.toArray(String[]::new));
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Sets the parameters of {@code eventcore_append_tagged}. */
    void bindOne(PreparedStatement call, boolean joined, boolean waits) throws SQLException {
        int parameter = bind(call);
        call.setString(++parameter, appends.get(0).metadata().orElse(null));
        call.setBoolean(++parameter, joined);
        call.setBoolean(++parameter, waits);
    }

    /** Sets the parameters of {@code eventcore_append_batch_tagged}. */
    void bindAll(PreparedStatement call, boolean oneByOne) throws SQLException {
        int parameter = bind(call);
        call.setObject(++parameter, rows.stream().mapToInt(row -> row.owner).toArray());
        call.setObject(
                ++parameter,
                appends.stream().map(a -> a.metadata().orElse(null)).toArray(String[]::new));
        call.setBoolean(++parameter, oneByOne);
    }

    /** Reads outcome, conflict_row, conflict_item, conflict_version, base_versions, positions. */
    AppendResult outcome(ResultSet answer) throws SQLException {
        answer.next();
        int outcome = answer.getInt(1);
        if (outcome == PostgreSqlAppends.CONFLICT) {
            return conflict(answer.getInt(2), answer.getInt(3), answer.getLong(4));
        }
        return done(0, outcome, array(answer, 5, new Long[0]), array(answer, 6, new Long[0]), 0);
    }

    /** Reads outcomes, conflict_rows, conflict_items, conflict_versions, base_versions, positions. */
    List<AppendResult> outcomes(ResultSet answer) throws SQLException {
        answer.next();
        Integer[] outcomes = (Integer[]) answer.getArray(1).getArray();
        Integer[] conflictRows = array(answer, 2, new Integer[0]);
        Integer[] conflictItems = array(answer, 3, new Integer[0]);
        Long[] conflictVersions = array(answer, 4, new Long[0]);
        Long[] bases = array(answer, 5, new Long[0]);
        Long[] positions = array(answer, 6, new Long[0]);
        List<AppendResult> result = new ArrayList<>(appends.size());
        int event = 0;
        for (int a = 0; a < appends.size(); a++) {
            if (outcomes[a] == PostgreSqlAppends.BUSY) {
                result.add(new AppendResult.Busy(rows.get(conflictRows[a] - 1).id()));
            } else if (outcomes[a] == PostgreSqlAppends.CONFLICT) {
                result.add(conflict(conflictRows[a], conflictItems[a], conflictVersions[a]));
            } else {
                result.add(done(a, outcomes[a], bases, positions, event));
            }
            event += appends.get(a).entries().size();
        }
        return result;
    }

    private AppendResult conflict(int row, int item, long version) {
        if (item == 0) {
            return new AppendResult.Conflict(rows.get(row - 1).row.conflict(version));
        }
        Guard guard = items.get(item - 1).guard;
        return new AppendResult.Conflict(new BoundaryConflictException(
                guard.rowId(), StreamVersion.of(guard.seen().version()), StreamVersion.of(version)));
    }

    private AppendResult done(int append, int outcome, Long[] bases, Long[] positions, int firstEvent) {
        SerializedAppend written = appends.get(append);
        long[] own = new long[written.entries().size()];
        if (own.length == 0) {
            return new AppendResult.Written(EventStreamSlice.empty(), moved(append, bases));
        }
        for (int i = 0; i < own.length; i++) {
            own[i] = positions[firstEvent + i];
        }
        int tags = written.tagRows().size();
        long[] ownBases = new long[written.participants().size()];
        for (int i = 0; i < ownBases.length; i++) {
            ownBases[i] = bases[rowsOf.get(append).get(tags + i).place - 1];
        }
        EventStreamSlice slice = written.slice(ownBases, own);
        return outcome == PostgreSqlAppends.FOUND
                ? new AppendResult.Found(slice)
                : new AppendResult.Written(slice, moved(append, bases));
    }

    private List<String> moved(int append, Long[] bases) {
        Map<String, Integer> places = new HashMap<>();
        rowsOf.get(append).forEach(row -> places.put(row.id(), row.place));
        return MovedGuards.of(appends.get(append), row -> bases[places.getOrDefault(row, 0) - 1]);
    }

    /** The array in a column; {@code ifNull} if the column is null. */
    @SuppressWarnings("unchecked") // The type of the column decides, and it is that of ifNull.
    private static <T> T[] array(ResultSet answer, int column, T[] ifNull) throws SQLException {
        Array array = answer.getArray(column);
        return array == null ? ifNull : (T[]) array.getArray();
    }
}
